package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/fincen"
	"github.com/vigil-stream/vigil/report/goaml"
	"github.com/vigil-stream/vigil/signal"
)

// FormOptions say of which alert to make a form for a financial-intelligence unit, for whom.
// It needs no configuration and no store: an institution makes it where its books are.
type FormOptions struct {
	Alert  string // file with one alert, as `vigil inbox --json` prints it
	LogKey string // the audit log's verifier key
	Filer  string // file
	Books  string // file of what the filer knows: goAML's books or FinCEN's subject; may be empty
	// Profile is a file with a unit's profile of goAML, empty for the one of the filer that
	// comes with Vigil; FIURef is the unit's reference that is answered.
	Profile string
	FIURef  string
	To      string // file to write, which must not be there yet
	Now     func() time.Time
	Out     io.Writer
}

// MakeGoAML writes the ZIP of a goAML report of an alert.
func MakeGoAML(o FormOptions) error {
	a, raw, err := o.alert()
	if err != nil {
		return err
	}
	data, err := readSmall(o.Filer)
	if err != nil {
		return err
	}
	filer, err := goaml.LoadFiler(data)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Filer, err)
	}
	profile, err := o.profile(filer)
	if err != nil {
		return err
	}
	builder, err := goaml.New(profile, filer)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Filer, err)
	}
	filing := goaml.Filing{Alert: a, At: o.Now(), FIURef: o.FIURef}
	form := "activity"
	if o.Books != "" {
		if data, err = readSmall(o.Books); err != nil {
			return err
		}
		if filing.Books, err = goaml.LoadBooks(data); err != nil {
			return fmt.Errorf("%s: %w", o.Books, err)
		}
		form = fmt.Sprintf("%d transactions", len(filing.Books.Transactions))
	}
	xml, err := builder.Build(filing)
	if err != nil {
		return err
	}
	packed, err := builder.Zip(a.ID, xml, goaml.Attachment{Name: "alert.txt", Data: raw})
	if err != nil {
		return err
	}
	return o.write(packed, fmt.Sprintf("a report of %s to %s by its schema %s, with the alert", form, profile.Centre, profile.Schema))
}

func (o FormOptions) profile(f goaml.Filer) (*goaml.Profile, error) {
	if o.Profile == "" {
		return goaml.Shipped(f.Profile)
	}
	data, err := readSmall(o.Profile)
	if err != nil {
		return nil, err
	}
	p, err := goaml.LoadProfile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Profile, err)
	}
	return p, nil
}

// MakeSAR writes the XML of a FinCEN suspicious activity report of an alert.
func MakeSAR(o FormOptions) error {
	a, _, err := o.alert()
	if err != nil {
		return err
	}
	data, err := readSmall(o.Filer)
	if err != nil {
		return err
	}
	filer, err := fincen.LoadFiler(data)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Filer, err)
	}
	var subject *fincen.Subject
	about := "nobody by name"
	if o.Books != "" {
		if data, err = readSmall(o.Books); err != nil {
			return err
		}
		if subject, err = fincen.LoadSubject(data); err != nil {
			return fmt.Errorf("%s: %w", o.Books, err)
		}
		about = "the filer's customer"
	}
	xml, err := fincen.Build(filer, fincen.Filing{Alert: a, Subject: subject, At: o.Now()})
	if err != nil {
		return err
	}
	return o.write(xml, "a suspicious activity report about "+about+" to FinCEN")
}

// CompleteOptions say of which alert to tell how complete it is.
type CompleteOptions struct {
	Alert string // file with one alert
	Gate  report.Gate
	Out   io.Writer
}

// Complete prints what an alert has and lacks. The error is a *report.Held where it may not go.
func Complete(o CompleteOptions) error {
	if faults := o.Gate.Faults(); len(faults) > 0 {
		return fmt.Errorf("%w: %s", ErrUsage, strings.Join(faults, "; "))
	}
	a, _, err := readAlert(o.Alert)
	if err != nil {
		return err
	}
	c := o.Gate.Judge(a)
	var b strings.Builder
	for _, one := range c.Checks {
		mark, weight := "ok     ", fmt.Sprintf("%g", one.Weight)
		if !one.OK {
			mark = "missing"
		}
		if one.Must {
			weight = "must"
		}
		fmt.Fprintf(&b, "%s  %-12s %4s  %s\n", mark, one.Name, weight, oneLine(one.Says))
	}
	fmt.Fprintf(&b, "%.0f %% complete, and %.0f %% are wanted\n", 100*c.Score, 100*c.Bar)
	if _, err := io.WriteString(o.Out, b.String()); err != nil {
		return err
	}
	return o.Gate.Pass(a)
}

// alert reads and verifies an alert. Nothing is filed of one that does not verify or that
// says too little.
func (o FormOptions) alert() (report.Alert, []byte, error) {
	a, raw, err := readAlert(o.Alert)
	if err != nil {
		return report.Alert{}, nil, err
	}
	for _, f := range report.Verify(a, o.LogKey).Findings {
		if !f.OK {
			return report.Alert{}, nil, fmt.Errorf("%s: the alert does not verify: %s: %s", o.Alert, f.Name, f.Says)
		}
	}
	if err := (report.Gate{}).Pass(a); err != nil {
		return report.Alert{}, nil, err
	}
	return a, raw, nil
}

func readAlert(path string) (report.Alert, []byte, error) {
	data, err := readSmall(path)
	if err != nil {
		return report.Alert{}, nil, err
	}
	data = bytes.TrimSpace(data)
	a, err := report.DecodeAlert(data)
	if err != nil {
		return report.Alert{}, nil, fmt.Errorf("%s: must be one alert, as `vigil inbox --json` prints it: %w", path, err)
	}
	return a, data, nil
}

// readSmall reads a file that people or Vigil wrote.
func readSmall(path string) (data []byte, err error) {
	f, err := os.Open(path) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const limit = signal.MaxJSON + 1<<10 // an alert, and a line's end
	if data, err = io.ReadAll(io.LimitReader(f, limit+1)); err == nil && len(data) > limit {
		err = fmt.Errorf("%s: more than %d bytes", path, limit)
	}
	return data, err
}

func (o FormOptions) write(data []byte, what string) (err error) {
	f, err := os.OpenFile(o.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(o.To))
	}
	_, err = fmt.Fprintf(o.Out, "%s: %s, %d bytes. Nothing was sent.\n", o.To, what, len(data))
	return err
}
