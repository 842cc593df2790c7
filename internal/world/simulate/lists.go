package simulate

import (
	"encoding/hex"
	"math"
)

// listNames are the two hash lists of a world.
var listNames = [...]string{"industry-demo", "hotline-demo"}

// lists hold the entries of both lists: random PDQ hashes, of which a few stand for
// pictures that should not be on a list and that innocent people show.
type lists struct {
	entries [][32]byte
	bad     int // the first so many are wrong
}

func newLists(seed uint64, k *Knobs) *lists {
	d := newDie(seed, 0x11575)
	l := &lists{entries: make([][32]byte, int(k.Hash.Entries))}
	for i := range l.entries {
		l.entries[i] = randomHash(d)
	}
	if k.Hash.WrongEntries > 0 {
		l.bad = min(len(l.entries)-1, max(1, int(math.Round(k.Hash.WrongEntries*k.Hash.Entries))))
	}
	return l
}

// wrong draws an entry that should not be there; right draws one that should.
func (l *lists) wrong(d die) [32]byte { return l.entries[d.IntN(max(1, l.bad))] }
func (l *lists) right(d die) [32]byte { return l.entries[l.bad+d.IntN(len(l.entries)-l.bad)] }

// text returns the hashes of one of the lists, in hex, in an order that does not tell the
// wrong ones apart.
func (l *lists) text(list int, seed uint64) []string {
	var out []string
	for _, i := range newDie(seed, 0x50f7).Perm(len(l.entries)) {
		if i%len(listNames) == list {
			out = append(out, hex.EncodeToString(l.entries[i][:]))
		}
	}
	return out
}

func randomHash(d die) (h [32]byte) {
	for i := 0; i < len(h); i += 8 {
		for j, v := 0, d.Uint64(); j < 8; j++ {
			h[i+j] = byte(v >> (8 * j))
		}
	}
	return h
}

// altered flips so many bits of a hash.
func altered(d die, h [32]byte, bits int) [32]byte {
	for _, bit := range d.Perm(256)[:min(bits, 256)] {
		h[bit/8] ^= 1 << (bit % 8)
	}
	return h
}
