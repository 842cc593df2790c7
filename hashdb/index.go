package hashdb

// hit is an entry found: its position among the indexed hashes, and its distance.
type hit struct{ entry, distance int }

// index finds every hash within a radius, exactly. It never changes once built and
// may be asked by many goroutines at a time.
type index interface {
	// within appends to hits what lies within radius bits of q, each entry once,
	// in no particular order.
	within(q words, radius int, hits []hit) []hit
}

// scanBelow is the number of hashes under which a scan is as fast as the eighths
// and does without their tables, whose bounds alone take 4 MiB.
const scanBelow = 4096

// newIndex indexes hashes of kind k, which must not change afterwards.
func newIndex(k Kind, hashes []words) index {
	if k.Bits() != 256 || len(hashes) < scanBelow {
		return scan(hashes)
	}
	return newEighths(hashes)
}

// scan compares with every hash.
type scan []words

func (s scan) within(q words, radius int, hits []hit) []hit {
	for i := range s {
		if d := s[i].distance(q); d <= radius {
			hits = append(hits, hit{i, d})
		}
	}
	return hits
}
