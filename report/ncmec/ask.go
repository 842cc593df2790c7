package ncmec

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/report"
)

// denied is how long an account that the service denies is left alone: until a person has
// mended it, every report would be denied.
const denied = 15 * time.Minute

// AnswerOf says what came of filing, for delivery. What broke off before finish is nowhere,
// and so later; what broke off in finish is unknown.
func AnswerOf(s State, err error) report.Answer {
	var r *Refusal
	final := errors.As(err, &r) && r.Class == Final
	switch {
	case err == nil && s.Finished:
		return report.Answer{State: report.Filed, Receipt: strconv.FormatInt(s.ReportID, 10), Says: "The CyberTipline has it."}
	case s.Finishing && !s.Finished && !final:
		o := report.Answer{State: report.Unknown, Says: "It is not known whether the report was finished."}
		if errors.As(err, &r) {
			o.After = r.After
		}
		return o
	case errors.As(err, &r):
		says := fmt.Sprintf("%s: code %d, HTTP status %d, request %s.", r.Step, r.Code, r.Status, r.RequestID)
		switch r.Class {
		case Final:
			return report.Answer{State: report.Refused, Says: "The CyberTipline will not take it, " + says}
		case Denied:
			return report.Answer{State: report.Later, After: max(r.After, denied), Says: "The CyberTipline denies this account, " + says}
		}
		return report.Answer{State: report.Later, After: r.After, Says: "The CyberTipline could not, " + says}
	}
	return report.Answer{State: report.Later, Says: "It broke off before it was finished, so that nobody has it."}
}

// Ask finds out whether the report of an alert is finished, for delivery: one that is not is
// taken back, and so absent.
func (f *Filer) Ask(ctx context.Context, alert string) (report.Answer, error) {
	s, err := f.Journal.Load(ctx, alert)
	if err != nil {
		return report.Answer{}, err
	}
	if !s.Finished {
		if err := f.settle(ctx, &s); err != nil {
			o := AnswerOf(s, err)
			if o.State != report.Filed {
				o.State = report.Unknown
			}
			return o, nil
		}
	}
	if s.Finished {
		return AnswerOf(s, nil), nil
	}
	return report.Answer{State: report.Absent, Says: "No report of it is open or finished."}, nil
}

// Withdraw takes back the report of an alert that is not to be filed any more, for delivery:
// Filed where it is finished already, Unknown where the service did not say.
func (f *Filer) Withdraw(ctx context.Context, alert string, _ bool) (report.Answer, error) {
	s, err := f.Retract(ctx, alert)
	switch {
	case errors.Is(err, ErrFinished):
		return AnswerOf(s, nil), nil
	case err != nil:
		o := AnswerOf(s, err)
		o.State = report.Unknown
		return o, nil
	}
	return report.Answer{State: report.Withdrawn, Says: "No report of it is open or finished."}, nil
}
