package ncmec

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/model"
	"github.com/vigil-stream/vigil/internal/golden"
)

func digits(n int, seed string) string {
	rng := rand.New(rand.NewPCG(uint64(len(seed)), 9))
	for _, c := range seed {
		rng = rand.New(rand.NewPCG(uint64(c), rng.Uint64()))
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[rng.IntN(16)]
	}
	return string(b)
}

// randomRow returns a new state of an entry, changed before the time given.
func randomRow(rng *rand.Rand, before time.Time, span time.Duration) row {
	r := row{member: fmt.Sprint(1 + rng.IntN(3)), id: fmt.Sprint("id", rng.IntN(60)), class: "A" + fmt.Sprint(1+rng.IntN(2)),
		video: rng.IntN(3) == 0, deleted: rng.IntN(4) == 0, at: before.Add(-time.Duration(rng.Int64N(int64(span)))).Truncate(time.Second), order: rng.Uint64()}
	if r.video || rng.IntN(2) > 0 {
		r.md5 = digits(32, fmt.Sprint(r.member, r.id, rng.IntN(2)))
	}
	if !r.video && r.md5 == "" || !r.video && rng.IntN(4) > 0 {
		r.pdq = digits(64, fmt.Sprint(r.member, r.id, rng.IntN(2)))
	}
	return r
}

// change sets an entry's state unless it has a newer one.
func (s *standIn) change(r row) {
	if old := s.rows[r.member+"/"+r.id]; old == nil || old.at.Before(r.at) {
		s.set(r)
	}
}

func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + "\n" + b[i]
		}
	}
	return "one has more lines"
}

// want returns what a store should hold.
func (s *standIn) want(t *testing.T) string {
	var store model.Store
	for ref, r := range s.rows {
		if r.deleted {
			continue
		}
		var entries []hashdb.Entry
		for k, text := range map[hashdb.Kind]string{hashdb.KindMD5: r.md5, hashdb.KindPDQ: r.pdq} {
			if text == "" {
				continue
			}
			h, err := hashdb.ParseHash(k, text)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, hashdb.Entry{Hash: h, Ref: ref, Time: r.at, Provenance: "ncmec"})
			if r.class != "" {
				entries[len(entries)-1].Tags = []string{r.class}
			}
		}
		if _, err := store.Apply(t.Context(), hashdb.Batch{Source: "ncmec", Entries: entries}); err != nil {
			t.Fatal(err)
		}
	}
	return store.Dump()
}

// TestSyncConverges changes entries at random, syncs with failures of owner and store
// at random, and holds that after a good sync the store is what the owner lists.
func TestSyncConverges(t *testing.T) {
	failed, halved := 0, 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		owner, server := newStandIn(t)
		var store model.Store
		at := now
		src := source(t, server, func(o *Options) {
			o.Client.Now = func() time.Time { return at }
			o.MaxRecords = 5 + rng.IntN(30)
			o.Window = time.Duration(1+rng.IntN(100)) * time.Hour
		})
		span := 90 * 24 * time.Hour
		for range 6 {
			for range rng.IntN(60) {
				owner.change(randomRow(rng, at, span))
			}
			// Some changes share a second, which is as short as a window can be.
			if rng.IntN(3) == 0 {
				same := at.Add(-time.Duration(rng.Int64N(int64(span)))).Truncate(time.Second)
				for i := range 40 {
					r := randomRow(rng, at, span)
					r.id, r.at = fmt.Sprint("same", i), same
					owner.change(r)
				}
			}
			at = at.Add(2 * time.Minute) // So that all changes lie before the margin.
			for range rng.IntN(4) {
				stop := rng.IntN(12)
				if rng.IntN(2) == 0 {
					owner.before = func(w http.ResponseWriter, r *http.Request) bool {
						if stop--; stop < 0 {
							w.WriteHeader(http.StatusBadGateway)
						}
						return stop < 0
					}
				} else {
					after := rng.IntN(2) == 0
					first := len(store.Batches)
					store.Fail = func(n int, now bool) error {
						if now == after && len(store.Batches)-first > stop/3 {
							return model.ErrCrash
						}
						return nil
					}
				}
				if err := store.Follow(t.Context(), "ncmec", src.Sync); err != nil {
					failed++
				}
				owner.before, store.Fail = nil, nil
			}
			before := owner.asked()
			batches := len(store.Batches)
			if err := store.Follow(t.Context(), "ncmec", src.Sync); err != nil {
				t.Fatal(err)
			}
			if owner.asked()-before > 3*(len(store.Batches)-batches) {
				halved++
			}
			if got, want := store.Dump(), owner.want(t); got != want {
				t.Fatalf("seed %d: got %d bytes, want %d; the first difference:\n%s", seed, len(got), len(want), difference(got, want))
			}
			at = at.Add(time.Hour)
			span = time.Hour // Changes are newer than what was seen.
		}
		server.Close()
	}
	if failed < 25 || halved < 3 {
		t.Fatalf("only %d syncs failed and %d halved windows", failed, halved)
	}
}

// TestSyncWindows holds that the checkpoint is only ever the end of a window that was
// read to its last page, and ends a margin before now.
func TestSyncWindows(t *testing.T) {
	owner, server := newStandIn(t)
	for i := range 30 {
		owner.set(row{member: "1", id: fmt.Sprint(i), md5: digits(32, fmt.Sprint(i)), at: now.Add(-time.Duration(i) * 24 * time.Hour)})
	}
	owner.set(row{member: "1", id: "new", md5: digits(32, "new"), at: now.Add(-30 * time.Second)})
	var store model.Store
	src := source(t, server, func(o *Options) { o.Window = 10 * 24 * time.Hour })
	seen := 0
	err := src.Sync(t.Context(), nil, func(b hashdb.Batch) error {
		seen++
		if b.Checkpoint.Value == nil {
			t.Error("a batch has no checkpoint though its window is small")
		}
		last := owner.requests[len(owner.requests)-1]
		if !strings.Contains(last, "start=") && len(b.Entries) > owner.size {
			t.Errorf("%d entries after the first page", len(b.Entries))
		}
		b.Source = "ncmec"
		b.Checkpoint.Name = "ncmec"
		_, err := store.Apply(t.Context(), b)
		return err
	})
	if err != nil || seen < 3 {
		t.Fatal(seen, err)
	}
	if got := store.Lists()[0].Entries; got != 29 { // Without today's and the newest.
		t.Errorf("%d entries", got)
	}
	golden.Check(t, "checkpoint.golden", strings.Replace(string(store.Checkpoint("ncmec")), server.URL, "https://host", 1)+"\n")
	before := owner.asked()
	if err := store.Follow(t.Context(), "ncmec", src.Sync); err != nil || owner.asked() != before {
		t.Errorf("a sync at the same time asked %d times, %v", owner.asked()-before, err)
	}
}

func TestSyncFromTheBeginning(t *testing.T) {
	owner, server := newStandIn(t)
	owner.set(row{member: "1", id: "1", md5: digits(32, "1"), at: now.Add(-time.Hour)})
	var store model.Store
	src := source(t, server, func(o *Options) { o.Since = time.Time{} })
	if err := store.Follow(t.Context(), "ncmec", src.Sync); err != nil {
		t.Fatal(err)
	}
	if n := owner.asked(); n > 20 {
		t.Errorf("56 empty years took %d requests", n)
	}
	if store.Dump() != owner.want(t) {
		t.Error("the entry is missing")
	}
}

func TestSyncFaults(t *testing.T) {
	const head = `<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">`
	answer := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprint(w, text)
			return true
		}
	}
	for name, test := range map[string]struct {
		before func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"refused": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}, "401 Unauthorized"},
		"busy": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}, "asks to wait 2m0s"},
		"broken":      {func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true }, "500 Internal"},
		"truncated":   {answer(head + `<images count="1"><image><member id="1"/>`), "the input ends too soon"},
		"cut between": {answer(head + `<images count="1">`), "the input ends too soon"},
		"empty":       {answer(""), "page 1"},
		"html":        {answer("<html>log in</html>"), "page 1"},
		"circle":      {answer(head + `<paging><next>/v2/entries?from=a&amp;to=b</next></paging></queryResult>`), "in a circle"},
		"away":        {answer(head + `<paging><next>https://elsewhere.example/v2/entries?x</next></paging></queryResult>`), "away from"},
		"away too":    {answer(head + `<paging><next>//elsewhere.example/v2/entries?x</next></paging></queryResult>`), "away from"},
		"other":       {answer(head + `<paging><next>/v2/secrets</next></paging></queryResult>`), "not one of entries"},
		"lengthy": {func(w http.ResponseWriter, _ *http.Request) bool {
			for range 70 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					break
				}
			}
			return true
		}, "the answer is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			owner, server := newStandIn(t)
			owner.before = test.before
			var store model.Store
			err := store.Follow(t.Context(), "ncmec", source(t, server, nil).Sync)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "ncmec: page ") {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "from=")) {
				t.Errorf("the error says too much: %v", err)
			}
			if store.Checkpoint("ncmec") != nil {
				t.Error("the checkpoint moved")
			}
		})
	}
	owner, server := newStandIn(t)
	owner.set(row{member: "1", id: "1", md5: "zz", at: now.Add(-time.Hour)})
	owner.set(row{member: "1", id: "2", md5: digits(32, "2"), at: now.Add(-time.Hour)})
	var bad []error
	var store model.Store
	reporting := source(t, server, func(o *Options) { o.Report = func(err error) { bad = append(bad, err) } })
	if err := store.Follow(t.Context(), "ncmec", reporting.Sync); err != nil {
		t.Fatal(err)
	}
	if len(bad) != 1 || !strings.Contains(bad[0].Error(), "record") || store.Lists()[0].Entries != 1 {
		t.Errorf("left out %v", bad)
	}
	// apply's error comes back as it is.
	crash := errors.New("disk full")
	if err := source(t, server, nil).Sync(t.Context(), nil, func(hashdb.Batch) error { return crash }); err != crash { //nolint:errorlint // Unchanged, as promised.
		t.Errorf("got %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := source(t, server, nil).Sync(stopped, nil, func(hashdb.Batch) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, from := range []string{"x", "{}", `{"url":"https://other","to":"2026-01-01T00:00:00Z","window":1}`} {
		if err := source(t, server, nil).Sync(t.Context(), []byte(from), nil); err == nil {
			t.Errorf("the checkpoint %s was taken", from)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Options{Window: time.Millisecond, Margin: -1, MaxRecords: -1})
	for _, want := range []string{"user and password", "window of 1ms", "margin of -1ns", "-1 records", "url names no host"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestStatusAndMembers(t *testing.T) {
	owner, server := newStandIn(t)
	src := source(t, server, nil)
	if m, err := src.Status(t.Context()); err != nil || m != (Member{"7", "Example"}) {
		t.Errorf("got %+v, %v", m, err)
	}
	if all, err := src.Members(t.Context()); err != nil || len(all) != 2 || all[1] != (Member{"8", "Other"}) {
		t.Errorf("got %+v, %v", all, err)
	}
	owner.before = func(w http.ResponseWriter, r *http.Request) bool { _, _ = fmt.Fprint(w, "<status/>"); return true }
	if _, err := src.Status(t.Context()); err == nil {
		t.Error("a status without a member was taken")
	}
	if _, err := src.Members(t.Context()); err == nil {
		t.Error("a status was taken for members")
	}
	for _, answer := range []string{"<" + strings.Repeat("secret", 1000) + "/>", "<status>\n<secret", "secret"} {
		owner.before = func(w http.ResponseWriter, r *http.Request) bool { _, _ = fmt.Fprint(w, answer); return true }
		if _, err := src.Status(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20s: %.200v", answer, err)
		}
	}
}

func TestFeedback(t *testing.T) {
	owner, server := newStandIn(t)
	src := source(t, server, nil)
	for _, test := range []struct {
		f    exchange.Feedback
		want string
	}{
		{exchange.Feedback{Kind: hashdb.KindPDQ, Ref: "42/image1", Verdict: exchange.Affirmed}, ""},
		{exchange.Feedback{Kind: hashdb.KindMD5, Ref: "42/a/b?c..", Verdict: exchange.Disputed, Reason: "Innocent"}, ""},
		{exchange.Feedback{Kind: hashdb.KindSHA1, Ref: "42/..", Verdict: exchange.Disputed, Reason: "01234567-abcd-0123-4567-012345678900"}, ""},
		{exchange.Feedback{Kind: hashdb.KindMD5, Ref: "42/1", Verdict: exchange.Disputed}, "not one of Wrong class; Innocent"},
		{exchange.Feedback{Kind: hashdb.KindSHA256, Ref: "42/1", Verdict: exchange.Affirmed}, "no feedback on sha256"},
		{exchange.Feedback{Kind: hashdb.KindMD5, Ref: "42", Verdict: exchange.Affirmed}, "want member/id"},
		{exchange.Feedback{Kind: hashdb.KindMD5, Ref: "42/1"}, "verdict"},
	} {
		err := src.Feedback(t.Context(), test.f)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v", test.f, err)
		}
	}
	golden.Check(t, "feedback.golden", strings.Join(owner.feedback, ""))
	owner.before = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }
	if err := src.Feedback(t.Context(), exchange.Feedback{Kind: hashdb.KindPDQ, Ref: "42/1", Verdict: exchange.Affirmed}); err == nil {
		t.Error("a refusal was not told")
	}
}

// TestWindowOrder holds that of an entry that comes twice in a window the newer state
// counts, on whatever page it is.
func TestWindowOrder(t *testing.T) {
	_, server := newStandIn(t)
	for _, newerFirst := range []bool{true, false} {
		w := &window{s: source(t, server, nil), newest: map[string]time.Time{}}
		texts := []string{digits(32, "older"), digits(32, "newer")}
		times := []time.Time{now.Add(-time.Hour), now}
		order := []int{0, 1}
		if newerFirst {
			order = []int{1, 0}
		}
		for _, i := range order {
			h, err := hashdb.ParseHash(hashdb.KindMD5, texts[i])
			if err != nil {
				t.Fatal(err)
			}
			w.take(hashdb.Record{Entries: []hashdb.Entry{{Hash: h, Ref: "1/a", Time: times[i]}}})
		}
		if got := w.pending["1/a"]; len(w.order) != 1 || len(got) != 1 || got[0].Hash.String() != texts[1] {
			t.Errorf("newer first %v: got %d entries, the older", newerFirst, len(got))
		}
	}
}
