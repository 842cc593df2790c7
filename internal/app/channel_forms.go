package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/fincen"
	"github.com/vigil-stream/vigil/report/goaml"
	"github.com/vigil-stream/vigil/report/webhook"
)

// A carrier brings the file of a form to a unit, or to who uploads it there: no unit has an
// interface that a stranger may submit by.
type carrier interface {
	carry(ctx context.Context, id string, f formFile) (report.Answer, error)
	Ask(ctx context.Context, id string) (report.Answer, error)
	Withdraw(ctx context.Context, id string, may bool) (report.Answer, error)
}

// A formFile is the file that a unit takes.
type formFile struct {
	name        string // of a drop, behind the id
	kind        string // of a webhook, as the type of a CloudEvent
	contentType string
	data        []byte
}

type droppedForms struct{ *drop.Folder }

func (d droppedForms) carry(ctx context.Context, id string, f formFile) (report.Answer, error) {
	return d.Put(ctx, id, drop.File{Name: f.name, Data: f.data})
}

// droppedSARs are answered by FinCEN's own acknowledgements as well, <id>.ack.xml beside the
// receipts.
type droppedSARs struct{ droppedForms }

const maxAcknowledgement = 1 << 20 // bytes

// Ask implements carrier.
func (d droppedSARs) Ask(ctx context.Context, id string) (report.Answer, error) {
	o, err := d.droppedForms.Ask(ctx, id)
	if err != nil || o.State != report.Waiting {
		return o, err
	}
	data, err := d.Other(id, "ack.xml", maxAcknowledgement)
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	var a fincen.Acknowledgement
	if err == nil {
		a, err = fincen.ReadAcknowledgement(data)
	}
	switch {
	case err != nil:
		return report.Answer{State: report.Waiting, Says: "There is a file that is wrong: " + err.Error()}, nil
	case !a.Accepted:
		return report.Answer{State: report.Refused, Says: "FinCEN's acknowledgement rejects it."}, nil
	}
	return report.Answer{State: report.Filed, Receipt: a.BSAID, Says: fmt.Sprintf("FinCEN acknowledged it, with %d warnings.", a.Warnings)}, nil
}

// Withdraw implements carrier.
func (d droppedSARs) Withdraw(ctx context.Context, id string, may bool) (report.Answer, error) {
	if o, err := d.Ask(ctx, id); err != nil || o.State == report.Filed {
		return o, err
	}
	return d.droppedForms.Withdraw(ctx, id, may)
}

type postedForms struct{ *webhook.Channel }

func (p postedForms) carry(ctx context.Context, id string, f formFile) (report.Answer, error) {
	return p.Post(ctx, webhook.Message{ID: id, Type: f.kind, ContentType: f.contentType, Body: f.data})
}

// A form makes the file of what is told.
type form interface {
	file(formed) (formFile, error)
}

// formed is an alert, or a correction that is told as one.
type formed struct {
	alert    report.Alert
	raw      []byte // its JSON
	earlier  []report.Earlier
	corrects string // the outcome of a correction
	at       time.Time
}

// formChannel is the channel of centres that take a form.
type formChannel struct {
	form
	carrier
	gate report.Gate
	now  func() time.Time
}

// Send implements delivery.Channel.
func (c formChannel) Send(ctx context.Context, a report.Alert, earlier []delivery.Delivery) (report.Answer, error) {
	if err := c.gate.Pass(a); err != nil {
		return report.Answer{}, err
	}
	raw, err := report.Encode(a)
	if err != nil {
		return report.Answer{}, err
	}
	return c.tell(ctx, formed{alert: a, raw: raw}, earlier)
}

// Correct implements delivery.Channel.
func (c formChannel) Correct(ctx context.Context, k report.Correction, earlier []delivery.Delivery) (report.Answer, error) {
	raw, err := report.EncodeCorrection(k)
	if err != nil {
		return report.Answer{}, err
	}
	return c.tell(ctx, formed{alert: k.AsAlert(), raw: raw, corrects: k.Outcome}, earlier)
}

// Prepare implements delivery.Preparer.
func (c formChannel) Prepare(_ context.Context, a report.Alert, earlier []delivery.Delivery) error {
	raw, err := report.Encode(a)
	if err == nil {
		_, err = c.made(formed{alert: a, raw: raw}, earlier)
	}
	return err
}

// made makes the file; what the unit would not take of it is a Hold.
func (c formChannel) made(t formed, earlier []delivery.Delivery) (formFile, error) {
	t.at = c.now()
	for _, e := range earlier {
		t.earlier = append(t.earlier, report.Earlier{ID: e.Alert, Reference: e.Receipt})
	}
	f, err := c.file(t)
	var a *goaml.Invalid
	var b *fincen.Invalid
	if errors.As(err, &a) || errors.As(err, &b) {
		err = &delivery.Hold{Says: err.Error()}
	}
	return f, err
}

func (c formChannel) tell(ctx context.Context, t formed, earlier []delivery.Delivery) (report.Answer, error) {
	f, err := c.made(t, earlier)
	switch {
	case errors.Is(err, report.ErrNotConfirmed), errors.Is(err, report.ErrNoPerson), errors.Is(err, errAnothers):
		return report.Answer{State: report.Refused, Says: err.Error()}, nil
	case err != nil:
		return report.Answer{}, err
	}
	return c.carry(ctx, t.alert.ID, f)
}

var errAnothers = errors.New("the alert refers to no transaction of the filer: another institution is to file it")

// ofFiler are the references of a holder's transactions in an alert.
func ofFiler(a report.Alert, holder string) (refs []string) {
	for _, e := range a.Statement.Evidence {
		if e.What == "transaction" && e.Holder == holder && !slices.Contains(refs, e.Ref) {
			refs = append(refs, e.Ref)
		}
	}
	return refs
}

// book returns what the filer knows of an alert's subject, or a Hold that says what to put where.
func book(folder, centre string, a report.Alert, refs []string) ([]byte, error) {
	name := string(a.Statement.Subject) + ".json"
	lacks := func(why string) error {
		shown := refs[:min(len(refs), 5)]
		return &delivery.Hold{Says: fmt.Sprintf("lacks the filer's own books: %s, with %d transactions (%s); %s", name, len(refs), strings.Join(shown, ", "), why)}
	}
	if folder == "" {
		return nil, lacks("channels." + centre + ".books names no folder")
	}
	data, err := readSmall(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, lacks("put it into the folder channels." + centre + ".books")
	}
	return data, err
}

// goamlForm makes reports of goAML.
type goamlForm struct {
	centre, books string
	filer         goaml.Filer
	builder       *goaml.Builder
}

func (g goamlForm) file(t formed) (formFile, error) {
	f := goaml.Filing{Alert: t.alert, At: t.at, Earlier: t.earlier, Corrects: t.corrects}
	if refs := ofFiler(t.alert, g.filer.Holder); len(refs) > 0 && t.corrects != report.Retracted {
		data, err := book(g.books, g.centre, t.alert, refs)
		if err != nil {
			return formFile{}, err
		}
		b, err := goaml.LoadBooks(data)
		if err != nil {
			return formFile{}, &delivery.Hold{Says: err.Error()}
		}
		// The books may know of more than this alert tells.
		b.Transactions = slices.DeleteFunc(b.Transactions, func(x *goaml.Transaction) bool { return !slices.Contains(refs, x.Number) })
		if len(b.Transactions) < len(refs) {
			return formFile{}, &delivery.Hold{Says: fmt.Sprintf("the filer's own books lack %d of the %d transactions that the alert refers to", len(refs)-len(b.Transactions), len(refs))}
		}
		f.Books = b
	}
	xml, err := g.builder.Build(f)
	if err != nil {
		return formFile{}, err
	}
	zip, err := g.builder.Zip(t.alert.ID, xml, goaml.Attachment{Name: "alert.txt", Data: t.raw})
	return formFile{name: "report.zip", kind: "vigil.goaml.v1", contentType: "application/zip", data: zip}, err
}

// fincenForm makes suspicious activity reports.
type fincenForm struct {
	centre, books string
	filer         fincen.Filer
}

func (s fincenForm) file(t formed) (formFile, error) {
	refs := ofFiler(t.alert, s.filer.Holder)
	if len(refs) == 0 {
		return formFile{}, errAnothers
	}
	f := fincen.Filing{Alert: t.alert, At: t.at, Earlier: t.earlier, Corrects: t.corrects}
	if t.corrects != report.Retracted {
		data, err := book(s.books, s.centre, t.alert, refs)
		if err != nil {
			return formFile{}, err
		}
		if f.Subject, err = fincen.LoadSubject(data); err != nil {
			return formFile{}, &delivery.Hold{Says: err.Error()}
		}
	}
	xml, err := fincen.Build(s.filer, f)
	return formFile{name: "report.xml", kind: "vigil.fincen.v1", contentType: "application/xml", data: xml}, err
}

// newForm opens the form of a centre.
func (ch ChannelConfig) newForm(channel, centre string) (form, error) {
	key := "channels." + centre
	if ch.Filer == "" {
		return nil, fmt.Errorf("%s.filer: name the file of the reporting entity", key)
	}
	data, err := readSmall(ch.Filer)
	if err != nil {
		return nil, fmt.Errorf("%s.filer: %w", key, err)
	}
	if channel == "fincen" {
		f, err := fincen.LoadFiler(data)
		if err == nil {
			err = f.Check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s.filer: %w", key, err)
		}
		return fincenForm{centre: centre, books: ch.Books, filer: f}, nil
	}
	f, err := goaml.LoadFiler(data)
	if err != nil {
		return nil, fmt.Errorf("%s.filer: %w", key, err)
	}
	p, err := FormOptions{Profile: ch.Profile}.profile(f)
	if err != nil {
		return nil, fmt.Errorf("%s.profile: %w", key, err)
	}
	b, err := goaml.New(p, f)
	if err != nil {
		return nil, fmt.Errorf("%s.filer: %w", key, err)
	}
	return goamlForm{centre: centre, books: ch.Books, filer: f, builder: b}, nil
}
