package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// ErrNoFFmpeg says that there is no ffmpeg, and how to get it.
var ErrNoFFmpeg = errors.New(`ffmpeg is not installed or not in PATH; to install it:
  Debian, Ubuntu   sudo apt-get install ffmpeg
  macOS            brew install ffmpeg
  Windows          winget install ffmpeg`)

// Options say what to watch and how.
type Options struct {
	// Input is a path, or an address: http, https (HLS and files), rtmp, rtmps,
	// rtsp, rtsps or srt.
	Input string
	// Listen waits at the address for one sender in place of calling there:
	// rtmp://host:port/app/key or srt://host:port. An RTMP sender must state that
	// app and key; one that states others makes the watch fail, for ffmpeg takes
	// one sender only. An SRT address can ask for a passphrase in its query.
	Listen bool
	FPS    float64 // pictures a second, above 0 and up to 60; 0 means 1
	// FullDecode decodes every frame from the start, where otherwise a low rate
	// begins with key frames alone. Listeners are always decoded fully.
	FullDecode bool
	// Loop plays a file again from its start, for ever.
	Loop bool
	// Realtime plays a file at its own speed, as a live stream would; without
	// it a file is read as fast as it goes. Addresses set their own pace.
	Realtime bool
	// Seek begins so far into a file. Behind the end of a looped file it begins
	// at the file's start; times go on as if the file were that long.
	Seek time.Duration
	// Start is the event time of a file's beginning, also where Seek leaves it
	// out. Addresses take their time from the arrival of their pictures.
	Start time.Time
	// Now tells the time at which the pictures of an address arrive; nil is
	// time.Now.
	Now func() time.Time
	// Stall is how long no picture may come before ffmpeg is killed; 0 means 30 s
	// and three times the time between pictures. A listener waits for its first
	// sender as long as it takes.
	Stall    time.Duration
	FFmpeg   string // the program; "" looks for ffmpeg in PATH
	MaxFrame int    // bytes of one JPEG; 0 means 8 MiB
	// Stderr receives ffmpeg's messages, their addresses shortened to the host
	// (a path may hold a stream key). May be nil.
	Stderr io.Writer
}

const (
	defaultMaxFrame = 8 << 20
	maxFPS          = 60
	defaultStall    = 30 * time.Second
)

// period is the time between two pictures.
func (o Options) period() time.Duration { return time.Duration(float64(time.Second) / o.FPS) }

// file reports whether the input is a path.
func (o Options) file() bool { return schemeOf(o.Input) == "" }

// Push reports whether an input cannot be opened a second time beside the first:
// its one sender comes to us, or it is a pipe.
func Push(input string, listen bool) bool {
	if listen {
		return true
	}
	if schemeOf(input) != "" {
		return false
	}
	info, err := os.Stat(input)
	return err == nil && !info.Mode().IsRegular()
}

// CheckFile reports what is wrong with an input that is a path; of addresses only an
// attempt can tell.
func CheckFile(input string) error {
	if schemeOf(input) != "" {
		return nil
	}
	info, err := os.Stat(input)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", input)
	}
	return err
}

// withDefaults fills in what was left out and reports everything that is wrong.
func (o Options) withDefaults() (Options, error) {
	var wrong []error
	fault := func(err error) { wrong = append(wrong, err) }
	if o.FPS == 0 {
		o.FPS = 1
	}
	if !(o.FPS > 0 && o.FPS <= maxFPS) { // not a number fails too
		fault(fmt.Errorf("FPS: must be above 0 and at most %d", maxFPS))
	} else if o.Stall == 0 {
		o.Stall = defaultStall + 3*o.period()
	}
	if o.Stall < 0 {
		fault(errors.New("stall: must not be negative"))
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = defaultMaxFrame
	}
	if o.MaxFrame < 0 {
		fault(errors.New("MaxFrame: must not be negative"))
	}
	if o.Seek < 0 {
		fault(errors.New("seek: must not be negative"))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if err := checkAddress(o.Input, o.Listen); err != nil {
		fault(fmt.Errorf("input: %w", err))
	}
	switch {
	case o.Input == "":
	case !o.file():
		if o.Loop || o.Realtime || o.Seek > 0 {
			fault(errors.New("loop, realtime, seek: only a file can be looped, slowed to its own speed or begun later"))
		}
	default:
		if err := CheckFile(o.Input); err != nil {
			fault(fmt.Errorf("input: %w", err))
		}
		if o.Start.IsZero() {
			fault(errors.New("start: the event time of a file's beginning is needed"))
		}
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
