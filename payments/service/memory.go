package service

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"github.com/vigil-stream/vigil/payments"
)

// maxRemembered is how many ids each of two generations holds.
const maxRemembered = 100_000

// memory knows what the newest ids stood for. It forgets the older generation when the
// newer one is full.
type memory struct {
	mu         sync.Mutex
	newer, old map[string][16]byte
}

// essence is what must be the same of a payment that comes again. Its time is not: it may
// be the message's own, and a message that is made anew has a new one. A withdrawal may
// come any number of times.
func essence(r payments.Record) (sum [16]byte, ok bool) {
	if r.Transaction == nil {
		return sum, false
	}
	t := *r.Transaction
	text, err := json.Marshal([]any{t.Amount, t.Currency, t.Debtor, t.Creditor})
	if err != nil {
		return sum, false
	}
	full := sha256.Sum256(text)
	copy(sum[:], full[:])
	return sum, true
}

// other reports whether an id stood for another payment.
func (m *memory) other(id string, sum [16]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.newer[id]
	if !known {
		before, known = m.old[id]
	}
	return known && before != sum
}

// remember keeps the first that an id stood for.
func (m *memory) remember(id string, sum [16]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.newer[id]; known {
		return
	}
	if before, known := m.old[id]; known {
		sum = before
	}
	if m.newer == nil || len(m.newer) >= maxRemembered {
		m.old, m.newer = m.newer, make(map[string][16]byte)
	}
	m.newer[id] = sum
}
