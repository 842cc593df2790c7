package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// during runs a worker for so long.
func during(t *testing.T, w *Worker, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	time.Sleep(d)
	cancel()
	<-done
}

func TestTheMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Filed)}
		var want []string
		for i := range 6 {
			a := alertNo(t, i, i == 3, time.Now())
			m.order(t, a, time.Hour)
			m.order(t, a, time.Hour) // again changes nothing
			want = append(want, a.ID)
		}
		during(t, worker(c, m, Settings{}), time.Minute)
		slices.Reverse(want) // by probability
		want = append([]string{want[2]}, slices.Delete(slices.Clone(want), 2, 3)...)
		if !slices.Equal(c.sent, want) || m.count(Filed) != 6 {
			t.Errorf("sent %v, want %v", c.sent, want)
		}
	})
}

func TestWhatComesOfAnAttempt(t *testing.T) {
	for name, c := range map[string]struct {
		out     report.Answer
		err     error
		state   State
		says    string
		sent    int // within two minutes
		notSoon bool
	}{
		"filed":      {out: report.Answer{State: report.Filed, Receipt: "r1"}, state: Filed, sent: 1},
		"refused":    {out: report.Answer{State: report.Refused, Says: "no"}, state: Failed, says: "no", sent: 1},
		"later":      {out: report.Answer{State: report.Later, Says: "busy"}, state: Queued, says: "busy", sent: 3}, // after 30 s and 60 s
		"left alone": {out: report.Answer{State: report.Later, After: time.Hour}, state: Queued, sent: 1},
		"held":       {err: &Hold{Says: "lacks all"}, state: Held, says: "lacks all", sent: 1},
		"our own":    {err: errors.New("no disk"), state: Queued, says: "no disk", sent: 3},
		"by a gate":  {err: &report.Held{Alert: "x"}, state: Held, sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, ch := &memory{}, &centre{send: func(report.Alert) (report.Answer, error) { return c.out, c.err }}
				a := alertNo(t, 1, false, time.Now())
				m.order(t, a, 24*time.Hour)
				during(t, worker(ch, m, Settings{}), 2*time.Minute)
				d := m.get(a.ID)
				if d.State != c.state || !strings.Contains(d.Says, c.says) || len(ch.sent) != c.sent || d.Receipt != c.out.Receipt {
					t.Errorf("%+v, sent %d times", d, len(ch.sent))
				}
			})
		})
	}
}

// What is held was asked of nobody: it takes none of the centre's quota, and its first failure
// is followed by the first pause. At the gate it is not even noted that it is about to be sent.
func TestWhatIsHeldIsNoAttempt(t *testing.T) {
	for name, lacks := range map[string]struct{ gate, beforehand, channel error }{
		"by the gate": {gate: &report.Held{Alert: "x"}}, "by the channel": {channel: &Hold{Says: "no account"}},
		"by the channel, beforehand": {beforehand: &Hold{Says: "no account"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			m, c := &memory{}, &centre{}
			c.send = func(report.Alert) (report.Answer, error) { return report.Answer{State: report.Later}, lacks.channel }
			a := alertNo(t, 1, false, time.Now())
			m.order(t, a, 72*time.Hour)
			w := worker(prepared{c, func() error { return lacks.beforehand }}, m, Settings{Quota: 3})
			w.Pass = func(_ context.Context, _ Delivery, a report.Alert) (report.Alert, error) { return a, lacks.gate }
			during(t, w, 3*time.Hour-time.Minute)
			if d := m.get(a.ID); d.State != Held || d.Attempts != 0 || lacks.channel == nil && m.sending != 0 {
				t.Errorf("%s: %s after %d attempts, %d times about to be sent", name, d.State, d.Attempts, m.sending)
			}
			lacks.gate, lacks.beforehand, lacks.channel = nil, nil, nil
			before := len(c.sent)
			during(t, w, time.Minute+50*time.Second) // until it is looked at, and the first pause
			if n := len(c.sent) - before; n != 2 {
				t.Errorf("%s: sent %d times once it was complete, and should be again after 30 seconds", name, n)
			}
		})
	}
}

// prepared is a centre whose channel tells beforehand what it lacks.
type prepared struct {
	*centre
	lacks func() error
}

func (p prepared) Prepare(context.Context, report.Alert, []Delivery) error { return p.lacks() }

func TestWhatMayHaveArrivedIsAskedForAndNotSentAgain(t *testing.T) {
	for answer, want := range map[report.State]State{report.Filed: Filed, report.Unknown: Unknown, report.Later: Unknown, report.Absent: Filed} {
		synctest.Test(t, func(t *testing.T) {
			m, c := &memory{}, &centre{ask: func(string) (report.Answer, error) { return report.Answer{State: answer}, nil }}
			c.send = func(report.Alert) (report.Answer, error) {
				if len(c.sent) == 1 {
					return report.Answer{State: report.Unknown}, nil
				}
				return report.Answer{State: report.Filed}, nil
			}
			a := alertNo(t, 1, false, time.Now())
			m.order(t, a, 24*time.Hour)
			during(t, worker(c, m, Settings{}), 10*time.Minute)
			sent := 1
			if answer == report.Absent {
				sent = 2
			}
			if d := m.get(a.ID); d.State != want || len(c.sent) != sent || len(c.asked) == 0 {
				t.Errorf("%s: %s, sent %d, asked %d", answer, d.State, len(c.sent), len(c.asked))
			}
		})
	}
}

func TestWhoWasKilledWhileSendingIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{ask: func(string) (report.Answer, error) { return report.Answer{State: report.Filed, Receipt: "r"}, nil }}
		a := alertNo(t, 1, false, time.Now())
		m.order(t, a, 24*time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		c.send = func(report.Alert) (report.Answer, error) { cancel(); return report.Answer{}, errors.New("killed") }
		worker(c, m, Settings{}).Run(ctx)
		if d := m.get(a.ID); d.State != Sending {
			t.Fatalf("%+v", d)
		}
		during(t, worker(c, m, Settings{}), 14*time.Minute)
		if len(c.asked) != 0 {
			t.Error("asked before the lease was over")
		}
		during(t, worker(c, m, Settings{}), 2*time.Minute)
		if d := m.get(a.ID); d.State != Filed || len(c.sent) != 1 || len(c.asked) != 1 {
			t.Errorf("%s, sent %d, asked %d", d.State, len(c.sent), len(c.asked))
		}
	})
}

func TestPausesGrowAndDoNotSleepThroughTheLaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Later)}
		a := alertNo(t, 1, false, time.Now())
		start := time.Now()
		m.order(t, a, 100*time.Minute)
		during(t, worker(c, m, Settings{Trip: 1000}), 99*time.Minute+40*time.Second)
		var gaps []time.Duration
		for i := 1; i < len(c.at); i++ {
			gaps = append(gaps, c.at[i].Sub(c.at[i-1]).Round(time.Second))
		}
		if len(gaps) < 6 || gaps[0] < 30*time.Second || gaps[1] < gaps[0] || gaps[4] < 4*gaps[1] {
			t.Errorf("pauses %v", gaps)
		}
		// The last attempt lies just before the time is over, not an hour after the one before.
		if last := c.at[len(c.at)-1].Sub(start); last < 99*time.Minute || last > 100*time.Minute {
			t.Errorf("the last attempt is after %s", last)
		}
		if d := m.get(a.ID); !d.Late(start.Add(101*time.Minute)) || d.State != Queued {
			t.Errorf("%+v", d)
		}
		during(t, worker(c, m, Settings{Trip: 1000}), 3*time.Hour)
		if late := c.at[len(c.at)-1]; late.Before(start.Add(2 * time.Hour)) {
			t.Error("what is late is not tried any more")
		}
	})
}

func TestACentreThatFailsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Later)}
		for i := range 50 {
			m.order(t, alertNo(t, i, false, time.Now()), 24*time.Hour)
		}
		w := worker(c, m, Settings{})
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		time.Sleep(30 * time.Minute)
		c.mu.Lock()
		// Five in the first seconds, then one after 1, 2, 4, 8 minutes, …
		if n := len(c.sent); n < 8 || n > 11 {
			t.Errorf("%d attempts in half an hour", n)
		}
		c.send = always(report.Filed)
		c.mu.Unlock()
		time.Sleep(45 * time.Minute)
		if m.count(Filed) != 50 {
			t.Errorf("%d filed %s after it was well again", m.count(Filed), time.Since(start))
		}
		cancel()
		<-done
	})
}

func TestRateAndQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Filed)}
		for i := range 30 {
			m.order(t, alertNo(t, i, false, time.Now()), 24*time.Hour)
		}
		w := worker(c, m, Settings{Gap: time.Minute, Quota: 20})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		time.Sleep(10*time.Minute + time.Second)
		if n := m.count(Filed); n != 11 {
			t.Errorf("%d in ten minutes at one a minute", n)
		}
		time.Sleep(13 * time.Hour)
		if n := m.count(Filed); n != 20 {
			t.Errorf("%d of a quota of 20", n)
		}
		time.Sleep(12 * time.Hour)
		if n := m.count(Filed); n != 30 {
			t.Errorf("%d the next day", n)
		}
		cancel()
		<-done
	})
}

func TestTwoWorkersSendNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Filed)}
		for i := range 20 {
			m.order(t, alertNo(t, i, false, time.Now()), time.Hour)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{}, 2)
		for range 2 {
			go func() { worker(c, m, Settings{}).Run(ctx); done <- struct{}{} }()
		}
		time.Sleep(time.Minute)
		cancel()
		<-done
		<-done
		slices.Sort(c.sent)
		if len(c.sent) != 20 || len(slices.Compact(c.sent)) != 20 {
			t.Errorf("%d sent", len(c.sent))
		}
	})
}

func TestTheStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := worker(&centre{}, failing{}, Settings{})
		w.Trouble = func(error) { n++ }
		during(t, w, 59*time.Second)
		if n != 2 {
			t.Errorf("told of %d errors in a minute", n)
		}
	})
}

type failing struct{ Store }

func (failing) NextFiling(context.Context, string, time.Time) (Delivery, bool, error) {
	return Delivery{}, false, errors.New("no store")
}

func TestAnotherAlertInTheStoreIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, &centre{send: always(report.Filed)}
		a, b := alertNo(t, 1, false, time.Now()), alertNo(t, 2, false, time.Now())
		m.order(t, a, time.Hour)
		other, err := report.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		d := m.rows[a.ID]
		d.Body = other
		m.rows[a.ID] = d
		during(t, worker(c, m, Settings{}), time.Minute)
		if got := m.get(a.ID); got.State != Failed || len(c.sent) != 0 {
			t.Errorf("%+v, sent %v", got, c.sent)
		}
	})
}

func TestSettings(t *testing.T) {
	if err := (Settings{}).Validate(); err != nil {
		t.Error(err)
	}
	for _, s := range []Settings{{Gap: -1}, {Quota: -1}, {Trip: -1}, {Longest: time.Second}, {Lease: 48 * time.Hour}} {
		if s.Validate() == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}
