package correlate

import (
	"fmt"
	"math"
	"slices"
)

// privateSession has value 1 where some session of the window was private.
func privateSession(ev *evidence, talk bool) finding {
	var out finding
	n := 0
	for _, e := range ev.sessions {
		if e.private {
			n++
			if talk {
				out.by = append(out.by, e)
			}
		}
	}
	if n == 0 {
		return finding{}
	}
	out.value = 1
	if talk {
		out.says = fmt.Sprintf("Within %d days %d of %s private.", keptDays, n, were(len(ev.sessions), "live stream"))
	}
	return out
}

// lowAudience has as its value the share of the private sessions of the window that had
// few viewers, of those whose audience is known.
func (f *weightsFile) lowAudience(ev *evidence, talk bool) finding {
	var out finding
	known, low := 0, 0
	for _, e := range ev.sessions {
		if !e.private || e.session == nil || e.session.audience == 0 {
			continue
		}
		known++
		if e.session.audience <= int(f.LowAudience.Value) {
			low++
			if talk {
				out.by = append(out.by, e)
			}
		}
	}
	if low == 0 {
		return finding{}
	}
	out.value = float64(low) / float64(known)
	if talk {
		out.says = fmt.Sprintf("%d of %d private live streams whose audience is known had at most %g viewers.", low, known, f.LowAudience.Value)
	}
	return out
}

// publicSessions speaks against: 1 where there were sessions and all were public. It and
// privateSession exclude each other.
func publicSessions(ev *evidence, talk bool) finding {
	var out finding
	for _, e := range ev.sessions {
		if e.private {
			return finding{}
		}
		if talk {
			out.by = append(out.by, e)
		}
	}
	if len(ev.sessions) == 0 {
		return finding{}
	}
	out.value = 1
	if talk {
		out.says = fmt.Sprintf("Within %d days %s public and none private.", keptDays, were(len(ev.sessions), "live stream"))
	}
	return out
}

// publicBeside speaks against: the share of public sessions, where some were private. Who
// performs for many now and then does for one.
func publicBeside(ev *evidence, talk bool) finding {
	var out finding
	public := 0
	for _, e := range ev.sessions {
		if !e.private {
			public++
			if talk {
				out.by = append(out.by, e)
			}
		}
	}
	if public == 0 || public == len(ev.sessions) {
		return finding{}
	}
	out.value = float64(public) / float64(len(ev.sessions))
	if talk {
		out.says = fmt.Sprintf("%d of %s public.", public, were(len(ev.sessions), "live stream"))
	}
	return out
}

// Lengths are alike from so many private sessions on, of which more than half are within
// so much of the median.
const (
	leastLengths = 5
	lengthMargin = 5 // one part in five
)

// alikeLengths speaks against: the share of the private sessions that last about as long
// as most do, where that is more than half. Lessons have an hour.
func alikeLengths(ev *evidence, talk bool) finding {
	var lengths []int64
	for _, e := range ev.sessions {
		if e.private && e.ended && e.end > e.start {
			lengths = append(lengths, e.end-e.start)
		}
	}
	if len(lengths) < leastLengths {
		return finding{}
	}
	slices.Sort(lengths)
	median := lengths[len(lengths)/2]
	alike := 0
	for _, l := range lengths {
		if l >= median-median/lengthMargin && l <= median+median/lengthMargin {
			alike++
		}
	}
	if 2*alike <= len(lengths) {
		return finding{}
	}
	out := finding{value: float64(alike) / float64(len(lengths))}
	if talk {
		for _, e := range ev.sessions {
			if e.private && e.ended {
				out.by = append(out.by, e)
			}
		}
		out.says = fmt.Sprintf("%d of %d private live streams lasted %.0f minutes, give or take a fifth.", alike, len(lengths), float64(median)/6e10)
	}
	return out
}

// largeAudience speaks against: log10 of the largest audience of a public session, up to
// a thousand, as a share of that. What a crowd watches is seen by a crowd.
func largeAudience(ev *evidence, talk bool) finding {
	var largest *entry
	for _, e := range ev.sessions {
		if !e.private && e.session != nil && (largest == nil || e.session.audience > largest.session.audience) {
			largest = e
		}
	}
	if largest == nil || largest.session.audience < 2 {
		return finding{}
	}
	out := finding{value: min(math.Log10(float64(largest.session.audience))/3, 1)}
	if talk {
		out.by = []*entry{largest}
		out.says = fmt.Sprintf("A public live stream had %d viewers at once.", largest.session.audience)
	}
	return out
}

// count writes a number with its noun, were adds the verb.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func were(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " was"
	}
	return count(n, noun) + " were"
}
