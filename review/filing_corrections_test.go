package review

import (
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// state saves a filing in a state, as a worker does.
func (f Filing) in(t *testing.T, s *Store, state FilingState, receipt string) {
	t.Helper()
	d, err := s.Filing(t.Context(), f.Alert)
	if err != nil {
		t.Fatal(err)
	}
	d.State, d.Receipt = state, receipt
	if _, err := s.SaveFiling(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// TestACorrectionWaitsForItsAlert: whatever the alert's state is, it is looked at first and as
// overtaken, and the correction when that is over; of two corrections the later overtakes.
func TestACorrectionWaitsForItsAlert(t *testing.T) {
	for _, state := range []FilingState{FilingQueued, FilingHeld, FilingFailed, FilingUnknown, FilingSending} {
		s := newStore(t)
		c := caseOf(1, "a")
		receive(t, s, c)
		at := s.now()
		alert := Filing{Alert: signal.ID("a"), Sequence: 1, Due: at, Next: at.Add(time.Hour)}
		one := Filing{Alert: signal.ID("k1"), Corrects: alert.Alert, Sequence: 2, Priority: 9, Due: at, Next: at}
		two := Filing{Alert: signal.ID("k2"), Corrects: alert.Alert, Sequence: 3, Priority: 9, Due: at, Next: at}
		stranger := Filing{Alert: signal.ID("k3"), Corrects: signal.ID("none"), Sequence: 2, Due: at, Next: at}
		ordered(t, s, c, alert)
		alert.in(t, s, state, "")
		ordered(t, s, c, one, stranger)
		next := func(now time.Time, want string, superseded bool) {
			t.Helper()
			d, ok, err := s.NextFiling(t.Context(), "us", now)
			if err != nil || ok != (want != "") || ok && (d.Alert != want || d.Superseded != superseded) {
				t.Errorf("%s: %+v, %v, %v, want %s", state, d, ok, err, want)
			}
		}
		soon := state != FilingUnknown && state != FilingSending
		if !soon { // who may be sending, or is asked in a while, is not hurried
			next(at, "", false)
		}
		later := at.Add(2 * time.Hour)
		if soon {
			later = at
		}
		next(later, alert.Alert, true)
		ordered(t, s, c, two)
		next(later, alert.Alert, true)
		alert.in(t, s, FilingFiled, "R-1")
		next(at, one.Alert, true) // overtaken by the second
		one.in(t, s, FilingWithdrawn, "")
		next(at, two.Alert, false)
		d, err := s.Filing(t.Context(), two.Alert)
		if err != nil {
			t.Fatal(err)
		}
		earlier, err := s.EarlierFilings(t.Context(), d)
		if err != nil || len(earlier) != 1 || earlier[0].Receipt != "R-1" {
			t.Errorf("%s: %+v, %v", state, earlier, err)
		}
		two.in(t, s, FilingFiled, "R-2")
		next(at.Add(24*time.Hour), "", false)
		follow := Filing{Alert: signal.ID("b"), Case: c.ID, Centre: "us", Sequence: 4}
		if earlier, err = s.EarlierFilings(t.Context(), follow); err != nil || len(earlier) != 2 || earlier[1].Receipt != "R-2" {
			t.Errorf("%s: what follows refers to %+v, %v", state, earlier, err)
		}
		if gone, err := s.Filing(t.Context(), one.Alert); err != nil || len(gone.Body) != 0 || gone.Late(at.Add(time.Hour)) {
			t.Errorf("%s: what is withdrawn: %+v, %v", state, gone, err)
		}
	}
}
