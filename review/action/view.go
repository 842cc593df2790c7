package action

import (
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// MaxStreams limits the streams that one record names, the newest.
const MaxStreams = 64

// A View is what one platform itself told of an account.
type View struct {
	Platform string
	Subject  signal.Subject
	Streams  []string // its own references, sorted
	// Grounds are what of it may be a reason, sorted: match, flag, score.
	Grounds []string
	Trusted bool      // a trusted flagger flagged
	Last    time.Time // the newest of it
}

// Views returns what each platform told, by name. What is held back for a person to look at
// first, and that somebody was a guest, are no reasons.
func Views(subject signal.Subject, signals []signal.Signal) []View {
	views := map[string]*View{}
	at := func(platform string, s signal.Signal) *View {
		v := views[platform]
		if v == nil {
			v = &View{Platform: platform, Subject: subject}
			views[platform] = v
		}
		if s.End.After(v.Last) {
			v.Last = s.End.UTC()
		}
		return v
	}
	for _, s := range signals {
		switch {
		case s.Session != nil && s.Session.Host == "":
			at(s.Session.Platform, s).stream(s.Session.Stream)
		case s.Match != nil && !s.Match.Held:
			at(s.Match.Platform, s).stream(s.Match.Stream).ground("match")
		case s.Flag != nil:
			v := at(s.Flag.Platform, s).stream(s.Flag.Stream).ground("flag")
			v.Trusted = v.Trusted || s.Flag.Source == "trusted"
		case s.Score != nil:
			at(s.Score.Platform, s).stream(s.Score.Stream).ground("score")
		}
	}
	list := make([]View, 0, len(views))
	for _, v := range views {
		v.Streams = v.Streams[max(0, len(v.Streams)-MaxStreams):] // signals come in the order of time
		slices.Sort(v.Streams)
		slices.Sort(v.Grounds)
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b View) int { return strings.Compare(a.Platform, b.Platform) })
	return list
}

func (v *View) stream(name string) *View {
	if name != "" && !slices.Contains(v.Streams, name) {
		v.Streams = append(v.Streams, name)
	}
	return v
}

func (v *View) ground(name string) *View {
	if !slices.Contains(v.Grounds, name) {
		v.Grounds = append(v.Grounds, name)
	}
	return v
}
