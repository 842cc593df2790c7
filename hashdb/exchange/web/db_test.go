package web

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// With the database in place of the stand-in: what is listed is found, what vanished
// is not, and closing and opening again goes on from the checkpoint.
func TestDatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lists")
	open := func() *hashdb.DB {
		db, err := hashdb.Open(dir, hashdb.Options{Now: func() time.Time { return time.Unix(1_772_366_400, 0) }})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	defer func() { _ = db.Close() }()
	id := hashdb.ListID{Source: "owner", Kind: hashdb.KindPDQ}
	if err := db.SetList(t.Context(), hashdb.List{Source: id.Source, Kind: id.Kind, Radius: 31, State: hashdb.StateLive}); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(o *Options) {
		o.Known = func(ctx context.Context) iter.Seq2[hashdb.Entry, error] { return db.Entries(ctx, id) }
	})
	sync := func() (batches int) {
		err := b.Sync(t.Context(), db.Checkpoint("exchange/owner"), func(batch hashdb.Batch) error {
			batches++
			batch.Source = id.Source
			if batch.Checkpoint.Value != nil {
				batch.Checkpoint.Name = "exchange/owner"
			}
			_, err := db.Apply(t.Context(), batch)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return batches
	}
	found := func(n int) bool {
		h, err := hashdb.ParseHash(hashdb.KindPDQ, hexOf(n))
		if err != nil {
			t.Fatal(err)
		}
		matches, err := db.Lookup(h)
		if err != nil {
			t.Fatal(err)
		}
		return len(matches) == 1 && matches[0].Distance == 0
	}
	b.host.text, b.host.etag = lines(1, 2, 3), `"1"`
	sync()
	b.host.text, b.host.etag = lines(1, 3, 4), `"2"`
	sync()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	if n := sync(); n != 0 || b.host.sent != 2 {
		t.Errorf("%d batches and sent %d times, want nothing more after the second", n, b.host.sent)
	}
	for n, want := range map[int]bool{1: true, 2: false, 3: true, 4: true} {
		if found(n) != want {
			t.Errorf("hash %d found: %t, want %t", n, !want, want)
		}
	}
}
