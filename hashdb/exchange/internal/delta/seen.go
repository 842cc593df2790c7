package delta

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"github.com/vigil-stream/vigil/hashdb"
)

// ErrShrunk is wrapped by an error when a list lost more at once than is believed.
var ErrShrunk = errors.New("the list lost too much at once")

// Seen is the set of entries that a list was seen to hold. It keeps 16 bytes of a
// digest for each, some 40 bytes of memory. The zero Seen is empty and ready.
type Seen struct {
	entries map[[16]byte]struct{}
}

// Add notes what a record says of its entries.
func (s *Seen) Add(r hashdb.Record) {
	if s.entries == nil {
		s.entries = map[[16]byte]struct{}{}
	}
	for i := range r.Entries {
		if e := &r.Entries[i]; e.Status == hashdb.Retracted {
			delete(s.entries, digest(e))
		} else {
			s.entries[digest(e)] = struct{}{}
		}
	}
}

// Len returns how many entries were seen.
func (s *Seen) Len() int { return len(s.entries) }

// Vanished returns retractions of what is known and was not seen. It reads known to
// its end before it returns, so that the changes may be applied to what known reads.
//
// When more than the share most of what is known would go, it returns an error that
// wraps ErrShrunk instead: an owner that clears a list by mistake, or an answer cut
// between two records, looks the same from here.
func (s *Seen) Vanished(known iter.Seq2[hashdb.Entry, error], most float64) ([]hashdb.Entry, error) {
	var gone []hashdb.Entry
	n := 0
	for e, err := range known {
		if err != nil {
			return nil, fmt.Errorf("reading what is known of the list: %w", err)
		}
		if e.Status == hashdb.Retracted {
			continue
		}
		n++
		if _, ok := s.entries[digest(&e)]; !ok {
			gone = append(gone, hashdb.Entry{Hash: e.Hash, Ref: e.Ref, Provenance: e.Provenance, Status: hashdb.Retracted})
		}
	}
	if float64(len(gone)) > most*float64(n) {
		return nil, fmt.Errorf("%w: %d of %d entries are not in it any more, and at most a share of %g may go", ErrShrunk, len(gone), n, most)
	}
	return gone, nil
}

func digest(e *hashdb.Entry) [16]byte {
	var b [1 + 32 + 200]byte // Kind, hash and the longest id.
	b[0] = byte(e.Hash.Kind)
	copy(b[1:], e.Hash.Bits[:])
	sum := sha256.Sum256(append(b[:33], e.Ref...))
	return [16]byte(sum[:16])
}
