package delivery

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// A Worker serves one centre. One goroutine calls Run.
type Worker struct {
	Centre   string
	Channel  Channel
	Store    Store
	Settings Settings
	Now      func() time.Time
	Chance   func() float64 // 0 to 1
	// Pass is the gate, without which no alert is sent: it returns the alert as it may go, or
	// a Hold or *report.Held. A correction of what went has none.
	Pass func(ctx context.Context, d Delivery, a report.Alert) (report.Alert, error)
	// Changed is told of every change that was kept, if it is set.
	Changed func(Delivery)
	// Trouble is told of errors that are not the centre's: of the store, or of a record that
	// does not decode. What they concern is tried again.
	Trouble func(error)

	failures int         // in a row
	rests    int         // of the breaker, since it last closed
	openTo   time.Time   // until when the centre is left alone
	attempts []time.Time // in the last 24 hours, oldest first
}

// idle is how long a worker waits where nothing is to be done.
const idle = time.Second

// Run delivers until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	w.Settings = w.Settings.filled()
	for ctx.Err() == nil {
		wait, err := w.step(ctx)
		if err != nil && ctx.Err() == nil {
			wait = w.Settings.First
			if w.Trouble != nil {
				w.Trouble(err)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// open returns for how long the centre is still left alone.
func (w *Worker) open(now time.Time) time.Duration { return w.openTo.Sub(now) }

// step makes at most one attempt and returns how long to wait before the next.
func (w *Worker) step(ctx context.Context) (time.Duration, error) {
	now := w.Now()
	if rest := w.open(now); rest > 0 {
		return rest, nil
	}
	if wait := w.budget(now); wait > 0 {
		return wait, nil
	}
	d, ok, err := w.Store.NextFiling(ctx, w.Centre, now)
	if err != nil {
		return 0, err
	}
	if !ok {
		return idle, nil
	}
	asks := d.State == Unknown || d.State == Sending // its worker was killed
	if !asks && w.hold(ctx, &d, now) {
		return 0, w.keep(ctx, d)
	}
	d.State, d.Next = Sending, now.Add(w.Settings.Lease)
	d.Attempts++
	if d, err = w.Store.SaveFiling(ctx, d); err != nil {
		if errors.Is(err, ErrStale) {
			return 0, nil // another worker has it
		}
		return 0, err
	}
	w.attempts = append(w.attempts, now)
	attempt, cancel := context.WithTimeout(ctx, w.Settings.Lease)
	defer cancel()
	o, err := w.attempt(attempt, d, asks)
	if ctx.Err() != nil {
		// Stopped in between: the lease ends, and then the centre is asked.
		return 0, ctx.Err()
	}
	w.judge(&d, o, err)
	if d.State == Held && !asks { // by the channel, which asked nothing of the centre
		d.Attempts--
		w.attempts = w.attempts[:len(w.attempts)-1]
	}
	return w.Settings.Gap, w.keep(ctx, d)
}

// hold keeps back what says too little for the gate or the channel, before it is noted that it is
// about to be sent. It is no attempt, and takes nothing of the centre's quota. What else is wrong
// with it, the attempt tells.
func (w *Worker) hold(ctx context.Context, d *Delivery, now time.Time) bool {
	if w.Pass == nil || d.Superseded || d.Corrects != "" {
		return false
	}
	a, err := report.DecodeAlert(d.Body)
	if err != nil || a.ID != d.Alert || a.Centre.ID != d.Centre {
		return false
	}
	a, err = w.Pass(ctx, *d, a)
	if channel, ok := w.Channel.(Preparer); ok && err == nil {
		var earlier []Delivery
		if earlier, err = w.Store.EarlierFilings(ctx, *d); err == nil {
			err = channel.Prepare(ctx, a, earlier)
		}
	}
	return Keep(d, err, now, w.Settings.Recheck)
}

// keep keeps what a delivery came to, unless another worker did.
func (w *Worker) keep(ctx context.Context, d Delivery) error {
	d, err := w.Store.SaveFiling(ctx, d)
	if errors.Is(err, ErrStale) {
		return nil
	}
	if err == nil && w.Changed != nil {
		w.Changed(d)
	}
	return err
}

// attempt asks first where the centre may have the alert, and sends it where it does not.
func (w *Worker) attempt(ctx context.Context, d Delivery, asks bool) (report.Answer, error) {
	if d.Superseded {
		return w.withdraw(ctx, d, asks)
	}
	if asks {
		o, err := w.Channel.Ask(ctx, d.Alert)
		if err != nil {
			return report.Answer{State: report.Unknown, Says: "The centre could not be asked: " + err.Error()}, nil
		}
		if o.State != report.Absent {
			if o.State != report.Filed && o.State != report.Refused && o.State != report.Waiting {
				o.State = report.Unknown
			}
			return o, nil
		}
	}
	earlier, err := w.Store.EarlierFilings(ctx, d)
	if err != nil {
		return report.Answer{}, err
	}
	if d.Corrects != "" {
		return w.correct(ctx, d, earlier)
	}
	a, err := report.DecodeAlert(d.Body)
	if err != nil {
		return report.Answer{State: report.Refused, Says: "The alert in the store does not decode: " + err.Error()}, nil
	}
	if a.ID != d.Alert || a.Centre.ID != d.Centre {
		return report.Answer{State: report.Refused, Says: "The alert in the store is another, or another centre's."}, nil
	}
	if w.Pass == nil {
		return report.Answer{}, errNoGate
	}
	if a, err = w.Pass(ctx, d, a); err != nil {
		return report.Answer{}, err
	}
	o, err := w.Channel.Send(ctx, a, earlier)
	o.Says = strings.TrimSpace(o.Says + " " + Without(a))
	return o, err
}

var errNoGate = &Hold{Says: "No gate says whether it is complete."}

// correct delivers a correction, unless what it takes back never arrived.
func (w *Worker) correct(ctx context.Context, d Delivery, earlier []Delivery) (report.Answer, error) {
	c, err := report.DecodeCorrection(d.Body)
	switch {
	case err != nil:
		return report.Answer{State: report.Refused, Says: "The correction in the store does not decode: " + err.Error()}, nil
	case c.ID != d.Alert || c.Alert != d.Corrects || c.Centre.ID != d.Centre:
		return report.Answer{State: report.Refused, Says: "The correction in the store is another, or another centre's."}, nil
	case len(earlier) == 0 && c.Outcome == report.Retracted:
		return report.Answer{State: report.Withdrawn, Says: "What it takes back never reached the centre."}, nil
	}
	if len(earlier) == 0 { // it tells for the first time
		if w.Pass == nil {
			return report.Answer{}, errNoGate
		}
		if _, err := w.Pass(ctx, d, c.AsAlert()); err != nil {
			return report.Answer{}, err
		}
	}
	return w.Channel.Correct(ctx, c, earlier)
}

// withdraw ends what a correction overtook before the centre surely had it.
func (w *Worker) withdraw(ctx context.Context, d Delivery, may bool) (report.Answer, error) {
	o, err := w.Channel.Withdraw(ctx, d.Alert, may)
	switch {
	case err != nil:
		return report.Answer{State: report.Unknown, Says: "A correction overtook it, and it could not be withdrawn: " + err.Error()}, nil
	case o.State == report.Withdrawn:
		o.Says = "A correction overtook it before it was sent: it is not sent any more."
	case o.State != report.Filed && o.State != report.Waiting:
		o.State = report.Unknown
	}
	return o, nil
}

// judge moves a delivery by what came of an attempt.
func (w *Worker) judge(d *Delivery, o report.Answer, err error) {
	now := w.Now()
	if Keep(d, err, now, w.Settings.Recheck) {
		return
	}
	if err != nil {
		o = report.Answer{State: report.Later, Says: err.Error()}
	}
	d.Says = o.Says
	switch o.State {
	case report.Filed:
		d.State, d.Receipt = Filed, o.Receipt
		w.failures, w.rests = 0, 0
	case report.Refused:
		d.State = Failed
		w.failures, w.rests = 0, 0 // it answered
	case report.Withdrawn:
		d.State = Withdrawn
	case report.Waiting:
		d.State = Unknown
		d.Next = now.Add(max(o.After, w.Settings.pause(d.Attempts, w.Chance())))
	case report.Unknown:
		d.State = Unknown
		w.failed(d, now, o.After)
	default:
		d.State = Queued
		w.failed(d, now, o.After)
	}
}

// failed says when to try again, and opens the breaker after too many failures in a row.
func (w *Worker) failed(d *Delivery, now time.Time, after time.Duration) {
	d.Next = now.Add(max(after, w.Settings.pause(d.Attempts, w.Chance())))
	// No pause sleeps through the law's time: there is one more attempt shortly before.
	if last := d.Due.Add(-w.Settings.First); d.Next.After(last) && last.After(now.Add(max(after, w.Settings.First))) {
		d.Next = last
	}
	if w.failures++; w.failures >= w.Settings.Trip {
		w.openTo = now.Add(max(after, double(w.Settings.Rest, w.rests, w.Settings.Longest)))
		w.rests++
		w.failures = w.Settings.Trip - 1 // one attempt tells whether it is over
	}
}

// budget returns how long the quota of a day lets wait.
func (w *Worker) budget(now time.Time) time.Duration {
	for len(w.attempts) > 0 && now.Sub(w.attempts[0]) >= 24*time.Hour {
		w.attempts = w.attempts[1:]
	}
	if len(w.attempts) < w.Settings.Quota {
		return 0
	}
	return w.attempts[len(w.attempts)-w.Settings.Quota].Add(24 * time.Hour).Sub(now)
}
