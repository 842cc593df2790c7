package intake

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// maxLine and maxLines bound what is kept of ffmpeg's messages.
const (
	maxLine  = 500 // bytes
	maxLines = 8
)

// address finds addresses. What follows the host may be a stream key or a signed
// link, what precedes it a password; where there is an @, which of them is the
// host is a guess, and none is shown.
var address = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s'"]*@[^\s'"]*|([^\s/?'"]*)[^\s'"]*)`)

// messages is the writer behind ffmpeg's standard error. It passes each line on
// with its addresses shortened, and keeps the last few for the error.
type messages struct {
	to      io.Writer
	secrets []string // parts of the input's address, which ffmpeg also names alone
	// stranger, where set, is called when a sender states another app or key than
	// the address of an RTMP listener. ffmpeg only warns of it and takes whoever
	// comes; the lines hold what was stated and are not shown.
	stranger func()
	line     []byte
	last     []string
}

func newMessages(to io.Writer, input string) *messages {
	return &messages{to: to, secrets: secrets(input)}
}

// Of ffmpeg's RTMP (libavformat/rtmpproto.c), the same since 2013.
const (
	otherApp = "App field don't match up"
	otherKey = "Unexpected stream "
)

// Write never fails: ffmpeg must not stop because its messages cannot be shown.
func (m *messages) Write(p []byte) (int, error) {
	for _, c := range p {
		switch {
		case c == '\n' || c == '\r':
			m.end()
		case len(m.line) < maxLine:
			m.line = append(m.line, c)
		}
	}
	return len(p), nil
}

// end finishes a line.
func (m *messages) end() {
	line := strings.TrimSpace(strings.ToValidUTF8(string(m.line), "�"))
	m.line = m.line[:0]
	if m.stranger != nil {
		if strings.Contains(line, otherApp) || strings.Contains(line, otherKey) {
			m.stranger()
		}
		// A listener's ffmpeg also warns, with the level before each line.
		if strings.Contains(line, "[warning] ") {
			return
		}
		line = strings.Replace(line, "[error] ", "", 1)
	}
	if line == "" {
		return
	}
	line = address.ReplaceAllString(line, "$1$2/…")
	for _, s := range m.secrets {
		line = strings.ReplaceAll(line, s, "…")
	}
	_, _ = fmt.Fprintln(m.to, line) // shown if it can be
	m.last = append(m.last, line)
	m.last = m.last[max(0, len(m.last)-maxLines):]
}

// String is what ffmpeg said last.
func (m *messages) String() string {
	m.end()
	if len(m.last) == 0 {
		return "it gave no message"
	}
	return strings.Join(m.last, "; ")
}
