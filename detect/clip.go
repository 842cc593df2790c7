package detect

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// A list of videos holds the hashes of their frames. Package hashdb/formats names such an
// entry by the video's file, '#', the frame's number and, after '/', how many frames of
// the video have a hash. A stream matches the video, not this or that frame of it.

const (
	// maxClipFrames is how many frames of a video are told apart; those behind them match
	// and are not counted. It is an hour at 25 frames a second.
	maxClipFrames = 100_000
	// chunkFrames is how many of them are one record of the state: a bit each.
	chunkFrames = 4096
	clipChunks  = (maxClipFrames + chunkFrames - 1) / chunkFrames
)

// ClipFrame reads the id of a video's frame: the name under which signals speak of the
// video, the frame and how many there are, 0 where the id does not tell.
func ClipFrame(ref string) (name string, frame, total int, ok bool) {
	at := strings.LastIndexByte(ref, '#')
	if at < 1 {
		return "", 0, 0, false
	}
	name, number := ref[:at], ref[at+1:]
	number, of, told := strings.Cut(number, "/")
	if frame, ok = decimal(number); !ok {
		return "", 0, 0, false
	}
	if told {
		if total, ok = decimal(of); !ok || total < 1 {
			return "", 0, 0, false
		}
	}
	return clipName(name), frame, total, true
}

// decimal reads digits and nothing else.
func decimal(s string) (int, bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

// clipName returns the name under which signals speak of a video: the file's, or an id in
// its place where that might be a digest, is too long or no text.
func clipName(file string) string {
	const digest = 32 // hexadecimal digits, of MD5
	if of, ours := strings.CutPrefix(file, "case/"); ours && len(of) == digest && isHex(of, false) {
		return file // of the deployment's own list, and the reviewer's word for it
	}
	hexes := 0
	for i := range len(file) {
		c := file[i] | 0x20
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			if hexes++; hexes == digest {
				break
			}
			continue
		}
		hexes = 0
	}
	if hexes == digest || utf8.RuneCountInString(file) > maxRef || !utf8.ValidString(file) {
		return signal.ID("clip", file)
	}
	return file
}

// clip is what a segment knows of the video it matches.
type clip struct {
	total   int    // frames; 0 when not known
	matched int    // distinct frames
	chunks  uint64 // which records of frames there are
}

// limits says how a segment stands to the shares that must match, in signals and to
// readers. A share is of the frames that could match, those of MinQuality and above, as
// vPDQ leaves the others out.
func (o Options) clipLimits(g *segment) (c signal.Clip, says string) {
	c = signal.Clip{
		Frames: g.clip.total, FramesMatched: g.clip.matched,
		StreamShare: o.StreamShare, ClipShare: o.ClipShare,
	}
	stream := percent(g.frames, g.good())
	share := percent(uint64(g.clip.matched), uint64(g.clip.total))
	var below []string
	if stream < o.StreamShare {
		below = append(below, strconv.FormatFloat(stream, 'f', 0, 64)+" % of the stream's frames, want "+strconv.FormatFloat(o.StreamShare, 'f', -1, 64)+" %")
	}
	switch {
	case o.ClipShare == 0:
	case g.clip.total == 0:
		below = append(below, "of an unknown number of the video's frames, want "+strconv.FormatFloat(o.ClipShare, 'f', -1, 64)+" %")
	case share < o.ClipShare:
		below = append(below, strconv.FormatFloat(share, 'f', 0, 64)+" % of the video's frames, want "+strconv.FormatFloat(o.ClipShare, 'f', -1, 64)+" %")
	}
	if c.Reached = len(below) == 0; !c.Reached {
		says = "; not reached: " + strings.Join(below, ", ")
	}
	return c, says
}

// percent is n of total, at most 100, and 0 of nothing.
func percent(n, total uint64) float64 {
	if total == 0 {
		return 0
	}
	return min(100*float64(n)/float64(total), 100)
}
