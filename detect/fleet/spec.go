package fleet

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

// What a Spec wants of its stream.
const (
	Watch = "watch" // also the empty state
	Stop  = "stop"
)

// A Spec says which stream to watch, where and how: the value of the topic streams,
// keyed by platform and stream, and an element of a streams file.
type Spec struct {
	Stream   string `json:"stream"`
	Platform string `json:"platform"`
	// Account is the platform's own name of the streamer. It is tokenised when the
	// fleet takes the spec and goes no further. Exactly one of Account and Subject is
	// set, save where State is Stop.
	Account string         `json:"account,omitempty"`
	Subject signal.Subject `json:"subject,omitempty"`
	// Input is a path, or an address: http(s) for HLS, rtmp(s), rtsp(s), srt.
	Input string `json:"input,omitempty"`
	// Listen waits for a sender at Input, which is rtmp or srt.
	Listen  bool `json:"listen,omitempty"`
	Private bool `json:"private,omitempty"`
	// Country is where the streamer probably is, ISO 3166-1 alpha-2, if known.
	Country string `json:"country,omitempty"`
	// FPS is the stream's own base rate, in frames a second; 0 is the policy's.
	FPS float64 `json:"fps,omitempty"`
	// Loop plays a file at its own speed, again and again, as a live stream would be.
	Loop bool `json:"loop,omitempty"`
	// State is Watch, empty for the same, or Stop, which takes the stream off.
	State string `json:"state,omitempty"`
}

// MaxFPS is the highest rate that a spec or a policy may ask for, as of package
// intake.
const MaxFPS = 60

const (
	maxRef     = 256  // bytes of a stream's or a platform's name
	maxAccount = 320  // bytes: an e-mail address is no longer (RFC 3696)
	maxInput   = 4096 // bytes
)

var (
	scheme  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	token   = regexp.MustCompile(`^sub_[0-9a-f]{32}$`)
	country = regexp.MustCompile(`^[A-Z]{2}$`)

	schemes   = []string{"http", "https", "rtmp", "rtmps", "rtsp", "rtsps", "srt"}
	listening = []string{"rtmp", "srt"}
)

// file reports whether the input is no address.
func (s Spec) file() bool { return !scheme.MatchString(s.Input) }

// check reports everything that is wrong by the name of its field. It repeats no
// value: an account is personal, and an address may hold a key.
func (s Spec) check(fault func(field, format string, args ...any)) {
	ref := func(field, v string, most int) {
		if v == "" || len(v) > most || strings.ContainsFunc(v, control) {
			fault(field, "want 1 to %d bytes without control characters", most)
		}
	}
	ref("stream", s.Stream, maxRef)
	ref("platform", s.Platform, maxRef)
	switch s.State {
	case "", Watch:
	case Stop:
		return // the name is all that it takes
	default:
		fault("state", "want %s or %s", Watch, Stop)
	}
	switch {
	case s.Account != "" && s.Subject != "":
		fault("account", "give either account or subject")
	case s.Subject != "":
		if !token.MatchString(string(s.Subject)) {
			fault("subject", "want sub_ and 32 lower-case hex digits")
		}
	default:
		ref("account", s.Account, maxAccount)
	}
	ref("input", s.Input, maxInput)
	kind := ""
	if m := scheme.FindStringSubmatch(s.Input); m != nil {
		kind = strings.ToLower(m[1])
		if !slices.Contains(schemes, kind) {
			fault("input", "want a path or an address that begins with one of %s", strings.Join(schemes, ", "))
		}
	}
	if s.Listen && !slices.Contains(listening, kind) {
		fault("listen", "only %s can wait for a sender", strings.Join(listening, " and "))
	}
	if s.Loop && kind != "" {
		fault("loop", "only a file can be played again")
	}
	if s.Country != "" && !country.MatchString(s.Country) {
		fault("country", "want two capital letters (ISO 3166-1 alpha-2)")
	}
	if s.FPS != 0 && !rate(s.FPS) {
		fault("fps", "want more than 0 and at most %d frames a second", MaxFPS)
	}
}

// rate reports whether v is a rate; not a number is none.
func rate(v float64) bool { return v >= 1.0/86400 && v <= MaxFPS && !math.IsNaN(v) }

func control(r rune) bool { return r < ' ' || r == 0x7f }

// Check returns everything that is wrong with the spec, in one error.
func (s Spec) Check() error {
	var wrong []string
	s.check(func(field, format string, args ...any) {
		wrong = append(wrong, field+": "+fmt.Sprintf(format, args...))
	})
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("stream %.64q: %s", s.Stream, strings.Join(wrong, "; "))
}

// key names a stream: platforms name theirs independently.
type key struct{ platform, stream string }

func (s Spec) key() key { return key{s.Platform, s.Stream} }

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.platform, other.platform), cmp.Compare(k.stream, other.stream))
}
