package delta

import (
	"cmp"

	"github.com/vigil-stream/vigil/hashdb"
)

// Writer hands records on in batches of at most a record more than Size changes.
type Writer struct {
	// Apply takes a batch and returns when it is durable, as exchange.Source says.
	Apply func(hashdb.Batch) error
	// Size is the number of changes that fill a batch; 0 is the package's.
	Size int

	pending Builder
}

// Put takes a record, and may apply a batch without a checkpoint.
func (w *Writer) Put(r hashdb.Record) error {
	if !w.pending.Add(r) {
		if err := w.Flush(nil); err != nil {
			return err
		}
		w.pending.Add(r)
	}
	if w.pending.Len() >= cmp.Or(w.Size, Size) {
		return w.Flush(nil)
	}
	return nil
}

// Len returns the number of changes that were put and not applied yet.
func (w *Writer) Len() int { return w.pending.Len() }

// Flush applies what was put, with the checkpoint from which to go on after it. With
// none it applies no empty batch.
func (w *Writer) Flush(checkpoint []byte) error {
	if len(checkpoint) == 0 && w.pending.Len() == 0 {
		return nil
	}
	batch := w.pending.Take()
	batch.Checkpoint.Value = checkpoint
	return w.Apply(batch)
}
