package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect/archive"
	"github.com/vigil-stream/vigil/hashdb"
)

// noteStore is lists that remember what becomes of them.
type noteStore struct {
	mu    sync.Mutex
	lists []hashdb.ListInfo
	notes map[string][]byte
	did   []string
	fails error
}

func (s *noteStore) Apply(_ context.Context, b hashdb.Batch) (hashdb.Applied, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return hashdb.Applied{}, s.fails
	}
	if b.Checkpoint.Name != "" {
		s.notes[b.Checkpoint.Name] = b.Checkpoint.Value
		s.did = append(s.did, fmt.Sprintf("note %s %v", b.Source, len(b.Checkpoint.Value) > 0))
	}
	if len(b.Entries) > 0 {
		s.did = append(s.did, fmt.Sprintf("%d entries of %s", len(b.Entries), b.Source))
	}
	return hashdb.Applied{}, nil
}
func (s *noteStore) Checkpoint(name string) []byte              { return s.notes[name] }
func (s *noteStore) SetList(context.Context, hashdb.List) error { return s.fails }
func (s *noteStore) Lists() []hashdb.ListInfo                   { return s.lists }

func entriesOf(n int, status hashdb.Status) []hashdb.Entry {
	out := make([]hashdb.Entry, n)
	for i := range out {
		out[i] = hashdb.Entry{Hash: hashdb.Hash{Kind: hashdb.KindPDQ}, Status: status}
	}
	return out
}

func TestLookBackAsksOnceForWhatListsGained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &noteStore{notes: map[string][]byte{}}
		failures := 1
		l := newLookBack(store, func(_ context.Context, source string, gained []hashdb.Hash) error {
			if failures > 0 {
				failures--
				return errors.New("no broker")
			}
			store.mu.Lock()
			defer store.mu.Unlock()
			store.did = append(store.did, fmt.Sprintf("ask for %s %d", source, len(gained)))
			return nil
		}, zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.run(ctx) }()
		apply := func(b hashdb.Batch) {
			t.Helper()
			if _, err := l.Apply(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		apply(hashdb.Batch{Source: "a", Entries: entriesOf(3, hashdb.Listed)})
		apply(hashdb.Batch{Source: "a", Entries: entriesOf(2, hashdb.Listed)})
		apply(hashdb.Batch{Source: "b", Entries: entriesOf(5, hashdb.Retracted)})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		apply(hashdb.Batch{Source: "a", Entries: entriesOf(archive.MaxSearch+1, hashdb.Listed)})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := []string{
			"note a true", "3 entries of a", "2 entries of a", "5 entries of b", "ask for a 5", "note a false",
			"note a true", fmt.Sprintf("%d entries of a", archive.MaxSearch+1), "ask for a 0", "note a false",
		}
		if fmt.Sprint(store.did) != fmt.Sprint(want) {
			t.Errorf("did %q\nwant %q", store.did, want)
		}
	})
}

func TestLookBackRemembersAcrossACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := hashdb.List{Source: "a", Kind: hashdb.KindPDQ, Radius: 31, State: hashdb.StateShadow}
		store := &noteStore{notes: map[string][]byte{}, lists: []hashdb.ListInfo{{List: list, Entries: 7}}}
		ask := func(context.Context, string, []hashdb.Hash) error { return errors.New("no broker") }
		l := newLookBack(store, ask, zap.NewNop())
		if _, err := l.Apply(t.Context(), hashdb.Batch{Source: "a", Entries: entriesOf(1, hashdb.Listed)}); err != nil {
			t.Fatal(err)
		}
		asked := 0
		again := newLookBack(store, func(_ context.Context, source string, gained []hashdb.Hash) error {
			if source != "a" || gained != nil {
				t.Errorf("asked for %d hashes of %s, want all of a", len(gained), source)
			}
			asked++
			return nil
		}, zap.NewNop())
		if err := again.askForRipe(t.Context()); err != nil || asked != 1 {
			t.Errorf("asked %d times, error %v", asked, err)
		}
		list.State = hashdb.StateLive
		if err := again.SetList(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := again.askForRipe(t.Context()); err != nil || asked != 2 {
			t.Errorf("a list that went live: asked %d times, error %v", asked, err)
		}
		if err := again.askForRipe(t.Context()); err != nil || asked != 2 {
			t.Errorf("asked %d times, error %v, with nothing gained", asked, err)
		}
		store.fails = errors.New("disk full")
		if _, err := again.Apply(t.Context(), hashdb.Batch{Source: "a", Entries: entriesOf(1, hashdb.Listed)}); !errors.Is(err, store.fails) {
			t.Errorf("error %v, want the store's", err)
		}
	})
}
