package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A river is a deployment with all its rooms, to which a test sends hashes of frames.
type river struct {
	t      *testing.T
	c      Config
	client *stream.Client
	tok    *signal.Tokenizer
}

func newRiver(t *testing.T, change func(*Config)) *river {
	t.Helper()
	c := DefaultConfig(t.TempDir())
	c.Review.onePerson()
	c.Listen, c.Review.Listen, c.Partitions = "none", "none", 2
	change(&c)
	ctx, cancel := context.WithCancel(context.Background())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- runRooms(ctx, c, zap.NewNop(), func(addr string) { up <- addr }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case addr := <-up:
		tok, err := tokenizer(c.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		return &river{t, c, connect(t, addr, c.Prefix), tok}
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return nil
	}
}

// picture is a hash that is far from those of other numbers.
func picture(n int) string {
	sum := signal.ID("picture", fmt.Sprint(n))
	return sum + signal.ID(sum)
}

// shows sends a session of an account that shows pictures, one a second.
func (r *river) shows(account string, start time.Time, pictures ...string) detect.SessionRecord {
	r.t.Helper()
	s := detect.SessionRecord{
		Stream: "stream-of-" + account, Platform: "demo", Subject: r.tok.Subject("demo", account+"@example.org"),
		State: detect.Started, Private: true, Country: "CA", StartedAt: start, At: start,
	}
	outs := []stream.Output{mustSession(r.t, s)}
	for i, p := range pictures {
		data, err := detect.HashRecord{Kind: "pdq", Hash: p, Quality: 90}.Encode()
		if err != nil {
			r.t.Fatal(err)
		}
		outs = append(outs, frameOutput(s, i, start.Add(time.Duration(i)*time.Second), detect.HashType, data))
	}
	if err := r.client.Produce(r.t.Context(), outs...); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// lists puts hashes on a source's list, through the topic as another process would.
func (r *river) lists(source string, hashes ...string) {
	r.t.Helper()
	out, err := definitionOutput(hashdb.List{Source: source, Kind: hashdb.KindPDQ, Radius: 31, State: hashdb.StateLive})
	if err != nil {
		r.t.Fatal(err)
	}
	outs := []stream.Output{out}
	for _, h := range hashes {
		if out, err = entryOutput(source, hashdb.Entry{Hash: mustHash(r.t, h)}); err != nil {
			r.t.Fatal(err)
		}
		outs = append(outs, out)
	}
	if err := r.client.Produce(r.t.Context(), outs...); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, 20*time.Second, "the list is there", func() (bool, string) {
		return strings.Contains(r.all(), "{"+source), r.all()
	})
}

// cases returns the states of the cases of accounts; an account without one is left out.
func (r *river) cases(of ...detect.SessionRecord) map[signal.Subject]review.Summary {
	r.t.Helper()
	store, err := r.c.openStore(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	all, err := store.List(r.t.Context(), review.Filter{Limit: review.MaxLimit})
	if err != nil {
		r.t.Fatal(err)
	}
	found := map[signal.Subject]review.Summary{}
	for _, c := range all {
		for _, s := range of {
			if c.Subject == s.Subject {
				found[c.Subject] = c
			}
		}
	}
	return found
}

// matching counts the streams that match anything.
func (r *river) matching() int {
	r.t.Helper()
	streams := map[string]bool{}
	if err := r.client.ReadAll(r.t.Context(), topicMatches, func(m stream.Message) error {
		if s, err := signal.Decode(m.Data); err == nil {
			streams[s.Match.Stream] = true
		}
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	return len(streams)
}

func (r *river) open(of ...detect.SessionRecord) int {
	n := 0
	for _, c := range r.cases(of...) {
		if c.State == review.StateOpen || c.State == review.StateReopened {
			n++
		}
	}
	return n
}

// Ten streams that show the same loading screen, which is on a list by mistake: at most
// as many cases are open at a time as may match, none in the end, and all the same when
// a person says that the entry is right.
func TestAFloodOpensNoCasesUntilSomebodyReleasesIt(t *testing.T) {
	r := newRiver(t, func(c *Config) { c.Flood.Streams, c.Rooms = 3, []string{"lists", "detect", "correlate", "review"} })
	r.lists("mistaken", picture(1))
	start := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	var all []detect.SessionRecord
	for i := range 10 {
		all = append(all, r.shows(fmt.Sprint("viewer-", i), start, picture(1), picture(1), picture(100+i), picture(1)))
	}
	held := func() string {
		var out bytes.Buffer
		if err := ListQuarantines(t.Context(), r.c, QuarantineOptions{Out: &out}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	eventually(t, 20*time.Second, "the entry is held back", func() (bool, string) {
		return strings.Contains(held(), "mistaken"), held()
	})
	entry := mustHash(t, picture(1)).Entry()
	if !strings.Contains(held(), entry) {
		t.Errorf("the entry is not named:\n%s", held())
	}
	// For two seconds on end, after all streams have matched.
	closed := 0
	eventually(t, 20*time.Second, "no case stays open", func() (bool, string) {
		if closed++; r.open(all...) > 0 || r.matching() < len(all) {
			closed = 0
		}
		return closed == 10, fmt.Sprint(r.open(all...), " open\n", held())
	})

	verdict := VerdictOptions{List: "mistaken", Entry: entry, By: "officer-1", Reason: "it is what the list says", Exempt: time.Hour, Out: &bytes.Buffer{}}
	wrong := verdict
	wrong.Entry = "0123456789abcdef"
	if err := DecideQuarantine(t.Context(), r.c, wrong); err == nil || !strings.Contains(err.Error(), "not held back") {
		t.Errorf("a verdict on an entry that is not held: %v", err)
	}
	if err := DecideQuarantine(t.Context(), r.c, verdict); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "a case for each stream", func() (bool, string) {
		return r.open(all...) == 10, fmt.Sprint(r.open(all...), " open")
	})
	if got := held(); !strings.Contains(got, "no entries are held back") {
		t.Errorf("after the release:\n%s", got)
	}
	if err := DecideQuarantine(t.Context(), r.c, verdict); err == nil {
		t.Error("a second verdict on what is no longer held: no error")
	}
}

// A stream of last week is found when a list gains an entry, and the frames of a
// confirmed case find the account that showed the same scene before and the one that
// shows it after.
func TestStreamsAreLookedBackAt(t *testing.T) {
	r := newRiver(t, func(*Config) {})
	now := time.Now().UTC().Truncate(time.Second)
	scene := []string{picture(1), picture(2), picture(3), picture(4)}
	innocent := r.shows("innocent", now.Add(-6*24*time.Hour), picture(50), picture(51), picture(52))
	lastWeek := r.shows("last-week", now.Add(-5*24*time.Hour), picture(60), picture(1), picture(61))
	sameScene := r.shows("same-scene", now.Add(-4*24*time.Hour), picture(70), picture(3), picture(2), picture(71))
	known := r.shows("known", now.Add(-3*24*time.Hour), scene...)
	eventually(t, 20*time.Second, "the frames are kept", func() (bool, string) {
		n, done := 0, errors.New("done")
		err := r.client.ReadAll(t.Context(), topicPrints, func(m stream.Message) error {
			if n++; n == 14 {
				return done
			}
			return nil
		})
		return errors.Is(err, done), fmt.Sprint(n, " prints")
	})
	if n := r.open(innocent, lastWeek, sameScene, known); n != 0 {
		t.Fatalf("%d cases before any list", n)
	}

	// The list has the first and the last picture of the scene, and so spans it all.
	r.lists("demo", picture(1), picture(4))
	eventually(t, 30*time.Second, "last week's stream is found", func() (bool, string) {
		return r.open(lastWeek, known) == 2, fmt.Sprint(r.cases(lastWeek, known))
	})
	if n := r.open(sameScene, innocent); n != 0 {
		t.Fatalf("%d cases of streams that are on no list", n)
	}

	r.confirm(known)
	eventually(t, 30*time.Second, "who showed the same scene before is found", func() (bool, string) {
		return r.open(sameScene) == 1, fmt.Sprint(r.cases(sameScene), r.all())
	})
	after := r.shows("after", now.Add(-time.Hour), picture(80), picture(2), picture(81))
	eventually(t, 30*time.Second, "who shows it after is found", func() (bool, string) {
		return r.open(after) == 1, fmt.Sprint(r.cases(after), r.all())
	})
	if n := r.open(innocent); n != 0 {
		t.Error("a stream that shows nothing of it has a case")
	}
	if c := r.cases(known)[known.Subject]; c.State != review.StateConfirmed {
		t.Errorf("the confirmed case is %s: its own frames opened it again", c.State)
	}
}

// A list gains an entry while a stream goes on that shows it: the frames that live
// detection found are told once, and when the stream ends all of them are.
func TestAMatchIsToldOnceAndWhole(t *testing.T) {
	r := newRiver(t, func(c *Config) { c.Rooms = []string{"lists", "detect"} })
	now := time.Now().UTC().Truncate(time.Second)
	r.lists("demo", picture(1), picture(2), picture(3))
	eventually(t, 20*time.Second, "the list has its entries", func() (bool, string) { return r.entries("demo") == 3, r.all() })
	s := r.shows("streamer", now.Add(-time.Minute), picture(1), picture(2), picture(3), picture(4))
	told := func() map[string]signal.Signal {
		newest := map[string]signal.Signal{}
		if err := r.client.ReadAll(t.Context(), topicMatches, func(m stream.Message) error {
			found, err := signal.Decode(m.Data)
			if before, ok := newest[found.ID]; !ok || found.Revision > before.Revision {
				newest[found.ID] = found
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return newest
	}
	for i := range 3 { // of an entry again, which the powers of two leave out
		data, err := detect.HashRecord{Kind: "pdq", Hash: picture(1 + i), Quality: 90}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			n := 10 + 3*j + i
			if err := r.client.Produce(t.Context(), frameOutput(s, n, s.StartedAt.Add(time.Duration(n)*time.Second), detect.HashType, data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.State, s.At = detect.Ended, s.StartedAt.Add(20*time.Second)
	if err := r.client.Produce(t.Context(), mustSession(t, s)); err != nil {
		t.Fatal(err)
	}
	whole := 0
	eventually(t, 30*time.Second, "three matches of three frames each, for two seconds on end", func() (bool, string) {
		got := told()
		good := len(got) == 3
		for _, m := range got {
			good = good && m.Match.FramesMatched == 3 && !strings.Contains(m.Says, "looking back")
		}
		if whole++; !good {
			whole = 0
		}
		return whole == 10, fmt.Sprint(got)
	})
}

// entries is how many a list has.
func (r *river) entries(source string) int {
	db, err := hashdb.Open(r.c.hashesDir(), hashdb.Options{})
	if err != nil {
		return -1 // it is being written
	}
	defer func() { _ = db.Close() }()
	for _, l := range db.Lists() {
		if l.Source == source {
			return int(l.Entries)
		}
	}
	return 0
}

// all says which lists there are.
func (r *river) all() string {
	db, err := hashdb.Open(r.c.hashesDir(), hashdb.Options{})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = db.Close() }()
	return fmt.Sprint(db.Lists())
}

func (r *river) confirm(s detect.SessionRecord) {
	r.t.Helper()
	store, err := r.c.openStore(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	c, _, err := store.Show(r.t.Context(), r.cases(s)[s.Subject].ID, review.Reviewer("officer-1"))
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := store.Decide(r.t.Context(), review.Request{
		CaseID: c.ID, Digest: c.Digest, Verdict: review.Confirm, Reason: review.Reasons(review.Confirm)[0], By: review.Reviewer("officer-1"),
	}); err != nil {
		r.t.Fatal(err)
	}
}
