package correlate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

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
			if s.Match.HashKind == b.HashKind && s.Match.Distance <= b.UpTo {
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

// framesMatched counts the frames behind matches, at least 1. A frame may match
// entries of several lists, and several entries of one, so within a stream it
// takes the list with the most, and never more than the frames seen.
func framesMatched(matches []signal.Signal) float64 {
	type stream struct{ platform, id string }
	type listing struct {
		stream
		list string
	}
	matched, seen := make(map[listing]float64), make(map[stream]float64)
	for _, s := range matches {
		m := s.Match
		st := stream{m.Platform, m.Stream}
		matched[listing{st, m.List}] += float64(m.FramesMatched)
		seen[st] = max(seen[st], float64(m.FramesSeen), float64(m.FramesMatched))
	}
	most := make(map[stream]float64)
	for l, n := range matched {
		most[l.stream] = max(most[l.stream], min(n, seen[l.stream]))
	}
	total := 0.0
	for _, st := range slices.SortedFunc(maps.Keys(most), func(a, b stream) int {
		return cmp.Or(cmp.Compare(a.platform, b.platform), cmp.Compare(a.id, b.id))
	}) {
		total += most[st]
	}
	return max(total, 1)
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
