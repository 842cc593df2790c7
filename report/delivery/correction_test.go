package delivery

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// corrects makes a correction of an alert by a later decision.
func (m *memory) corrects(t testing.TB, a report.Alert, sequence int, outcome string) report.Correction {
	t.Helper()
	c := report.Correction{
		ID: signal.ID("correction", a.ID, outcome), Alert: a.ID, Sequence: 1, Outcome: outcome, Statement: a.Statement, Centre: a.Centre,
		Why: a.Why, HowToVerify: a.HowToVerify, Proof: a.Proof, LogKey: a.LogKey,
	}
	c.Statement.Sequence, c.Statement.At = sequence, time.Now().UTC()
	c.Statement.Verdict = map[string]review.Verdict{report.Retracted: review.Dismiss, report.Corrected: review.Confirm}[outcome]
	d, err := OrderCorrection(c, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.rows[d.Alert]; !ok {
		m.rows[d.Alert] = d
	}
	return c
}

// TestACorrectionOfWhatIsFiledIsSentOnce names what the centre has, before what is less urgent.
func TestACorrectionOfWhatIsFiledIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Filed)}
		a := alertNo(t, 1, false, time.Now())
		m.order(t, a, time.Hour)
		during(t, worker(c, m, Settings{}), time.Minute)
		d := m.get(a.ID)
		d.Receipt = "R-1"
		m.rows[a.ID] = d
		k := m.corrects(t, a, 2, report.Retracted)
		m.corrects(t, a, 2, report.Retracted) // again changes nothing
		during(t, worker(c, m, Settings{}), time.Hour)
		if want := []string{k.ID + " of R-1"}; !slices.Equal(c.corrected, want) || m.get(k.ID).State != Filed || len(c.withdrawn) != 0 || len(c.sent) != 1 {
			t.Errorf("corrected %v, want %v; %+v", c.corrected, want, m.get(k.ID))
		}
	})
}

// TestWhatWasNotSentIsWithdrawn: whether it waits, is held or failed, it is not sent any more,
// and a retraction of what nobody has is none; a correction is told for the first time.
func TestWhatWasNotSentIsWithdrawn(t *testing.T) {
	for _, state := range []State{Queued, Held, Failed} {
		for _, outcome := range []string{report.Retracted, report.Corrected} {
			synctest.Test(t, func(t *testing.T) {
				m, c := &memory{}, &centre{send: always(report.Filed)}
				a := alertNo(t, 1, false, time.Now())
				m.order(t, a, 24*time.Hour)
				d := m.get(a.ID)
				d.State, d.Next = state, time.Now().Add(time.Hour)
				m.rows[a.ID] = d
				k := m.corrects(t, a, 2, outcome)
				during(t, worker(c, m, Settings{}), 2*time.Hour)
				if got := m.get(a.ID); got.State != Withdrawn || !strings.Contains(got.Says, "overtook") || len(c.sent) != 0 || !slices.Equal(c.withdrawn, []string{a.ID + " false"}) {
					t.Errorf("%s: %+v, sent %v, withdrawn %v", state, got, c.sent, c.withdrawn)
				}
				want, told := Withdrawn, 0
				if outcome == report.Corrected {
					want, told = Filed, 1
				}
				if got := m.get(k.ID); got.State != want || len(c.corrected) != told || told == 1 && c.corrected[0] != k.ID+" of" {
					t.Errorf("%s, %s: %+v, told %v", state, outcome, got, c.corrected)
				}
			})
		}
	}
}

// TestWhatMayHaveArrivedIsFoundOutFirst: an alert that is unknown when its correction comes is
// withdrawn where the centre does not have it, and corrected where it does.
func TestWhatMayHaveArrivedIsFoundOutFirst(t *testing.T) {
	for has, want := range map[bool]State{true: Filed, false: Withdrawn} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			m, c := &memory{}, &centre{send: always(report.Filed)}
			c.withdraw = func(string) (report.Answer, error) {
				if tries++; tries == 1 {
					return report.Answer{State: report.Later, Says: "cannot say"}, nil
				}
				if has {
					return report.Answer{State: report.Filed, Receipt: "R-1"}, nil
				}
				return report.Answer{State: report.Withdrawn}, nil
			}
			a := alertNo(t, 1, false, time.Now())
			m.order(t, a, 24*time.Hour)
			d := m.get(a.ID)
			d.State = Unknown
			m.rows[a.ID] = d
			k := m.corrects(t, a, 2, report.Retracted)
			during(t, worker(c, m, Settings{}), 10*time.Second)
			if got := m.get(a.ID); got.State != Unknown || len(c.corrected) != 0 {
				t.Errorf("%+v, %v", got, c.corrected)
			}
			during(t, worker(c, m, Settings{}), time.Hour)
			if m.get(a.ID).State != want || m.get(k.ID).State != want || len(c.sent) != 0 || (len(c.corrected) == 1) != has || !slices.Equal(c.withdrawn, []string{a.ID + " true", a.ID + " true"}) {
				t.Errorf("has %v: %+v, %+v, corrected %v, withdrawn %v", has, m.get(a.ID), m.get(k.ID), c.corrected, c.withdrawn)
			}
		})
	}
}

// TestWaitingIsNoFailure: centres that take a while to confirm do not close the way for others.
func TestWaitingIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Waiting), ask: func(string) (report.Answer, error) { return report.Answer{State: report.Waiting}, nil }}
		for i := range 20 {
			m.order(t, alertNo(t, i, false, time.Now()), 24*time.Hour)
		}
		during(t, worker(c, m, Settings{}), 2*time.Minute)
		if len(c.sent) != 20 || m.count(Unknown) != 20 || len(c.asked) == 0 {
			t.Errorf("%d of 20 sent, %d unknown, asked %d times", len(c.sent), m.count(Unknown), len(c.asked))
		}
		c.ask = func(string) (report.Answer, error) { return report.Answer{State: report.Refused, Says: "no"}, nil }
		during(t, worker(c, m, Settings{}), 2*time.Hour)
		if len(c.sent) != 20 || m.count(Failed) != 20 {
			t.Errorf("%d sent, %d failed", len(c.sent), m.count(Failed))
		}
	})
}
