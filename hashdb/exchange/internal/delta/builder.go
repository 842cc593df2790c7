package delta

import "github.com/vigil-stream/vigil/hashdb"

// Size is the number of changes at which a batch is worth its write to disk.
const Size = 10_000

// Builder collects records into one batch. All of a batch takes effect at once, so
// that what it says of an entry must not depend on an order within. The zero Builder
// is empty and ready.
type Builder struct {
	entries []hashdb.Entry
	at      map[key]int         // Where an entry lies in entries.
	listed  map[string]struct{} // The ids of entries.
	retract []string
	gone    map[string]struct{} // The same as retract.
}

type key struct {
	hash hashdb.Hash
	ref  string
}

// Add takes a record in. It returns false, and takes nothing, when the record undoes
// part of the batch: the batch must be applied first.
func (b *Builder) Add(r hashdb.Record) bool {
	if _, undoes := b.listed[r.RetractRef]; undoes && r.RetractRef != "" {
		return false
	}
	for i := range r.Entries {
		if _, undoes := b.gone[r.Entries[i].Ref]; undoes {
			return false
		}
	}
	if b.at == nil {
		b.at, b.listed, b.gone = map[key]int{}, map[string]struct{}{}, map[string]struct{}{}
	}
	if _, twice := b.gone[r.RetractRef]; !twice && r.RetractRef != "" {
		b.gone[r.RetractRef] = struct{}{}
		b.retract = append(b.retract, r.RetractRef)
	}
	for _, e := range r.Entries {
		k := key{e.Hash, e.Ref}
		if i, twice := b.at[k]; twice {
			b.entries[i] = e // What was said last counts.
			continue
		}
		b.at[k] = len(b.entries)
		b.entries = append(b.entries, e)
		b.listed[e.Ref] = struct{}{}
	}
	return true
}

// Len returns the number of changes.
func (b *Builder) Len() int { return len(b.entries) + len(b.retract) }

// Take returns the batch, without source and checkpoint, and empties the builder.
func (b *Builder) Take() hashdb.Batch {
	batch := hashdb.Batch{Entries: b.entries, RetractRefs: b.retract}
	clear(b.at)
	clear(b.listed)
	clear(b.gone)
	b.entries, b.retract = nil, nil
	return batch
}
