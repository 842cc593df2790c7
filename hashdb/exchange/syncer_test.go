package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/model"
)

// step is one change of an owner's list, and scripted an owner that hands them over.
type step struct {
	list, retract string // An id; its hash is made of it.
	checkpoint    bool
}

// scripted is a source whose checkpoint is the number of steps that were handed over.
type scripted struct {
	steps  []step
	fail   error // Returned when all was handed over.
	report func(error)
	bad    []error
	begun  func()
	raw    hashdb.Batch // Applied first when it is not empty.
}

func entry(ref string) hashdb.Entry {
	e := hashdb.Entry{Hash: hashdb.Hash{Kind: hashdb.KindPDQ}, Ref: ref, Time: time.Unix(1_700_000_000, 0).UTC()}
	copy(e.Hash.Bits[:], ref)
	return e
}

func (s *scripted) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	if s.begun != nil {
		s.begun()
	}
	for _, err := range s.bad {
		s.report(err)
	}
	if s.raw.Source != "" || s.raw.Checkpoint.Value != nil {
		if err := apply(s.raw); err != nil {
			return err
		}
	}
	n := 0
	if from != nil {
		var err error
		if n, err = strconv.Atoi(string(from)); err != nil {
			return err
		}
	}
	var b hashdb.Batch
	for ; n < len(s.steps); n++ {
		if ref := s.steps[n].list; ref != "" {
			b.Entries = append(b.Entries, entry(ref))
		}
		if ref := s.steps[n].retract; ref != "" {
			b.RetractRefs = append(b.RetractRefs, ref)
		}
		if s.steps[n].checkpoint {
			b.Checkpoint.Value = []byte(strconv.Itoa(n + 1))
			if err := apply(b); err != nil {
				return err
			}
			b = hashdb.Batch{}
		} else if len(b.Entries) >= 3 {
			if err := apply(b); err != nil {
				return err
			}
			b = hashdb.Batch{}
		}
	}
	if s.fail != nil {
		return s.fail
	}
	return ctx.Err()
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func configs(sources ...string) exchange.SourceConfigs {
	var all exchange.SourceConfigs
	for _, s := range sources {
		all = append(all, exchange.SourceConfig{Source: s, Exchange: "folder", Path: "/nix", Every: 10 * time.Minute, StaleAfter: time.Hour})
	}
	return all
}

func syncer(t *testing.T, c exchange.SourceConfigs, o exchange.SyncerOptions) *exchange.Syncer {
	t.Helper()
	if o.Locks == "" {
		o.Locks = t.TempDir()
	}
	if o.Now == nil {
		o.Now = (&clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}).now
	}
	s, err := exchange.NewSyncer(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func always(s *scripted) func(exchange.SourceConfig, func(error)) (exchange.Source, error) {
	return func(_ exchange.SourceConfig, report func(error)) (exchange.Source, error) {
		s.report = report
		return s, nil
	}
}

// script is a list with additions, retractions and an id that is retracted and listed
// anew.
func script() []step {
	var steps []step
	for i := range 20 {
		steps = append(steps, step{list: fmt.Sprint("e", i)})
		if i%4 == 3 {
			steps = append(steps, step{retract: fmt.Sprint("e", i-2), checkpoint: true})
		}
		if i == 12 {
			steps = append(steps, step{retract: "e3"}, step{list: "e3", checkpoint: true})
		}
	}
	return append(steps, step{list: "last", checkpoint: true})
}

func TestSyncApplies(t *testing.T) {
	var store model.Store
	s := syncer(t, configs("a"), exchange.SyncerOptions{Store: &store, Open: always(&scripted{steps: script(), bad: []error{errors.New("one is bad")}}), MaxBatch: 2})
	out, err := s.Sync(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if out.Applied.Added != 22 || out.Applied.Retracted != 6 || out.Bad != 1 || len(out.BadErrors) != 1 {
		t.Errorf("got %+v", out)
	}
	for _, n := range store.Batches {
		if n > 2 {
			t.Errorf("a batch of %d changes, want at most 2", n)
		}
	}
	st := s.Status()[0]
	if st.Entries != 16 || st.Stale || st.Err != nil || st.Bad != 1 || !st.Success.Equal(out.End) {
		t.Errorf("got %+v", st)
	}
	// What was handed over is not asked for again, in this process or another.
	writes := len(store.Batches)
	other := syncer(t, configs("a"), exchange.SyncerOptions{Store: &store, Open: always(&scripted{steps: script()})})
	for _, s := range []*exchange.Syncer{s, other} {
		if out, err := s.Sync(t.Context(), "a"); err != nil || out.Batches != 0 || out.Applied != (hashdb.Applied{}) {
			t.Errorf("again: %+v, %v", out, err)
		}
	}
	if n := len(store.Batches) - writes; n != 2 { // The times of success.
		t.Errorf("two syncs of nothing took %d writes", n)
	}
	if _, err := s.Sync(t.Context(), "b"); err == nil || !strings.Contains(err.Error(), "there are a") {
		t.Errorf("got %v", err)
	}
}

// TestSyncCrash crashes the store at every write, before and after it took effect, and
// holds that the next sync leaves the very same store.
func TestSyncCrash(t *testing.T) {
	var want model.Store
	s := syncer(t, configs("a"), exchange.SyncerOptions{Store: &want, Open: always(&scripted{steps: script()}), MaxBatch: 3})
	if _, err := s.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	writes := len(want.Batches)
	if writes < 10 {
		t.Fatalf("only %d writes", writes)
	}
	for n := 1; n <= writes; n++ {
		for _, after := range []bool{false, true} {
			store := model.Store{Fail: func(i int, now bool) error {
				if i == n && now == after {
					return model.ErrCrash
				}
				return nil
			}}
			o := exchange.SyncerOptions{Store: &store, Open: always(&scripted{steps: script()}), MaxBatch: 3}
			if out, err := syncer(t, configs("a"), o).Sync(t.Context(), "a"); !errors.Is(err, model.ErrCrash) || out.Err == nil {
				t.Fatalf("write %d: got %v", n, err)
			}
			if _, err := syncer(t, configs("a"), o).Sync(t.Context(), "a"); err != nil {
				t.Fatalf("write %d: %v", n, err)
			}
			if store.Dump() != want.Dump() {
				t.Fatalf("a crash at write %d (after: %v) left\n%s\nwant\n%s", n, after, store.Dump(), want.Dump())
			}
		}
	}
}

func TestSyncErrors(t *testing.T) {
	refused := errors.New("the owner refused")
	for name, test := range map[string]struct {
		source *scripted
		store  *model.Store
		want   string
	}{
		"source":     {&scripted{steps: script(), fail: refused}, &model.Store{}, "sync a: the owner refused"},
		"checkpoint": {&scripted{}, damaged(t), "not one of this version"},
		"stranger":   {&scripted{raw: hashdb.Batch{Source: "b"}}, &model.Store{}, "a batch is of source \"b\""},
		"long": {&scripted{raw: hashdb.Batch{Checkpoint: hashdb.Checkpoint{Value: make([]byte, 64<<10)}}}, &model.Store{},
			"a checkpoint has 65536 bytes"},
		"none": {&scripted{}, &model.Store{}, ""},
	} {
		s := syncer(t, configs("a"), exchange.SyncerOptions{Store: test.store, Open: always(test.source)})
		_, err := s.Sync(t.Context(), "a")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if st := s.Status()[0]; (st.Err != nil) != (test.want != "") || st.Success.IsZero() != (test.want != "") {
			t.Errorf("%s: got %+v", name, st)
		}
	}
	// What the caller or the configuration cannot do.
	open := func(exchange.SourceConfig, func(error)) (exchange.Source, error) { return nil, refused }
	s := syncer(t, configs("a"), exchange.SyncerOptions{Store: &model.Store{}, Open: open})
	if _, err := s.Sync(t.Context(), "a"); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Sync(stopped, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := exchange.NewSyncer(configs("a"), exchange.SyncerOptions{}); err == nil {
		t.Error("a syncer of nothing was made")
	}
	if _, err := exchange.NewSyncer(configs("a", "a"), exchange.SyncerOptions{}); err == nil {
		t.Error("a source was taken twice")
	}
}

func damaged(t *testing.T) *model.Store {
	s := &model.Store{}
	b := hashdb.Batch{Source: "a", Checkpoint: hashdb.Checkpoint{Name: "exchange/a", Value: []byte("{}")}}
	if _, err := s.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSyncDescribes holds that lists are described before they have entries, that a
// changed description is taken up, and that a list's state stays.
func TestSyncDescribes(t *testing.T) {
	owner, shadow, radius := "Owner", hashdb.StateShadow, 20
	c := configs("a")
	c[0].List = exchange.ListConfig{Owner: &owner, State: &shadow}
	c[0].Kinds = map[hashdb.Kind]exchange.ListConfig{hashdb.KindPDQ: {Radius: &radius}}
	store := &model.Store{}
	store.Fail = func(n int, after bool) error {
		if n == 2 && !after { // The first write of entries.
			return model.ErrCrash
		}
		return nil
	}
	o := exchange.SyncerOptions{Store: store, Open: always(&scripted{steps: script()})}
	if _, err := syncer(t, c, o).Sync(t.Context(), "a"); !errors.Is(err, model.ErrCrash) {
		t.Fatal(err)
	}
	lists := store.Lists()
	if len(lists) != 1 || lists[0].State != shadow || lists[0].Radius != 20 || lists[0].Owner != "Owner" || lists[0].Entries != 0 {
		t.Fatalf("got %+v", lists)
	}
	store.Fail = nil
	changed := lists[0].List
	changed.State = hashdb.StateQuarantined
	if err := store.SetList(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	owner, radius = "Other", 21
	if _, err := syncer(t, c, o).Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	lists = store.Lists()
	if len(lists) != 1 || lists[0].State != hashdb.StateQuarantined || lists[0].Radius != 21 || lists[0].Owner != "Other" {
		t.Fatalf("got %+v", lists)
	}
}

func TestSyncBusy(t *testing.T) {
	locks := t.TempDir()
	var store model.Store
	var inner error
	source := &scripted{}
	o := exchange.SyncerOptions{Store: &store, Open: always(source), Locks: locks}
	s, other := syncer(t, configs("a"), o), syncer(t, configs("a"), o)
	for _, again := range []*exchange.Syncer{s, other} {
		source.begun = func() {
			source.begun = nil
			_, inner = again.Sync(t.Context(), "a")
		}
		if _, err := s.Sync(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(inner, exchange.ErrBusy) {
			t.Errorf("a second sync ended with %v", inner)
		}
		if _, err := again.Sync(t.Context(), "a"); err != nil {
			t.Errorf("after it ended: %v", err)
		}
	}
}

// TestSyncBusyProcess holds a source's lock in another process, kills that, and holds
// that the lock went with it.
func TestSyncBusyProcess(t *testing.T) {
	if dir := os.Getenv("EXCHANGE_TEST_LOCK"); dir != "" {
		s := syncer(t, configs("a"), exchange.SyncerOptions{Store: &model.Store{}, Locks: dir, Open: always(&scripted{begun: func() {
			if err := os.WriteFile(filepath.Join(dir, "ready"), nil, 0o600); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
		}})})
		_, _ = s.Sync(t.Context(), "a")
		return
	}
	dir := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run=^TestSyncBusyProcess$")
	other.Env = append(os.Environ(), "EXCHANGE_TEST_LOCK="+dir)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the other process did not begin")
		}
		time.Sleep(5 * time.Millisecond)
	}
	s := syncer(t, configs("a", "b"), exchange.SyncerOptions{Store: &model.Store{}, Locks: dir, Open: always(&scripted{})})
	if _, err := s.Sync(t.Context(), "a"); !errors.Is(err, exchange.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if _, err := s.Sync(t.Context(), "b"); err != nil {
		t.Errorf("another source: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	if _, err := s.Sync(t.Context(), "a"); err != nil {
		t.Errorf("after the other process died: %v", err)
	}
}

func TestStale(t *testing.T) {
	now := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	store := &model.Store{}
	source := &scripted{fail: errors.New("down")}
	o := exchange.SyncerOptions{Store: store, Open: always(source), Now: now.now}
	s := syncer(t, configs("a"), o)
	stale := func(s *exchange.Syncer, want bool, when string) {
		t.Helper()
		if got := len(s.Stale()) == 1; got != want {
			t.Errorf("%s: stale is %v", when, got)
		}
	}
	stale(s, false, "at first")
	_, _ = s.Sync(t.Context(), "a")
	now.at = now.at.Add(50 * time.Minute)
	s = syncer(t, configs("a"), o) // A process that begins anew does not begin to count anew.
	_, _ = s.Sync(t.Context(), "a")
	stale(s, false, "soon")
	now.at = now.at.Add(11 * time.Minute)
	stale(s, true, "never synced")
	source.fail = nil
	if _, err := s.Sync(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	stale(s, false, "synced")
	source.fail = errors.New("down")
	now.at = now.at.Add(time.Hour)
	_, _ = s.Sync(t.Context(), "a")
	stale(s, false, "just in time")
	now.at = now.at.Add(time.Second)
	stale(s, true, "too long ago")
	stale(syncer(t, configs("a"), o), true, "too long ago, in a new process")
	if st := s.Status()[0]; st.Err == nil || st.Success.IsZero() {
		t.Errorf("got %+v", st)
	}
}
