package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoFFmpeg says that there is no ffmpeg, and how to get it.
var ErrNoFFmpeg = errors.New(`ffmpeg is not installed or not in PATH; to install it:
  Debian, Ubuntu   sudo apt-get install ffmpeg
  macOS            brew install ffmpeg
  Windows          winget install ffmpeg`)

// Options say what to watch and how.
type Options struct {
	// Input is a path, or an http, https, rtmp or rtmps address.
	Input string
	FPS   float64 // frames a second to sample, above 0 and up to 60; 0 means 1
	// Loop plays a file again from its start, for ever.
	Loop bool
	// Realtime plays a file at its own speed, as a live stream would; without
	// it a file is read as fast as it goes. Addresses set their own pace.
	Realtime bool
	Start    time.Time // event time of the first frame
	FFmpeg   string    // the program; "" looks for ffmpeg in PATH
	MaxFrame int       // bytes of one JPEG; 0 means 8 MiB
	// Stderr receives ffmpeg's messages, their addresses shortened to the host
	// (a path may hold a stream key). May be nil.
	Stderr io.Writer
}

const (
	defaultMaxFrame = 8 << 20
	maxFPS          = 60
	// maxPixels is what ffmpeg may decode; beyond it package detect would
	// refuse the frame.
	maxPixels = 25_000_000
	// networkTimeout is how long an address may stay silent.
	networkTimeout = 30 * time.Second
)

// protocols lists, for each scheme of an address, the protocols that ffmpeg may
// open on its behalf. None of them reads local files, so that no playlist can
// name one.
var protocols = map[string]string{
	"http":  "http,https,tcp,tls,crypto",
	"https": "http,https,tcp,tls,crypto",
	"rtmp":  "rtmp,tcp",
	"rtmps": "rtmps,rtmp,tcp,tls",
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// withDefaults fills in what was left out and reports everything that is wrong.
func (o Options) withDefaults() (Options, error) {
	var wrong []error
	if o.FPS == 0 {
		o.FPS = 1
	}
	if !(o.FPS > 0 && o.FPS <= maxFPS) { // not a number fails too
		wrong = append(wrong, fmt.Errorf("FPS: must be above 0 and at most %d", maxFPS))
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = defaultMaxFrame
	}
	if o.MaxFrame < 0 {
		wrong = append(wrong, errors.New("MaxFrame: must not be negative"))
	}
	if o.Start.IsZero() {
		wrong = append(wrong, errors.New("start: the event time of the first frame is needed"))
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	switch m := scheme.FindStringSubmatch(o.Input); {
	case o.Input == "":
		wrong = append(wrong, errors.New("input: a path or an address is needed"))
	case m == nil:
		if info, err := os.Stat(o.Input); err != nil {
			wrong = append(wrong, fmt.Errorf("input: %w", err))
		} else if info.IsDir() {
			wrong = append(wrong, errors.New("input: is a folder"))
		}
	case protocols[strings.ToLower(m[1])] == "":
		wrong = append(wrong, errors.New("input: must be a path or begin with http://, https://, rtmp:// or rtmps://"))
	case o.Loop || o.Realtime:
		wrong = append(wrong, errors.New("loop, realtime: only a file can be looped or slowed to its own speed"))
	}
	return o, errors.Join(wrong...)
}

// program finds ffmpeg.
func (o Options) program() (string, error) {
	name := o.FFmpeg
	if name == "" {
		name = "ffmpeg"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrNoFFmpeg, err)
	}
	return path, nil
}

// arguments are ffmpeg's. The input always stands behind -i and begins with a
// protocol, so that none can be read as an option or as another protocol.
func (o Options) arguments() []string {
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error"}
	if m := scheme.FindStringSubmatch(o.Input); m != nil {
		args = append(args,
			"-rw_timeout", strconv.FormatInt(networkTimeout.Microseconds(), 10),
			"-protocol_whitelist", protocols[strings.ToLower(m[1])],
			"-max_pixels", strconv.Itoa(maxPixels), "-i", o.Input)
	} else {
		if o.Realtime {
			args = append(args, "-re")
		}
		if o.Loop {
			args = append(args, "-stream_loop", "-1")
		}
		args = append(args,
			"-protocol_whitelist", "file,crypto",
			"-max_pixels", strconv.Itoa(maxPixels), "-i", "file:"+o.Input)
	}
	return slices.Concat(args, []string{
		"-map", "0:v:0", "-vf", "fps=" + strconv.FormatFloat(o.FPS, 'f', -1, 64),
		// JPEG is full range; quality 2 is the best of ffmpeg's usual scale.
		"-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2",
		// One part a frame with its length before it, sent at once.
		"-f", "mpjpeg", "-boundary_tag", boundary, "-flush_packets", "1", "pipe:1",
	})
}
