package archive

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/vigil-stream/vigil/hashdb/index"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

const (
	// turns is how many ways there are to lay a picture on itself.
	turns = 8
	// minTables is the number of codes from which on the tables of package index beat a
	// scan, here where codes are few and in cache: measured.
	minTables = 8192
)

func codeOf(h *pdq.Hash) (c index.Code) {
	for i := range c {
		c[i] = binary.BigEndian.Uint64(h[8*i:])
	}
	return c
}

func distance(a, b *pdq.Hash) int { return codeOf(a).Distance(codeOf(b)) }

// near tells which kept pictures are worth a look-up: those of which any view is within
// the lists' widest radius of a hash sought. It misses none. As turning keeps distances,
// the hashes are turned, once, and not every picture.
type near struct {
	codes []index.Code
	index *index.Index // Nil for so few codes that a scan is as fast.
	hits  sync.Pool
}

func newNear(hashes []pdq.Hash) *near {
	n := &near{codes: make([]index.Code, 0, turns*len(hashes)), hits: sync.Pool{New: func() any { return new([]index.Hit) }}}
	for i := range hashes {
		for t := range pdq.Transform(turns) {
			h := hashes[i].Turned(t)
			n.codes = append(n.codes, codeOf(&h))
		}
	}
	slices.SortFunc(n.codes, index.Code.Compare)
	n.codes = slices.Compact(n.codes)
	if len(n.codes) >= minTables {
		n.index = index.Build(n.codes)
	}
	return n
}

// any reports whether a picture is near.
func (n *near) any(k *kept, radius int) bool {
	hits := n.hits.Get().(*[]index.Hit)
	defer n.hits.Put(hits)
	for i := range k.n {
		code := codeOf(&k.hashes[i])
		if n.index != nil {
			*hits = n.index.Within(code, radius, (*hits)[:0])
		} else {
			*hits = index.Scan(n.codes, code, radius, (*hits)[:0])
		}
		if len(*hits) > 0 {
			return true
		}
	}
	return false
}
