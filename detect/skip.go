package detect

import (
	"container/list"
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/vigil-stream/vigil/hashdb"
)

// The temporal skip. Pictures of a stream resemble the one before. When a look-up at a
// wider radius, reach+slack, found nothing at all around a hash, then by the triangle
// inequality nothing lies within the reach of any hash that is at most slack bits from
// it, and such a hash need not be looked up: exact, as long as no list changes.
//
// A wide look-up costs several plain ones, and a camera in motion never comes back to
// what was proved. So it is bought only when as many plain ones, all about one place,
// would have been saved by it (the rule of ski rental: never more than twice what the best
// choice had cost).
var proofs = [...]struct {
	slack int // In bits.
	// after is how many look-ups come first. It is what the wide look-up costs,
	// measured in plain ones at radius 31: 4 up to 39, 8 up to 47, and half as much again.
	after int
}{
	{slack: 8, after: 6},
	{slack: 16, after: 12},
}

// vainFor is how many look-ups come before the next try where one proved
// nothing: something lies near, and it will not go away soon.
const vainFor = 128

// An anchor is what is known of the place where one view of one stream is.
type anchor struct {
	set    bool
	moment uint64 // of the lists, at which all below is so
	hash   [32]byte
	// slack is up to how many bits from hash nothing is within reach.
	slack int
	// place is where the next wide look-up would be, and near how many plain ones were
	// within each slack of it, less those that were not: the place gives way to another
	// when as many were elsewhere (as in the majority vote of Boyer and Moore).
	place [32]byte
	near  [len(proofs)]int
	vain  int // look-ups to go before the next wide one
}

// proves reports whether nothing is within reach of a hash at a moment.
func (a *anchor) proves(h *[32]byte, moment uint64) bool {
	return a.set && a.moment == moment && apart(&a.hash, h) <= a.slack
}

// miss takes note that a look-up found nothing around h at a moment, and returns the
// slack with which a wider one about the anchor's place would now be worth its price, 0
// when none would. room is how much slack an index allows.
func (a *anchor) miss(h *[32]byte, moment uint64, room int) (slack int) {
	if !a.set || a.moment != moment {
		*a = anchor{set: true, moment: moment, hash: *h, place: *h, vain: a.vain}
	}
	// The plain look-up is a proof without slack. One with slack is kept: the stream may
	// come back to it.
	if a.slack == 0 {
		a.hash = *h
	}
	far := apart(&a.place, h)
	for i, p := range proofs {
		if far <= p.slack {
			a.near[i]++
		} else {
			a.near[i] = max(0, a.near[i]-1)
		}
	}
	if last := len(proofs) - 1; a.near[last] == 0 {
		a.place = *h
		for i := range a.near {
			a.near[i] = 1
		}
	}
	if a.vain > 0 {
		a.vain--
		return 0
	}
	for i, p := range proofs {
		if a.near[i] >= p.after && p.slack <= room {
			return p.slack
		}
	}
	return 0
}

// hit takes note that a look-up found something: the stream is where nothing can be
// proved.
func (a *anchor) hit() { *a = anchor{vain: a.vain} }

// proved takes note of a wide look-up about a place.
func (a *anchor) proved(place *[32]byte, slack int, nothing bool) {
	if !nothing {
		a.vain = vainFor
		return
	}
	*a = anchor{set: true, moment: a.moment, hash: *place, slack: slack, place: *place}
}

func apart(a, b *[32]byte) (n int) {
	for i := 0; i < len(a); i += 8 {
		n += bits.OnesCount64(binary.NativeEndian.Uint64(a[i:]) ^ binary.NativeEndian.Uint64(b[i:]))
	}
	return n
}

// anchors are those of one stream, by view, for PDQ only: the other kinds have few bits
// to spare and short lists.
type anchors struct {
	sync.Mutex // A stream is worked on by one goroutine; who breaks that is slower, not wrong.
	of         [views]anchor
}

// skipper keeps the anchors of the streams used last. They are no state: what was
// forgotten is looked up.
type skipper struct {
	mu     sync.Mutex
	most   int
	byKey  map[string]*list.Element
	recent list.List // of *kept, the newest first
}

type kept struct {
	key string
	anchors
}

func newSkipper(most int) *skipper {
	return &skipper{most: most, byKey: make(map[string]*list.Element)}
}

// stream returns the anchors of a stream, nil when none are kept.
func (s *skipper) stream(key string) *anchors {
	if s.most <= 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.byKey[key]; ok {
		s.recent.MoveToFront(e)
		return &e.Value.(*kept).anchors
	}
	if len(s.byKey) >= s.most {
		e := s.recent.Back()
		delete(s.byKey, s.recent.Remove(e).(*kept).key)
	}
	k := &kept{key: key}
	s.byKey[key] = s.recent.PushFront(k)
	return &k.anchors
}

// quiet reports whether an answer holds nothing of any list: no match and nothing that
// would be one, had its list another standing.
func quiet(a hashdb.Answer) bool {
	return len(a.Matches)+len(a.Allowed)+len(a.Vetoed)+len(a.Shadow) == 0
}
