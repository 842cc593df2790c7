package detect

import (
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/hashdb"
)

// TestFramesMatchAnImportedList goes the whole way with the real lists.
func TestFramesMatchAnImportedList(t *testing.T) {
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var batch hashdb.Batch
	for _, kind := range []hashdb.Kind{hashdb.KindPDQ, hashdb.KindPHash} {
		for i := range 2 {
			batch.Entries = append(batch.Entries, hashdb.Entry{Hash: hashOf(t, kind, scene(i+1, 192, 128))})
		}
	}
	batch.Source = "demo-list"
	if applied, err := db.Apply(t.Context(), batch); err != nil || applied.Added != 4 {
		t.Fatalf("applied %+v, %v", applied, err)
	}
	got, _ := run(t, db, []Frame{
		frame(0, JPEG, jpegOf(t, scene(3, 192, 128), 60)),
		frame(1, JPEG, jpegOf(t, scene(2, 192, 128), 60)),
		frame(2, WebP, testFile(t, "lossy.webp")),
	})
	// Two entries of two kinds each: four things seen once.
	ids := map[string]bool{}
	for _, s := range got {
		ids[s.ID] = true
		if m := s.Match; m.List != "demo-list" || m.FramesMatched != 1 || m.ListVersion == "" {
			t.Errorf("got %+v", m)
		}
	}
	if len(ids) != 4 || len(got) != 4 {
		t.Errorf("%d signals of %d matches, want 4", len(got), len(ids))
	}

	// A picture known to be innocent by its PDQ matches nothing, by its pHash either.
	if err := db.SetList(t.Context(), hashdb.List{Source: "innocent", Kind: hashdb.KindPDQ, Radius: 31, State: hashdb.StateLive, Allow: true}); err != nil {
		t.Fatal(err)
	}
	innocent := hashdb.Batch{Source: "innocent", Entries: []hashdb.Entry{{Hash: hashOf(t, hashdb.KindPDQ, scene(2, 192, 128))}}}
	if _, err := db.Apply(t.Context(), innocent); err != nil {
		t.Fatal(err)
	}
	got, _ = run(t, db, []Frame{frame(0, JPEG, jpegOf(t, scene(2, 192, 128), 60)), frame(1, JPEG, jpegOf(t, scene(1, 192, 128), 60))})
	if len(got) != 2 {
		t.Errorf("%d signals, want the two of the other picture", len(got))
	}
}

// TestPartitionsShareADetector has more streams at once than there are hashers.
func TestPartitionsShareADetector(t *testing.T) {
	index := &static{Match: hashdb.Match{List: "demo-list", Version: "v1", Entry: "e", Kind: hashdb.KindPDQ, Radius: 31}}
	d := New(index, Options{})
	data := jpegOf(t, scene(1, 192, 128), 60)
	var group errgroup.Group
	for stream := range 4 * cap(d.hashers) {
		group.Go(func() error {
			s := memory{}
			for i := range 8 {
				f := frame(i, JPEG, data)
				f.Stream = fmt.Sprint(stream)
				got, err := d.Frame(t.Context(), s, f)
				if err != nil {
					return err
				}
				if due := powerOf(2, uint64(i+1)); due != (len(got.Signals) == 1) {
					return fmt.Errorf("frame %d of stream %d gave %d signals", i, stream, len(got.Signals))
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// static is an Index in which every picture is near the same entry.
type static struct{ hashdb.Match }

func (*static) Reach(hashdb.Kind) (int, uint64, error) { return 31, 0, nil }
func (*static) Kinds() []hashdb.Kind                   { return []hashdb.Kind{hashdb.KindPDQ} }
func (s *static) Search(_ hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error) {
	answers := make([]hashdb.Answer, len(hashes))
	for i := range answers {
		answers[i].Matches = []hashdb.Match{s.Match}
	}
	return answers, nil
}
