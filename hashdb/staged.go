package hashdb

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// ordered returns the rows of a kind among those gathered, ascending, of equal ones the
// last. It sorts keys of 16 bytes in place of the rows.
func ordered(k Kind, gathered []kindRow) iter.Seq2[segment.Row, error] {
	type key struct {
		first uint64
		at    uint32
	}
	var keys []key
	for i := range gathered {
		if gathered[i].kind == k {
			keys = append(keys, key{gathered[i].Code[0], uint32(i)})
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.first != b.first {
			return cmp.Compare(a.first, b.first)
		}
		return cmp.Or(segment.Compare(&gathered[a.at].Row, &gathered[b.at].Row), cmp.Compare(b.at, a.at))
	})
	return func(yield func(segment.Row, error) bool) {
		for i, key := range keys {
			r := &gathered[key.at].Row
			if i > 0 && key.first == keys[i-1].first && segment.Compare(r, &gathered[keys[i-1].at].Row) == 0 {
				continue
			}
			if !yield(*r, nil) {
				return
			}
		}
	}
}

// writeRun writes the rows of a kind among those gathered.
func (db *DB) writeRun(ctx context.Context, k Kind, gathered []kindRow) (built, error) {
	if !slices.ContainsFunc(gathered, func(r kindRow) bool { return r.kind == k }) {
		return built{}, nil
	}
	file, err := db.worker.file(&db.disk)
	if err != nil {
		return built{}, err
	}
	if err := db.disk.Before("create", file); err != nil {
		return built{}, err
	}
	info, err := segment.Write(db.disk.Path(file), segment.Options{Width: k.Bits(), Kind: uint8(k)}, until(ctx, ordered(k, gathered)))
	if err != nil {
		return built{}, err
	}
	return built{file: file, ref: segmentRef{Kind: k, Rows: info.Rows, Dead: info.Dead, Bytes: info.Bytes, Sum: info.Sum}}, nil
}

// sources returns the import's rows of a kind, for merging, the newest first. The caller
// releases what was opened.
func (im *importer) sources(k Kind) (all []iter.Seq2[segment.Row, error], opened []*sealed, rows int, err error) {
	all = append(all, ordered(k, im.gathered))
	rows = len(im.gathered)
	for i := im.verified - 1; i >= 0; i-- {
		for _, r := range im.stages[i].Runs {
			if r.Kind != k {
				continue
			}
			x, err := openSealed(&im.db.disk, r.File, r.segmentRef)
			if err != nil {
				for _, x := range opened {
					x.release(im.db.options.Report)
				}
				return nil, nil, 0, err
			}
			opened = append(opened, x)
			rows += r.Rows
			all = append(all, im.stillThere(i, x.Rows()))
		}
	}
	return all, opened, rows, nil
}

// stillThere makes tombstones of a stage's rows that a later stage retracts by id.
func (im *importer) stillThere(stage int, rows iter.Seq2[segment.Row, error]) iter.Seq2[segment.Row, error] {
	if len(im.retracted) == 0 {
		return rows
	}
	return func(yield func(segment.Row, error) bool) {
		for r, err := range rows {
			if r.Ref != "" && !r.Dead {
				if m, ok := im.retracted[r.Ref]; ok && m.stage > stage {
					r.Dead, r.Attrs = true, nil
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// walkFrom is how many rows of the database there may be for each row of an import for
// it to be cheaper to walk through both than to look each up.
const walkFrom = 8

// former returns a function that gives the newest row equal to the one given, unless it
// is a tombstone. It must be called with ascending rows, of which there are about n.
func (v *kindView) former(h *head, n int) (get func(*segment.Row) (segment.Row, bool, error), stop func()) {
	have := 0
	for _, s := range v.segments {
		have += s.Len()
	}
	if have == 0 || have > walkFrom*n {
		return func(r *segment.Row) (segment.Row, bool, error) {
			x, ok := v.get(h, r)
			return x, ok, nil
		}, func() {}
	}
	next, stop := iter.Pull2(v.merged(false))
	at, err, more := next()
	return func(r *segment.Row) (segment.Row, bool, error) {
		for more && err == nil && segment.Compare(&at, r) < 0 {
			at, err, more = next()
		}
		if err != nil {
			return segment.Row{}, false, err
		}
		return at, more && !at.Dead && segment.Compare(&at, r) == 0, nil
	}, stop
}
