package exchange

import "github.com/vigil-stream/vigil/hashdb"

// split cuts a batch into parts of at most size changes of which only the last has the
// checkpoint: when a part fails, what came before it is asked for again. A reference
// that is retracted and listed anew, as when its hash changed, is so in one part, lest
// its hash is missing in between.
func split(b hashdb.Batch, size int) []hashdb.Batch {
	if len(b.Entries)+len(b.RetractRefs) <= size {
		return []hashdb.Batch{b}
	}
	retract := make(map[string]bool, len(b.RetractRefs))
	for _, ref := range b.RetractRefs {
		retract[ref] = true
	}
	var parts []hashdb.Batch
	part := hashdb.Batch{Source: b.Source}
	begin := 0
	cut := func(end int) {
		part.Entries = b.Entries[begin:end]
		parts = append(parts, part)
		part, begin = hashdb.Batch{Source: b.Source}, end
	}
	for i := range b.Entries {
		ref := b.Entries[i].Ref
		n := 1
		if retract[ref] {
			n++
		}
		if have := i - begin + len(part.RetractRefs); have > 0 && have+n > size {
			cut(i)
		}
		if retract[ref] {
			part.RetractRefs = append(part.RetractRefs, ref)
			delete(retract, ref)
		}
	}
	for _, ref := range b.RetractRefs {
		if !retract[ref] {
			continue
		}
		if len(b.Entries)-begin+len(part.RetractRefs) >= size {
			cut(len(b.Entries))
		}
		part.RetractRefs = append(part.RetractRefs, ref)
		delete(retract, ref)
	}
	cut(len(b.Entries))
	parts[len(parts)-1].Checkpoint = b.Checkpoint
	return parts
}
