package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
)

// maxClipHashes bounds the hashes of one listed video in a bundle.
const maxClipHashes = 10_000

// listedEntries finds the hashes of the list entries that a case's signals matched. What a
// list no longer has is left out, and so is all of it where there are no lists here.
func (c *Config) listedEntries(ctx context.Context, d review.Dossier) (all []bundle.Entry, err error) {
	type key struct{ list, entry, kind string }
	found := map[key]*bundle.Entry{}
	lists := map[string]bool{}
	for _, one := range d.Decisions {
		for _, s := range one.Case.Signals {
			if m := s.Match; m != nil {
				found[key{m.List, m.Entry, m.HashKind}] = &bundle.Entry{List: m.List, Entry: m.Entry, Kind: m.HashKind}
				lists[m.List] = true
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	if _, err := os.Stat(c.hashesDir()); err != nil {
		return nil, nil //nolint:nilerr // This process has no lists.
	}
	db, err := c.openLists(nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, l := range db.Lists() {
		if !lists[l.Source] {
			continue
		}
		for e, err := range db.Entries(ctx, l.ID()) {
			if err != nil {
				return nil, err
			}
			kind := e.Hash.Kind.String()
			names := []string{e.Hash.Entry()}
			if clip, _, _, ok := detect.ClipFrame(e.Ref); ok {
				names = append(names, clip)
			}
			for _, name := range names {
				if f := found[key{l.Source, name, kind}]; f != nil && len(f.Hashes) < maxClipHashes && !slices.Contains(f.Hashes, e.Hash.String()) {
					f.Hashes = append(f.Hashes, e.Hash.String())
				}
			}
		}
	}
	for _, f := range found {
		if len(f.Hashes) > 0 {
			slices.Sort(f.Hashes)
			all = append(all, *f)
		}
	}
	slices.SortFunc(all, func(a, b bundle.Entry) int {
		return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Kind, b.Kind))
	})
	return all, nil
}
