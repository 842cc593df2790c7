package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/audit/verify"
)

// provePoll is how often Prove looks whether there is a new checkpoint. It may
// be another process that signs it, so there is nothing to wait on but the file.
const provePoll = 20 * time.Millisecond

// Prove returns the proof that the log has the entry at index. It waits, as
// long as ctx lets it, for a signed checkpoint that covers the entry.
func (l *Log) Prove(ctx context.Context, index uint64) (Proof, error) {
	tick := time.NewTicker(provePoll)
	defer tick.Stop()
	for {
		p, err := verify.Prove(l.dir, l.verifier, index)
		if err == nil || !errors.Is(err, verify.ErrNotCovered) {
			return p, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Proof{}, fmt.Errorf("%w: %w", err, ctx.Err())
		case <-l.running.Done():
			return Proof{}, ErrClosed
		}
	}
}
