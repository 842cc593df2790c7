package stream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"go.uber.org/zap"
)

// Where a partition begins.
//
// A store that stands for offset n is what the handler made of every record
// before n, and every output of those records was acknowledged before the store
// took n on (see flush). Of a checkpoint the same is true. So any of them is a
// right base for a new owner, provided that the log still holds the records
// from n on, and none is wrong for being old, new, or left by an owner who did
// not know that it had lost the partition (it computed the same). The one with
// the highest offset means the least to replay.
//
// Let g be the group's committed offset: a commit follows the store's, so all
// outputs before g are acknowledged as well, by whoever committed.
//
//   - n < g: another owner was here since. Records from n to g are replayed for
//     the state, and their outputs are not produced again.
//   - n = g: a clean stop.
//   - n > g: a crash after the store's commit and before the group's. Nothing is
//     replayed, nothing is owed for the records from g to n, and n is committed.
//
// What cannot be mended here stops the partition, loudly: records that the state
// needs are gone from the log, or the log ends before the state does, because
// the topic was deleted or cut. A log that was made anew and has since grown
// beyond n is not recognised; delete the state when you delete the topic.

// errLost means that a partition cannot go on without losing records.
var errLost = errors.New("records that the loop needs are gone")

// position is what is known of a partition when it is taken on.
type position struct {
	start, end int64 // of the log: the oldest kept, and the one after the newest
	committed  int64 // by the group; -1 when it has committed nothing
}

// stateless returns where a loop without state goes on.
func (p position) stateless() (int64, error) {
	if p.committed < 0 {
		return p.start, nil
	}
	if err := p.holds(p.committed, "the group's offset"); err != nil {
		return 0, err
	}
	return p.committed, nil
}

// holds tells whether the log can be read from offset n on.
func (p position) holds(n int64, what string) error {
	if n < p.start {
		return fmt.Errorf("%w: %s is %d, and the log begins at %d", errLost, what, n, p.start)
	}
	if n > p.end {
		return fmt.Errorf("%w: %s is %d, and the log ends at %d", errLost, what, n, p.end)
	}
	return nil
}

// fresh tells whether a loop may begin without any state: at the very beginning,
// or where it has never been before.
func (p position) fresh() error {
	if p.start > 0 && p.committed >= 0 {
		return fmt.Errorf("%w: there is neither a store nor a checkpoint that reaches back to %d, where the log begins", errLost, p.start)
	}
	return nil
}

// bases returns the offsets to try, best first, among a local store's (-1 for
// none) and those of checkpoints.
func (p position) bases(local int64, checkpoints []int64) ([]int64, error) {
	var out []int64
	for _, n := range append([]int64{local}, checkpoints...) {
		if n > p.end {
			return nil, p.holds(n, "the state's offset")
		}
		if n >= p.start {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return slices.Compact(out), nil
}

// openState returns the store of a partition at the best base there is. Errors
// other than errLost may pass.
func (c *Client) openState(ctx context.Context, l Loop, partition int, pos position) (*store, error) {
	dir := filepath.Join(l.StateDir, l.Name, l.Topic, strconv.Itoa(partition))
	local, err := openStore(dir, c.log)
	if errors.Is(err, errDamaged) {
		c.log.Error("the local state is damaged and is dropped", zap.String("loop", l.Name), zap.Int("partition", partition), zap.Error(err))
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("drop damaged state: %w", err)
		}
		local, err = openStore(dir, c.log)
	}
	if err != nil {
		return nil, err
	}
	return c.bestBase(ctx, l, partition, pos, dir, local)
}

// bestBase returns the local store, or one made from a checkpoint that is
// better, or one that begins with the log. It takes local over, also when it fails.
func (c *Client) bestBase(ctx context.Context, l Loop, partition int, pos position, dir string, local *store) (*store, error) {
	var checkpoints []int64
	shelf := l.shelf(c.cfg.Prefix, partition)
	if l.Checkpoints != nil && (local.next < pos.start || local.next < pos.committed) {
		var err error
		if checkpoints, err = shelf.offsets(ctx); err != nil {
			return nil, errors.Join(err, local.close())
		}
	}
	bases, err := pos.bases(local.next, checkpoints)
	if err != nil {
		return nil, errors.Join(err, local.close())
	}
	if len(bases) > 0 && bases[0] == local.next {
		return local, nil
	}
	if err := local.close(); err != nil {
		return nil, fmt.Errorf("close state: %w", err)
	}
	for _, base := range bases {
		if base == local.next {
			return openStore(dir, c.log) // the checkpoints before it were damaged
		}
		st, err := c.fromCheckpoint(ctx, shelf, base, dir)
		if !errors.Is(err, errDamaged) {
			return st, err
		}
		c.log.Error("a checkpoint is damaged; the one before it is tried", zap.String("loop", l.Name),
			zap.Int("partition", partition), zap.Int64("checkpoint", base), zap.Error(err))
	}
	if err := pos.fresh(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil { // empty, or of a time that the log has forgotten
		return nil, fmt.Errorf("drop stale state: %w", err)
	}
	st, err := openStore(dir, c.log)
	if err != nil {
		return nil, err
	}
	if err := st.commit(pos.start); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// fromCheckpoint puts a checkpoint in the place of the local store.
func (c *Client) fromCheckpoint(ctx context.Context, s shelf, base int64, dir string) (*store, error) {
	scratch := dir + ".restore"
	if err := os.RemoveAll(scratch); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	if err := s.load(ctx, base, scratch); err != nil {
		return nil, err
	}
	// Looked at where it is, so that a bad one does not cost the local store.
	st, err := openStore(scratch, c.log)
	if err != nil {
		return nil, err
	}
	at := st.next
	if err := st.close(); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	if at != base {
		return nil, fmt.Errorf("restore: %w: it stands for offset %d, and its name says %d", errDamaged, at, base)
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(scratch, dir)); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return openStore(dir, c.log)
}
