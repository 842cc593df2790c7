package archive

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// maxFinds limits what one picture matches, the nearest first: as many list entries as
// package detect follows in a stream.
const maxFinds = 64

// find is a list entry, or a video of a list, that a picture matches.
type find struct {
	list, version string
	category      string // Of the list.
	entry         string // A video's name.
	clip          bool
	total         int   // The video's frames, 0 where the list does not tell.
	frames        []int // The video's frames that match, ascending.
	distance      int
	radius        int
	view          string
}

// lookUp asks the lists about a picture in all its views, as they would be asked about
// it live: a picture that is known to be innocent in any view matches nothing. Of what
// they find it takes what is sought and did not come from the stream itself: what a
// stream was confirmed to show says nothing new about it. The turned views are derived from the hash that was
// kept, and may miss or find what is at the edge of the radius.
func (a *Archive) lookUp(k *kept, stream id, sought func(*hashdb.Match) bool) ([]find, error) {
	a.count.asked.Add(1)
	hashes := make([]hashdb.Hash, 0, turns*len(k.hashes))
	for i := range k.n {
		for t := range pdq.Transform(turns) {
			hashes = append(hashes, hashdb.Hash{Kind: hashdb.KindPDQ, Bits: k.hashes[i].Turned(t)})
		}
	}
	answers, err := a.index.Search(hashdb.Query{Radius: hashdb.OwnRadius}, hashes...)
	if err != nil {
		return nil, fmt.Errorf("look up kept print: %w", err)
	}
	if len(answers) != len(hashes) {
		return nil, fmt.Errorf("look up kept print: %d answers to %d hashes", len(answers), len(hashes))
	}
	var finds []find
	own := originTag(stream)
	for v := range answers {
		if len(answers[v].Allowed) > 0 {
			return nil, nil
		}
		for i := range answers[v].Matches {
			if m := &answers[v].Matches[i]; sought(m) && !slices.Contains(m.Tags, own) {
				finds = append(finds, findsOf(m, viewOf(v))...)
			}
		}
	}
	return joined(finds), nil
}

// viewOf names view v of a look-up. What is derived says so.
func viewOf(v int) string {
	trimmed, t := v >= turns, pdq.Transform(v%turns)
	switch {
	case t == pdq.Original && trimmed:
		return "trimmed"
	case t == pdq.Original:
		return ""
	case trimmed:
		return "trimmed-" + t.String() + "-derived"
	}
	return t.String() + "-derived"
}

// findsOf returns what a match is about: the videos whose frames its entries are, and
// the entry itself when some are none of a video.
func findsOf(m *hashdb.Match, view string) []find {
	base := find{list: m.List, version: m.Version, category: m.Category, entry: m.Entry, distance: m.Distance, radius: m.Radius, view: view}
	var finds []find
	plain := len(m.Refs) == 0
	for _, ref := range m.Refs {
		name, frame, total, ok := detect.ClipFrame(ref)
		if !ok {
			plain = true
			continue
		}
		f := base
		f.clip, f.entry, f.total, f.frames = true, name, total, []int{frame}
		finds = append(finds, f)
	}
	if plain {
		finds = append(finds, base)
	}
	return finds
}

// joined makes one find of those about the same thing, the nearest of them, and orders
// them by what they are about.
func joined(finds []find) []find {
	if len(finds) == 0 {
		return nil
	}
	slices.SortFunc(finds, func(a, b find) int {
		return cmp.Or(strings.Compare(a.list, b.list), strings.Compare(a.entry, b.entry), compareBool(a.clip, b.clip),
			cmp.Compare(a.distance, b.distance), strings.Compare(a.view, b.view))
	})
	out := finds[:1]
	for _, f := range finds[1:] {
		if last := &out[len(out)-1]; last.list == f.list && last.entry == f.entry && last.clip == f.clip {
			last.frames = append(last.frames, f.frames...)
			last.total = max(last.total, f.total)
			continue
		}
		out = append(out, f)
	}
	for i := range out {
		slices.Sort(out[i].frames)
		out[i].frames = slices.Compact(out[i].frames)
	}
	if len(out) > maxFinds {
		slices.SortStableFunc(out, func(a, b find) int { return cmp.Compare(a.distance, b.distance) })
		out = out[:maxFinds]
		slices.SortFunc(out, func(a, b find) int {
			return cmp.Or(strings.Compare(a.list, b.list), strings.Compare(a.entry, b.entry), compareBool(a.clip, b.clip))
		})
	}
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
