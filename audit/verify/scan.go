package verify

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A scan reads a log once, from its first entry to its last, and rebuilds the
// tree from the entries alone. The stored tiles serve to find out where a
// fault is: by themselves they prove nothing.
type scan struct {
	folder
	signed  tlog.Tree
	earlier tlog.Tree
	built   tree
	kinds   map[string]uint64
	each    func(uint64, Entry) // nil where nobody asks

	tiles  [maxProof/tileHeight + 1]storedTile // by level, the tile that the scan is in
	fault  *fault                              // the first entry or hash met that cannot be right
	gap    *fault                              // the first hash met that is not there to compare
	forked bool
}

type storedTile struct {
	tlog.Tile
	data []byte
	name string
	err  error
}

// A fault is a place at which the log contradicts itself. Whose fault it is
// depends on whether the entries turn out to have the signed root.
type fault struct {
	first, last       int64
	ifIntact, ifWrong string
}

func (f *fault) bad(why string) *BadEntry {
	return &BadEntry{Index: uint64(f.first), Last: uint64(f.last), Why: why}
}

// bundle reads the next entries, up to 256. It returns an error if they cannot
// be told apart, so that no tree can be built from them.
func (s *scan) bundle() *BadEntry {
	first := s.built.size
	width := widthAt(s.signed.N, 0, first/tileWidth)
	entries, err := s.entries(first/tileWidth, width)
	for _, data := range entries {
		at := s.built.size
		s.built.add(tlog.RecordHash(data), s.compare)
		e, err := ParseEntry(data)
		if err != nil {
			why := "it is not what an entry must be: " + err.Error()
			keep(&s.fault, fault{at, at, why, why})
		} else {
			s.kinds[e.Kind]++
			if s.each != nil {
				s.each(uint64(at), e)
			}
		}
		if s.built.size == s.earlier.N {
			s.forked = s.built.root() != s.earlier.Hash
		}
	}
	if err == nil {
		return nil
	}
	// The first entry that is not there, or the last one, if more follows it.
	at := min(s.built.size, first+int64(width)-1)
	keep(&s.fault, fault{at, at, err.Error(), err.Error()})
	return s.fault.bad(s.fault.ifWrong)
}

// compare holds a hash of the rebuilt tree against the one stored for it, if
// its level is one that is stored.
func (s *scan) compare(level int, n int64, h tlog.Hash) {
	if level%tileHeight != 0 {
		return
	}
	want := tlog.Tile{H: tileHeight, L: level / tileHeight, N: n / tileWidth}
	want.W = widthAt(s.signed.N, want.L, want.N)
	stored := &s.tiles[want.L]
	if stored.Tile != want {
		stored.Tile = want
		stored.data, stored.name, stored.err = s.hashes(want)
	}
	first, last := n<<level, (n+1)<<level-1
	at := int(n%tileWidth) * tlog.HashSize
	switch {
	case stored.err != nil:
		keep(&s.gap, fault{first, last, fmt.Sprintf("%v; all entries are as they were signed", stored.err), ""})
	case string(h[:]) != string(stored.data[at:at+tlog.HashSize]):
		keep(&s.fault, fault{
			first, last,
			stored.name + " holds another hash; all entries are as they were signed",
			"what is there does not have the hash that " + stored.name + " holds",
		})
	}
}

// keep keeps the first fault of its sort. A subtree is compared when its last
// entry has been read, after the entries in it, so that the first fault is
// also the narrowest.
func keep(kept **fault, f fault) {
	if *kept == nil {
		*kept = &f
	}
}

// verdict says what is wrong with a log that could be read to its end.
func (s *scan) verdict() *BadEntry {
	intact := s.built.root() == s.signed.Hash
	switch {
	case intact && s.fault != nil:
		return s.fault.bad(s.fault.ifIntact)
	case intact && s.gap != nil:
		return s.gap.bad(s.gap.ifIntact)
	case intact:
		return nil
	case s.fault != nil:
		return s.fault.bad(s.fault.ifWrong)
	}
	// Entries and tiles were changed together. What an earlier checkpoint
	// covers, and still has its root, is not among it.
	all := fault{first: 0, last: s.signed.N - 1}
	if !s.forked {
		all.first = s.earlier.N
	}
	return all.bad("entries and tiles agree with one another, but not with the signed checkpoint")
}
