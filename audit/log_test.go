package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
)

func entry(n int) Entry {
	return Entry{
		Kind:   KindCase,
		ID:     fmt.Sprintf("case-%d", n),
		Digest: fmt.Sprintf("%064x", n),
		At:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

func open(t *testing.T, dir, signer string) *Log {
	t.Helper()
	l, err := Open(t.Context(), dir, signer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	return l
}

func closeLog(t *testing.T, l *Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}

func newKey(t *testing.T) (signer, verifier string) {
	t.Helper()
	signer, verifier, err := NewKey("example/log")
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func TestAppendProveVerify(t *testing.T) {
	signer, verifier := newKey(t)
	dir := t.TempDir()
	l := open(t, dir, signer)
	var previous string
	for n := range 3 {
		start := time.Now()
		index, err := l.Append(t.Context(), entry(n))
		if err != nil || index != uint64(n) {
			t.Fatalf("Append() = %d, %v; want %d", index, err, n)
		}
		appended := time.Since(start)
		p, err := l.Prove(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("appended after %v, proved after %v", appended, time.Since(start))
		got, err := CheckProof(p, verifier)
		if err != nil || got.ID != entry(n).ID || p.Index != index {
			t.Fatalf("CheckProof() = %+v, %v", got, err)
		}
		res, err := Verify(t.Context(), dir, verifier, previous)
		if err != nil || res.Size < uint64(n)+1 {
			t.Fatalf("Verify() = %+v, %v", res, err)
		}
		previous = res.Text
	}
	closeLog(t, l)

	// What was there is still there, and the log goes on where it ended.
	l = open(t, dir, signer)
	if index, err := l.Append(t.Context(), entry(3)); err != nil || index != 3 {
		t.Fatalf("Append() = %d, %v; want 3", index, err)
	}
	closeLog(t, l)
	res, err := Verify(t.Context(), dir, verifier, previous)
	if err != nil || res.Size != 4 || res.Kinds[KindCase] != 4 {
		t.Fatalf("Verify() = %+v, %v", res, err)
	}
}

func TestAppendAllTogetherAndAtOnce(t *testing.T) {
	signer, verifier := newKey(t)
	dir := t.TempDir()
	l := open(t, dir, signer)
	const writers, each = 20, 150
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = make(map[uint64]string)
	)
	start := time.Now()
	for w := range writers {
		wg.Go(func() {
			var entries []Entry
			for n := range each {
				entries = append(entries, entry(w*each+n))
			}
			indexes, err := l.AppendAll(t.Context(), entries)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for n, index := range indexes {
				seen[index] = entries[n].ID
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	if len(seen) != writers*each {
		t.Fatalf("%d indexes for %d entries", len(seen), writers*each)
	}
	t.Logf("%d entries in %v", writers*each, took)
	closeLog(t, l)
	for _, index := range []uint64{0, 255, 256, 1023, 1024, writers*each - 1} {
		p, err := l.Prove(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := CheckProof(p, verifier); err != nil || e.ID != seen[index] {
			t.Fatalf("entry %d is %s, %v; was appended as %s", index, e.ID, err, seen[index])
		}
	}
	if res, err := Verify(t.Context(), dir, verifier, ""); err != nil || res.Size != writers*each {
		t.Fatalf("Verify() = %+v, %v", res, err)
	}
}

func TestAppendRefusesWhatIsNotAnEntry(t *testing.T) {
	signer, verifier := newKey(t)
	dir := t.TempDir()
	l := open(t, dir, signer)
	bad := entry(1)
	bad.ID = "Erika Mustermann"
	if _, err := l.Append(t.Context(), bad); err == nil {
		t.Fatal("appended")
	}
	if _, err := l.AppendAll(t.Context(), []Entry{entry(0), bad}); err == nil {
		t.Fatal("appended")
	}
	if indexes, err := l.AppendAll(t.Context(), nil); err != nil || len(indexes) != 0 {
		t.Fatalf("AppendAll of nothing = %v, %v", indexes, err)
	}
	closeLog(t, l)
	if res, err := Verify(t.Context(), dir, verifier, ""); err != nil || res.Size != 0 {
		t.Fatalf("Verify() = %+v, %v", res, err)
	}
}

func TestOneLogAProcess(t *testing.T) {
	signer, _ := newKey(t)
	dir := t.TempDir()
	l := open(t, dir, signer)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, again := range []string{dir, dir + "/.", link} {
		if _, err := Open(t.Context(), again, signer); !errors.Is(err, ErrOpen) {
			t.Errorf("Open() = %v", err)
		}
	}
	open(t, t.TempDir(), signer) // another folder is another log
	closeLog(t, l)
	open(t, link, signer)
}

func TestOpenRefusesAnotherKey(t *testing.T) {
	signer, verifier := newKey(t)
	other, _ := newKey(t)
	dir := t.TempDir()
	l := open(t, dir, signer)
	if _, err := l.Append(t.Context(), entry(0)); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	if _, err := Open(t.Context(), dir, other); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Open(t.Context(), dir, verifier); err == nil || strings.Contains(err.Error(), verifier) {
		t.Errorf("a verifier as signer: %v", err)
	}
	open(t, dir, signer) // a failed Open does not keep the folder
}

// A folder that cannot be written is an error, and not tessera's panic.
func TestOpenWhereNothingCanBeWritten(t *testing.T) {
	signer, _, err := NewKey("example/log")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// A folder in the lock's place cannot be opened to write, whoever runs the test.
	if err := os.MkdirAll(filepath.Join(dir, ".state", "treeState.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, signer); err == nil || !strings.Contains(err.Error(), "treeState.lock") {
		t.Errorf("Open() = %v, want an error that names the file", err)
	}
}

func TestClosedLog(t *testing.T) {
	signer, _ := newKey(t)
	l := open(t, t.TempDir(), signer)
	closeLog(t, l)
	closeLog(t, l)
	if _, err := l.Append(t.Context(), entry(0)); !errors.Is(err, ErrClosed) {
		t.Errorf("Append() = %v", err)
	}
	if _, err := l.Prove(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("Prove() = %v", err)
	}
}

func TestProveWaitsNoLongerThanItMay(t *testing.T) {
	signer, _ := newKey(t)
	l := open(t, t.TempDir(), signer)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Prove(ctx, 7); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Prove() = %v", err)
	}
	cancel()
	if _, err := l.Append(ctx, entry(0)); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		t.Errorf("Append() = %v", err)
	}
	if err := l.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close() = %v", err)
	}
}

// A storage that hangs, as on a disk that does not answer, must not take those
// who wait for it with it.
func TestHangingStorage(t *testing.T) {
	running, stop := context.WithCancel(t.Context())
	hang := make(chan struct{})
	added := make(chan struct{}, 2)
	l := &Log{
		running: running, stop: stop, release: func() {},
		appender: &tessera.Appender{Add: func(context.Context, *tessera.Entry) tessera.IndexFuture {
			added <- struct{}{}
			return func() (tessera.Index, error) { <-hang; return tessera.Index{}, nil }
		}},
		shutdown: func(context.Context) error { t.Error("shut down while adding"); return nil },
	}
	impatient, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { _, err := l.Append(impatient, entry(0)); ended <- err }()
	<-added
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Append() = %v", err)
	}
	go func() { _, err := l.Append(t.Context(), entry(1)); ended <- err }()
	<-added
	if err := l.Close(impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("Close() = %v", err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("Append() = %v", err)
	}
	close(hang)
	l.adding.Wait()
}
