package correlate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// listMatch has as its value, for the best of the bands,
//
//	value + category + doubling × min(log2 n, doublings)
//
// where n is the number of frames that match within the band, and category what the
// category of the matched list adds or takes. Independent frames would add up one by one;
// frames of one stream are alike, so their number counts by its logarithm and only up to
// a point.
func (f *weightsFile) listMatch(ev *evidence, talk bool) finding {
	var best finding
	if len(ev.matches) == 0 {
		return best
	}
	for _, b := range f.ListMatch.Bands {
		byCategory := map[string][]*entry{}
		for _, e := range ev.matches {
			// One that is held back counts for nothing until a person has looked at its entry.
			if m := e.match; m.kind == b.HashKind && m.distance <= b.UpTo && !m.held {
				c := f.categoryOf(m.category)
				byCategory[c] = append(byCategory[c], e)
			}
		}
		for _, c := range slices.Sorted(maps.Keys(byCategory)) {
			within := byCategory[c]
			n := framesMatched(within)
			value := b.Value + f.ListMatch.Categories[c].Value + f.ListMatch.Doubling.Value*min(math.Log2(n), f.ListMatch.Doublings.Value)
			if value <= best.value {
				continue
			}
			best = finding{value: value}
			if talk {
				best.says, best.by = sayMatches(within, b, n, c), within
			}
		}
	}
	return best
}

// categoryOf returns the category as the weights name it, or none.
func (f *weightsFile) categoryOf(category string) string {
	if _, ok := f.ListMatch.Categories[category]; ok {
		return category
	}
	return ""
}

// framesMatched counts the frames behind matches, at least 1; a still that stands
// counts once where the match tells. A frame may match entries of several lists, and
// several entries of one, so within a stream it takes the list with the most, and
// never more than the frames seen.
func framesMatched(matches []*entry) float64 {
	segments := make(map[string][]*entry)          // by stream
	matched := make(map[string]map[string]float64) // and by list
	for _, e := range matches {
		m := e.match
		segments[m.stream] = append(segments[m.stream], e)
		if matched[m.stream] == nil {
			matched[m.stream] = make(map[string]float64)
		}
		n := m.frames
		if m.pictures > 0 {
			n = min(n, m.pictures)
		}
		matched[m.stream][m.list] += float64(n)
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
func framesSeen(segments []*entry) float64 {
	segments = slices.SortedFunc(slices.Values(segments), func(a, b *entry) int { return cmp.Compare(a.start, b.start) })
	until := int64(0)
	total, most := 0.0, 0.0
	for i, e := range segments {
		if i > 0 && e.start > until {
			total, most = total+most, 0
		}
		most = max(most, float64(e.match.seen), float64(e.match.frames))
		until = max(until, e.end)
	}
	return total + most
}

// maxNamed limits the lists that a sentence names.
const maxNamed = 3

func sayMatches(matches []*entry, b band, frames float64, category string) string {
	type pair struct{ a, b string }
	lists, entries, streams := map[string]bool{}, map[pair]bool{}, map[string]bool{}
	closest := matches[0].match.distance
	for _, e := range matches {
		m := e.match
		lists[m.list] = true
		entries[pair{m.list, m.entry}] = true
		streams[m.stream] = true
		closest = min(closest, m.distance)
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
	of := ""
	if category != "" {
		of = ", of category " + category
	}
	return fmt.Sprintf("%s of %s %s %s of %s%s, within %d of %d bits (%s), the closest at %d.",
		frame, count(len(streams), "live stream"), verb, entry, strings.Join(names, ", "), of,
		b.UpTo, bits(b.HashKind), b.HashKind, closest)
}
