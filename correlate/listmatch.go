package correlate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// listMatch is worth, for the best of the bands,
//
//	value + doubling × min(log2 n, doublings)
//
// where n is the number of frames that match within the band. Independent frames
// would add up one by one; frames of one stream are alike, so their number
// counts by its logarithm and only up to a point.
func (f weightsFile) listMatch(ev evidence) Part {
	var best Part
	for _, b := range f.ListMatch.Bands {
		var within []signal.Signal
		for _, s := range ev.matches {
			// One that is held back counts for nothing until a person has looked at its entry.
			if s.Match.HashKind == b.HashKind && s.Match.Distance <= b.UpTo && !s.Match.Held {
				within = append(within, s)
			}
		}
		if len(within) == 0 {
			continue
		}
		n := framesMatched(within)
		weight := b.Value + f.ListMatch.Doubling.Value*min(math.Log2(n), f.ListMatch.Doublings.Value)
		if weight > best.Weight {
			best = Part{Name: partListMatch, Weight: weight, Says: sayMatches(within, b, n)}
			for _, s := range within {
				best.Signals = append(best.Signals, s.ID)
			}
		}
	}
	return best
}

// framesMatched counts the frames behind matches, at least 1; a still that stands
// counts once where the match tells. A frame may match entries of several lists, and
// several entries of one, so within a stream it takes the list with the most, and
// never more than the frames seen.
func framesMatched(matches []signal.Signal) float64 {
	type stream struct{ platform, id string }
	segments := make(map[stream][]signal.Signal)
	matched := make(map[stream]map[string]float64) // by list
	for _, s := range matches {
		m := s.Match
		st := stream{m.Platform, m.Stream}
		segments[st] = append(segments[st], s)
		if matched[st] == nil {
			matched[st] = make(map[string]float64)
		}
		n := m.FramesMatched
		if m.Pictures > 0 {
			n = min(n, m.Pictures)
		}
		matched[st][m.List] += float64(n)
	}
	total := 0.0
	for st, lists := range matched {
		seen := framesSeen(segments[st])
		most := 0.0
		for _, n := range lists {
			most = max(most, min(n, seen))
		}
		total += most // of whole numbers: the same in any order
	}
	return max(total, 1)
}

// framesSeen counts the frames of a stream's segments. Of segments that overlap it
// takes the one with the most.
func framesSeen(segments []signal.Signal) float64 {
	segments = slices.SortedFunc(slices.Values(segments), func(a, b signal.Signal) int { return a.Start.Compare(b.Start) })
	var until time.Time
	total, most := 0.0, 0.0
	for i, s := range segments {
		if i > 0 && s.Start.After(until) {
			total, most = total+most, 0
		}
		most = max(most, float64(s.Match.FramesSeen), float64(s.Match.FramesMatched))
		if s.End.After(until) {
			until = s.End
		}
	}
	return total + most
}

// maxNamed limits the lists that a sentence names.
const maxNamed = 3

func sayMatches(matches []signal.Signal, b band, frames float64) string {
	type pair struct{ a, b string }
	lists, entries, streams := map[string]bool{}, map[pair]bool{}, map[pair]bool{}
	closest := matches[0].Match.Distance
	for _, s := range matches {
		m := s.Match
		lists[m.List] = true
		entries[pair{m.List, m.Entry}] = true
		streams[pair{m.Platform, m.Stream}] = true
		closest = min(closest, m.Distance)
	}
	names := slices.Sorted(maps.Keys(lists))
	if len(names) > maxNamed {
		names = append(names[:maxNamed:maxNamed], fmt.Sprintf("%d more", len(lists)-maxNamed))
	}
	entry := "1 entry"
	if len(entries) != 1 {
		entry = fmt.Sprintf("%d entries", len(entries))
	}
	frame, verb := "1 frame", "matches"
	if frames != 1 {
		frame, verb = fmt.Sprintf("%.0f frames", frames), "match"
	}
	return fmt.Sprintf("%s of %s %s %s of %s within %d of %d bits (%s), the closest at %d.",
		frame, count(len(streams), "live stream"), verb, entry, strings.Join(names, ", "),
		b.UpTo, bits(b.HashKind), b.HashKind, closest)
}
