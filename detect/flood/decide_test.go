package flood

import (
	"context"
	"errors"
	"testing"
	"time"
)

// flooded is a room with an entry that was quarantined with 3 streams at noon.
func flooded(t *testing.T) *room {
	r := newRoom(t, Options{Streams: 2})
	for i := range 3 {
		r.match(match(i, 1, 0))
	}
	if r.last().State != Quarantined || r.receive.stands() != 0 {
		t.Fatal("the entry is not quarantined")
	}
	return r
}

func TestAReleasedEntryIsExemptForAWhile(t *testing.T) {
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		at      time.Duration // of the verdict
		seconds int64
		until   time.Duration
	}{
		"by default":               {time.Hour, 0, time.Hour + 7*day},
		"as said":                  {time.Hour, 3600, 2 * time.Hour},
		"a clock behind the event": {-5 * time.Hour, 3600, time.Hour},
	} {
		r, v := flooded(t), verdict(true, test.at)
		v.ExemptSeconds = test.seconds
		if out := r.verdict(v); len(out.Signals) != 3 || out.Quarantine.State != Released || !out.Quarantine.Decision.ExemptUntil.Equal(noon.Add(test.until)) {
			t.Fatalf("%s: got %+v", name, out.Quarantine.Decision)
		}
		told := len(r.told)
		for i := range 100 {
			if out := r.match(match(i, 2, test.until-1)); len(out.Signals) != 1 || out.Signals[0].Match.Held {
				t.Fatalf("%s: while it is exempt: got %+v", name, out)
			}
		}
		if len(r.told) != told {
			t.Fatalf("%s: quarantined while it is exempt", name)
		}
		for i := range 3 { // then it counts anew
			r.match(match(i, 3, test.until))
		}
		if q := r.last(); len(r.told) != told+1 || q.State != Quarantined || q.Streams != 3 || q.Decision != nil || !q.Since.Equal(noon.Add(test.until)) {
			t.Errorf("%s: then told %+v", name, q)
		}
	}
}

func TestARetractedEntryIsDroppedUntilItIsReleased(t *testing.T) {
	r := flooded(t)
	out := r.verdict(verdict(false, time.Hour))
	if len(out.Signals) != 0 || out.Quarantine.State != Retracted || out.Quarantine.Held != 3 || len(r.state) != 1 {
		t.Fatalf("got %+v", out.Quarantine)
	}
	told := len(r.told)
	for i := range 1000 {
		if out := r.match(match(i, 5, 24*time.Hour*time.Duration(i))); len(out.Signals) != 0 || !out.Dropped {
			t.Fatalf("got %+v", out)
		}
	}
	if q := r.last(); len(r.told) != told+10 || q.Dropped != 512 || len(r.state) != 1 {
		t.Errorf("told %d times, at last %+v", len(r.told)-told, q)
	}
	r.verdict(verdict(true, 2*time.Hour)) // somebody thought better of it
	if q := r.last(); q.State != Released || q.Dropped != 1000 || q.Held != 0 {
		t.Errorf("the release says %+v", q)
	}
	if out := r.match(match(1, 6, time.Hour)); len(out.Signals) != 1 || out.Signals[0].Match.Held {
		t.Errorf("got %+v", out)
	}
	if d := r.verdict(verdict(false, 3*time.Hour)).Quarantine.Decision; d.Release || !d.ExemptUntil.IsZero() {
		t.Errorf("the second retraction says %+v", d)
	}
	if out := r.match(match(1, 7, 4*time.Hour)); len(out.Signals) != 0 || !out.Dropped {
		t.Errorf("got %+v", out)
	}
}

func TestAVerdictMayComeFirst(t *testing.T) {
	r := newRoom(t, Options{Streams: 2})
	r.verdict(verdict(true, 0))
	for i := range 10 {
		r.match(match(i, 1, time.Hour))
	}
	if q := r.last(); len(r.told) != 1 || q.State != Released || r.receive.stands() != 10 {
		t.Errorf("%d stand, and %+v", r.receive.stands(), q)
	}

	r = newRoom(t, Options{Streams: 5})
	r.match(match(1, 1, 0))
	r.match(match(2, 1, 0))
	r.verdict(verdict(false, 0))
	if q := r.last(); q.State != Retracted || q.Withdrawn != 2 || q.Held != 0 || r.receive.stands() != 0 {
		t.Errorf("%d stand, and %+v", r.receive.stands(), q)
	}
}

func TestVerdictsAreInOrder(t *testing.T) {
	r := flooded(t)
	v := verdict(true, time.Hour)
	v.At = v.At.In(time.FixedZone("east", 3600))
	r.verdict(v)
	before := len(r.told)
	if out := r.verdict(verdict(true, time.Hour)); len(out.Signals) != 0 || out.Quarantine != nil || len(r.told) != before {
		t.Errorf("a repeat gives %+v", out)
	}
	for _, v := range []Verdict{verdict(false, time.Hour), verdict(false, time.Minute)} {
		_, err := r.gate.Verdict(t.Context(), r.state, v)
		wantReason(t, err, "verdict-late")
	}
	v.At = time.Time{}
	_, err := r.gate.Verdict(t.Context(), r.state, v)
	wantReason(t, err, "verdict-time")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := r.gate.Verdict(ctx, r.state, v); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEntriesAreKeptApart(t *testing.T) {
	r := flooded(t)
	for _, change := range []func(list, entry *string){
		func(list, _ *string) { *list = "other" },
		func(_, entry *string) { *entry = "ff" },
	} {
		s := match(1, 1, 0)
		change(&s.Match.List, &s.Match.Entry)
		s.ID = s.ID[16:] + s.ID[:16]
		if out := r.match(s); len(out.Signals) != 1 || out.Signals[0].Match.Held {
			t.Errorf("got %+v", out)
		}
	}
}
