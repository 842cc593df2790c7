package intake

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxPixels is what ffmpeg may decode; beyond it package detect would
	// refuse the frame.
	maxPixels = 25_000_000
	// keyFrameFPS is the highest rate at which key frames alone are tried:
	// encoders set them half a second to ten seconds apart.
	keyFrameFPS = 2
	// probeTime and probeSize, microseconds and bytes, bound how long ffmpeg looks
	// at a live stream before it decodes the first picture. Its own bounds are
	// 5 s and more; a stream whose first key frame comes later is decoded from
	// there on all the same.
	probeTime = "1000000"
	probeSize = "2000000"
	// silence is added to Stall for ffmpeg's own limit on a silent connection:
	// the watchdog acts first, and ffmpeg ends by itself if there is none.
	silence = 5 * time.Second
)

// A decoding is how one ffmpeg decodes the input.
type decoding struct {
	keyFrames bool
	from      time.Duration // where in a file to begin
}

// arguments are ffmpeg's. The input always stands behind -i and begins with a
// protocol, so that none can be read as an option or as another protocol. They are
// understood by ffmpeg 4.4 and later.
func (o Options) arguments(d decoding) []string {
	return slices.Concat(
		[]string{"-nostdin", "-hide_banner", "-loglevel", o.logLevel(), "-filter_threads", "1"},
		o.inputArguments(d),
		[]string{
			"-map", "0:v:0", "-map_metadata", "-1", "-an", "-sn", "-dn",
			"-vf", o.filter(),
			// Pictures leave as the filter chose them, none doubled or dropped, with
			// their own times in milliseconds.
			"-vsync", "passthrough", "-enc_time_base", "1:1000",
			// JPEG is full range. Of ffmpeg's scale, whose best is 2, quality 4 makes a
			// third fewer bytes and as good a PDQ: over 108 frames of the test clips, 1.6
			// bits from that of the lossless frame in the mean, and 1.5 with quality 2.
			"-c:v", "mjpeg", "-threads", "1", "-pix_fmt", "yuvj420p", "-q:v", "4",
			// Each picture with its time and length before it, sent at once.
			"-f", "smjpeg", "-flush_packets", "1", "pipe:1",
		})
}

// logLevel is what ffmpeg says. That of an RTMP listener also has to say who came.
func (o Options) logLevel() string {
	if o.Listen && schemeOf(o.Input) == "rtmp" {
		return "level+warning"
	}
	return "error"
}

func (o Options) inputArguments(d decoding) []string {
	args := []string{"-threads", "1", "-max_pixels", strconv.Itoa(maxPixels)}
	switch {
	case d.keyFrames:
		args = append(args, "-skip_frame", "nokey")
	case !o.file() && o.FPS <= keyFrameFPS:
		// Frames that no other frame needs are left out: a third of the work where
		// there are B-frames, and nothing where there are none. A picture is then
		// up to half of the time between two others off its second, so that files,
		// whose times can be foreseen, are spared this.
		args = append(args, "-skip_frame", "noref")
	}
	if o.file() {
		if o.Realtime {
			args = append(args, "-re")
		}
		if o.Loop {
			args = append(args, "-stream_loop", "-1")
		}
		if d.from > 0 {
			args = append(args, "-ss", strconv.FormatFloat(d.from.Seconds(), 'f', 6, 64))
		}
		return append(args, "-protocol_whitelist", "file,crypto", "-i", "file:"+o.Input)
	}
	s := schemeOf(o.Input)
	// The times of the stream itself, so that a second ffmpeg counts as the first.
	args = append(args, "-copyts", "-analyzeduration", probeTime, "-probesize", probeSize, "-fpsprobesize", "1",
		"-protocol_whitelist", protocols[s])
	switch s {
	case "rtsp", "rtsps":
		// One TCP connection, as firewalls and the list of protocols want it. Its
		// limits on silence changed their names and units between versions of
		// ffmpeg, so that there the watchdog is alone.
		args = append(args, "-rtsp_transport", "tcp")
	default:
		args = append(args, "-rw_timeout", strconv.FormatInt((o.Stall+silence).Microseconds(), 10))
	}
	switch {
	case s == "rtmp" && o.Listen:
		args = append(args, "-listen", "1")
	case s == "srt" && o.Listen:
		args = append(args, "-mode", "listener")
	case s == "srt":
		args = append(args, "-mode", "caller")
	case (s == "http" || s == "https") && playlist(o.Input):
		// From the newest segment on, where ffmpeg would begin three before it.
		args = append(args, "-live_start_index", "-1")
	}
	return append(args, "-i", o.Input)
}

// playlist reports whether an address is by its name an HLS playlist. ffmpeg goes
// by the content, but takes the options of HLS for HLS alone.
func playlist(address string) bool {
	address, _, _ = strings.Cut(address, "?")
	return strings.EqualFold(path.Ext(address), ".m3u8")
}

// filter chooses the pictures. In milliseconds of the stream, times made to grow
// only (a jump back goes on one millisecond later; where a stream states no time,
// likewise), it keeps the frame nearest to each step of a grid: ld(0) is the next
// step, and a frame is taken when less than half the distance to the frame before
// it, but at most half a step, is missing. A steady stream so gives its pictures
// exactly a period apart, key frames may waver, and no rate gives more than was
// asked for. A pause of more than a period begins the grid anew behind it.
func (o Options) filter() string {
	period := strconv.FormatFloat(1/o.FPS, 'f', 9, 64)
	rising := "if(isnan(PREV_OUTPTS),if(isnan(PTS),0,PTS),if(gt(PTS,PREV_INPTS),PREV_OUTPTS+PTS-PREV_INPTS,PREV_OUTPTS+1))"
	due := fmt.Sprintf("eq(n,0)+gte(t+min(t-prev_t,%[1]s)/2,ld(0)+%[1]s/1000)", period)
	next := fmt.Sprintf("st(0,if(eq(n,0)+gt(t,ld(0)+%[1]s),t,ld(0))+%[1]s)", period)
	return fmt.Sprintf("settb=1/1000,setpts='%s',select='if(%s,%s*0+1,0)'", rising, due, next)
}
