package edge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAWindowBeforeAndAfterTheMatch(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 52)
	preserve(t, r, 42, 62, "match-1") // the match is at 52
	s := newStore()
	first := deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(40, 52)) {
		t.Errorf("before: frames %v", got)
	}
	if len(first) == 0 {
		t.Fatal("nothing left")
	}
	waiting := rs.Pending()
	if len(waiting) != 1 || !waiting[0].Open || waiting[0].Files != 0 || waiting[0].Stream != "one" {
		t.Errorf("pending %+v", waiting)
	}
	add(t, r, 53, 200)
	waiting = rs.Pending()
	if len(waiting) != 1 || waiting[0].Open || waiting[0].Files != 2 || waiting[0].Bytes < 10*small {
		t.Errorf("pending %+v", waiting)
	}
	second := deliver(t, rs, s)
	// No frame after the window: the segment ends with it.
	if got := s.frames(t, id); !slices.Equal(got, upTo(40, 62)) {
		t.Errorf("with after: frames %v", got)
	}
	if len(rs.Pending()) != 0 {
		t.Errorf("pending %+v", rs.Pending())
	}
	for _, d := range append(first, second...) {
		want := Window{From: sec(42), To: sec(62), Why: []string{"match-1"}, Asked: asked}
		if len(d.Meta.Windows) != 1 || fmt.Sprint(d.Meta.Windows[0]) != fmt.Sprint(want) {
			t.Errorf("windows %+v", d.Meta.Windows)
		}
		if d.Meta.Platform != "examplecast" || d.Meta.Stream != "one" || !d.Meta.Started.Equal(start) {
			t.Errorf("session %+v", d.Meta.Session)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if names, _ := files(t, o.Dir); len(names) != 0 {
		t.Errorf("all is delivered and %v are there", names)
	}
	c := rs.Counts()
	if c.Added != 201 || c.Delivered != 23 || c.Preserved != 23 || c.Dropped != 201-23 || c.Lost != 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestTheEndOfASessionKeepsWhatIsPreserved(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 30)
	preserve(t, r, 27, 100, "signal")
	add(t, r, 31, 33)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil { // harmless
		t.Fatal(err)
	}
	again := ringOf(t, rs, "one") // the same session, begun anew
	add(t, again, 34, 36)
	preserve(t, again, 27, 36, "signal")
	s := newStore()
	deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(25, 36)) {
		t.Errorf("frames %v", got)
	}
	if _, err := rs.Ring("examplecast", "one", start); err == nil || !strings.Contains(err.Error(), "open ring already") {
		t.Errorf("a second ring of an open session: %v", err)
	}
}

// TestASignalWithEveryFrame: asking again costs no segment of its own, and no write.
func TestASignalWithEveryFrame(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	changes := 0
	rs, err := openRings(o, func(op, _ string) error {
		if op == "rename" {
			changes++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rs.Close() }()
	r := ringOf(t, rs, "one")
	add(t, r, 0, 10)
	for n := 11; n <= 60; n++ {
		add(t, r, n, n)
		preserve(t, r, float64(n-10), float64(n+10), "match-1")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s := newStore()
	done := deliver(t, rs, s)
	if got := s.frames(t, id); !slices.Equal(got, upTo(0, 60)) {
		t.Errorf("frames %v", got)
	}
	if len(done) > 14 {
		t.Errorf("%d files of 5 seconds for 61", len(done))
	}
	if w := done[len(done)-1].Meta.Windows; len(w) != 1 || !slices.Equal(w[0].Why, []string{"match-1"}) || w[0].MissingMS != 0 {
		t.Errorf("windows %+v", w)
	}
	if changes -= len(done); changes > 14 {
		t.Errorf("the record was written %d times", changes)
	}
}

func TestALaterReasonIsTold(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 15)
	preserve(t, r, 5, 10, "match-1")
	preserve(t, r, 8, 9, "flag-7")
	killed := o
	killed.Dir = copyDir(t, o.Dir)
	if w := openTest(t, killed).Pending(); len(w) != 1 || !slices.Equal(w[0].Why, []string{"match-1", "flag-7"}) {
		t.Errorf("another process is told %+v", w)
	}
	preserve(t, r, 0, 3, "elsewhere")
	s := newStore()
	deliver(t, rs, s)
	told := map[string]int{}
	for _, m := range s.metas {
		for _, w := range m.Windows {
			told[strings.Join(w.Why, "+")]++
		}
	}
	if told["match-1+flag-7"] == 0 || told["elsewhere"] == 0 || told["match-1"] != 0 {
		t.Errorf("told %v", told)
	}
}

func TestWhatIsMissingIsTold(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to float64
		asks     func(t *testing.T, r *Ring)
		missing  time.Duration
	}{
		{"all held", 30, 40, nil, 0},
		{"the beginning is dropped", 10, 40, nil, 10 * time.Second},
		{"the session began later", -60, 40, nil, 20 * time.Second},
		{"the future is not missing", 35, 500, nil, 0},
		{"a hole between what was preserved and the ring", 2, 40, func(t *testing.T, r *Ring) {
			preserve(t, r, 0, 4, "before") // while it is held
		}, 16 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			rs := openTest(t, options(t, newIdentity(t).Recipient()))
			r := ringOf(t, rs, "one")
			add(t, r, 0, 6)
			if c.asks != nil {
				c.asks(t, r)
			}
			add(t, r, 7, 40)
			preserve(t, r, c.from, c.to, "signal")
			w := rs.Pending()
			if len(w) != 1 {
				t.Fatalf("pending %+v", w)
			}
			// The ring holds whole segments, so what is missing is known to one.
			if got := time.Duration(w[0].MissingMS) * time.Millisecond; (got-c.missing).Abs() > 5*time.Second || (got == 0) != (c.missing == 0) {
				t.Errorf("missing %v, want about %v", got, c.missing)
			}
		})
	}
	t.Run("the ring came late", func(t *testing.T) {
		rs := openTest(t, options(t, newIdentity(t).Recipient()))
		r := ringOf(t, rs, "one")
		preserve(t, r, 90, 120, "signal")
		add(t, r, 100, 110)
		if w := rs.Pending(); len(w) != 1 || w[0].MissingMS != 10_000 {
			t.Errorf("pending %+v", w)
		}
	})
}

func TestPreserveRefuses(t *testing.T) {
	rs := openTest(t, options(t, newIdentity(t).Recipient()))
	r := ringOf(t, rs, "one")
	add(t, r, 0, 60)
	for _, c := range []struct {
		name     string
		from, to time.Time
		why      string
		says     string
	}{
		{"ends first", sec(50), sec(49), "s", "ends before it begins"},
		{"too long", sec(0), sec(24*3600 + 1), "s", "the limit is 24h0m0s"},
		{"no reason", sec(0), sec(1), "", "why is empty"},
		{"no time", time.Time{}, sec(1), "s", "year 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := r.Preserve(c.from, c.to, c.why); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
	if err := r.Preserve(sec(0), sec(20), "s"); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing is held of the window: %v", err)
	}
	if len(rs.Pending()) != 0 {
		t.Errorf("pending %+v", rs.Pending())
	}
}

func TestWindowsAreBounded(t *testing.T) {
	t.Parallel() // it waits for the disk
	id := cheap{}
	o := options(t, id)
	o.Keep = time.Hour
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	const many = maxWindows + 10
	for n := range many {
		preserve(t, r, float64(10*n), float64(10*n+1), fmt.Sprint("signal-", n))
	}
	if n := len(rs.Pending()); n != maxWindows {
		t.Errorf("%d windows", n)
	}
	for n := range maxReasons + 10 {
		preserve(t, r, 0, 1, fmt.Sprint("more-", n))
	}
	for _, w := range rs.Pending() {
		if len(w.Why) > maxReasons {
			t.Errorf("%d reasons", len(w.Why))
		}
	}
	// What was asked for is kept, by all the joining.
	s := newStore()
	for n := range many {
		add(t, r, 10*n, 10*n+9)
		deliver(t, rs, s)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	deliver(t, rs, s)
	got := s.frames(t, id)
	for n := range many {
		if !slices.Contains(got, 10*n) || !slices.Contains(got, 10*n+1) {
			t.Fatalf("frame %d was asked for", 10*n)
		}
	}
}

func TestSegmentsNobodyAskedForAreBounded(t *testing.T) {
	t.Parallel() // it waits for the disk
	o := options(t, cheap{})
	o.Keep, o.Segment = time.Hour, 100*time.Millisecond
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	for n := range maxSegments + 50 {
		if _, err := r.Add(sec(float64(n)), n, "f", []byte("j")); err != nil {
			t.Fatal(err)
		}
	}
	if names, _ := files(t, o.Dir); len(names) > maxSegments+2 {
		t.Errorf("%d files", len(names))
	}
}

// TestARecordTellsNoMoreThanItSays holds the form of the one file that is not encrypted.
func TestARecordTellsNoMoreThanItSays(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 4)
	preserve(t, r, 0, 4, "match-1")
	data, err := os.ReadFile(filepath.Join(o.Dir, r.local+recordSuffix))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := parseRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"version":1,"session":{"platform":"examplecast","stream":"one","started_at":"2026-05-01T12:00:00Z"},`+
		`"recipients":["%s"],"windows":[{"from":"2026-05-01T12:00:00Z","to":"2026-05-01T12:00:04Z","why":["match-1"],"asked":"2026-05-01T13:00:00Z"}],`+
		`"files":[{"number":0,"from":"2026-05-01T12:00:00Z","to":"2026-05-01T12:00:04Z","frames":5,"sha256":"%s","size":%d}]}`,
		rs.Recipients()[0], rec.Files[0].SHA256, rec.Files[0].Size)
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
}
