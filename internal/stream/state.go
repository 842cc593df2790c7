package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"go.uber.org/zap"
)

// State is what a handler keeps for its partition. Changes of one record become
// durable together, with the record's offset, or not at all. It is valid only
// within the call it was given to.
type State interface {
	Get(key []byte) ([]byte, error) // nil, nil when absent
	Set(key, value []byte) error
	Delete(key []byte) error
	// DeleteRange removes the keys from one on, up to another that stays.
	DeleteRange(from, to []byte) error
	// Scan calls fn with each key that begins with prefix and its value, in ascending
	// order, until fn returns false or an error, which it passes on. Key and value
	// are fn's only during the call, in which it must not change the state.
	Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error
}

// Keys of a store: the handler's own under 's', and the offset that the store
// stands for under 'n', eight bytes big-endian.
const statePrefix = 's'

func nextKey() []byte { return []byte("next") }

func stateKey(key []byte) []byte { return append([]byte{statePrefix}, key...) }

// A store is the state of one partition as of offset next: what the handler
// made of every record before it. One process has it open at a time, which
// Pebble's lock ensures; the state folder must not be shared between processes.
type store struct {
	db    *pebble.DB
	batch *pebble.Batch // what is not durable yet
	plain *pebble.Batch // what an owner settles, which nobody reads before it is durable
	next  int64         // as of the last commit; -1 in a new store

	settle func(Writer) error // of an owner that settles; else nil
}

// openStore opens or makes the store in dir. A damaged one is errDamaged; any
// other error may pass.
func openStore(dir string, log *zap.Logger) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	db, err := pebble.Open(dir, storeOptions(log))
	if err != nil {
		if pebble.IsCorruptionError(err) {
			return nil, fmt.Errorf("open state: %w: %w", errDamaged, err)
		}
		return nil, fmt.Errorf("open state: %w", err)
	}
	s := &store{db: db, batch: db.NewIndexedBatch(), plain: db.NewBatch(pebble.WithMaxRetainedSizeBytes(flushBytes)), next: -1}
	value, err := s.get(nextKey())
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("open state: %w", err), s.close())
	case value != nil && len(value) != 8:
		return nil, errors.Join(fmt.Errorf("open state: %w: its offset has %d bytes", errDamaged, len(value)), s.close())
	case value != nil:
		s.next = int64(binary.BigEndian.Uint64(value))
	}
	return s, nil
}

// memtable is how much is kept in memory before it is written in order, in bytes. It
// is taken as it is needed, and once more while it is written, by every partition of a
// loop with state.
const memtable = 16 << 20

func storeOptions(log *zap.Logger) *pebble.Options {
	o := &pebble.Options{Logger: pebbleLog{log}, MemTableSize: memtable, CacheSize: 16 << 20}
	for i := range o.Levels {
		// Most keys that are asked for and absent are found absent without reading.
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	// What is written first is soon written again, in larger files.
	o.Levels[0].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	return o
}

var errDamaged = errors.New("it is damaged")

// get reads through what is not durable yet.
func (s *store) get(key []byte) ([]byte, error) {
	value, closer, err := s.batch.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	out := append([]byte{}, value...)
	if err := closer.Close(); err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return out, nil
}

// commit makes everything applied so far durable, as the state at offset next, with what
// its owner settles.
func (s *store) commit(next int64) error {
	if s.settle == nil {
		return s.commitBatch(next)
	}
	defer s.plain.Reset()
	if !s.batch.Empty() {
		if err := s.plain.Apply(s.batch, nil); err != nil {
			return fmt.Errorf("write state: %w", err)
		}
		s.batch.Reset()
	}
	if err := s.settle(direct{s.plain}); err != nil {
		return err
	}
	return s.write(s.plain, next)
}

func (s *store) commitBatch(next int64) error {
	if err := s.write(s.batch, next); err != nil {
		return err
	}
	size := min(s.batch.Len()*5/4, flushBytes)
	err := s.batch.Close()
	// As large as the last: one that grows is copied over and over.
	s.batch = s.db.NewIndexedBatchWithSize(size)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func (s *store) write(b *pebble.Batch, next int64) error {
	if err := b.Set(nextKey(), binary.BigEndian.AppendUint64(nil, uint64(next)), nil); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	s.next = next
	return nil
}

// close drops what is not durable.
func (s *store) close() error {
	return errors.Join(s.batch.Close(), s.plain.Close(), s.db.Close())
}

// direct writes a handler's keys into a batch.
type direct struct{ batch *pebble.Batch }

func (d direct) Set(key, value []byte) error {
	op := d.batch.SetDeferred(1+len(key), len(value))
	op.Key[0] = statePrefix
	copy(op.Key[1:], key)
	copy(op.Value, value)
	return op.Finish()
}

func (d direct) Delete(key []byte) error {
	op := d.batch.DeleteDeferred(1 + len(key))
	op.Key[0] = statePrefix
	copy(op.Key[1:], key)
	return op.Finish()
}

// pebbleLog passes on Pebble's errors. A fatal one (a disc that does not write)
// is a panic: Pebble may not go on after it, and only main may exit.
type pebbleLog struct{ log *zap.Logger }

func (pebbleLog) Infof(string, ...any) {}
func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("state store", zap.String("error", fmt.Sprintf(format, args...)))
}
func (l pebbleLog) Fatalf(format string, args ...any) {
	panic("state store: " + fmt.Sprintf(format, args...))
}
