package goaml

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

// A Builder makes one filer's reports to one unit.
type Builder struct {
	p *Profile
	f Filer
}

// New returns the builder of a filer's reports. The error names all that the unit would
// not take of the filer, so that it shows before the first alert.
func New(p *Profile, f Filer) (*Builder, error) {
	f.SubmissionCode = cmp.Or(f.SubmissionCode, "E")
	f.Transactions = cmp.Or(f.Transactions, p.Transactions)
	f.Activity = cmp.Or(f.Activity, p.Activity)
	if len(f.Indicators) == 0 {
		f.Indicators = p.Indicators
	}
	var faults []string
	if f.Profile != p.Name {
		faults = append(faults, "profile: the filer is of another profile than "+p.Name)
	}
	if f.Holder == "" {
		faults = append(faults, "holder: missing")
	}
	if !slices.Contains(p.Forms.Transactions, f.Transactions) {
		faults = append(faults, "transactions: must be one of "+strings.Join(p.Forms.Transactions, ", "))
	}
	if !slices.Contains(p.Forms.Activity, f.Activity) {
		faults = append(faults, "activity: must be one of "+strings.Join(p.Forms.Activity, ", "))
	}
	b := &Builder{p: p, f: f}
	probe, err := b.header("probe", p.Activity, time.Unix(0, 0))
	if err != nil {
		return nil, fmt.Errorf("goaml filer: %w", err)
	}
	probe.Reason = "probe"
	probe.Activity = &xmlActivity{[]*xmlParty{{Account: &Account{InstitutionCode: "probe", Account: "probe", Name: "probe"}, Reason: "probe"}}}
	var invalid *Invalid
	if err := p.check(probe); errors.As(err, &invalid) {
		faults = append(faults, invalid.Faults...)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("goaml filer: %w", &Invalid{Faults: faults})
	}
	return b, nil
}

// A Filing is one report to make.
type Filing struct {
	Alert report.Alert
	// At is the date of submission.
	At time.Time
	// Books are what the filer knows of transactions that the alert refers to: the
	// report then has the form of transactions, and of an activity without.
	Books *Books
	// FIURef is the unit's reference of its question, if any.
	FIURef string
	// Earlier are the reports of the same case that the unit has, the oldest first; Corrects
	// is the outcome of a correction of them, of which Alert is the statement. The reason
	// begins with them, and the reference of the newest stands in fiu_ref_number where FIURef
	// does not. A retraction is told in the form of an activity, with a significance of 0.
	Earlier  []report.Earlier
	Corrects string
}

// Build returns the XML of a report, the same bytes for the same filing. entity_reference
// is the alert's id, by which the unit knows a repeat. The error is an *Invalid that names
// each element that breaks a rule of the unit, or says why the alert may not be reported.
func (b *Builder) Build(f Filing) ([]byte, error) {
	s := f.Alert.Statement
	retracts := f.Corrects == report.Retracted
	switch {
	case (s.Verdict == review.Confirm) == retracts:
		return nil, fmt.Errorf("goaml report of alert %s: %w", f.Alert.ID, report.ErrNotConfirmed)
	case s.StandIn:
		return nil, fmt.Errorf("goaml report of alert %s: %w", f.Alert.ID, report.ErrNoPerson)
	}
	r, err := b.header(f.Alert.ID, b.f.Activity, f.At)
	if err != nil {
		return nil, fmt.Errorf("goaml report of alert %s: %w", f.Alert.ID, err)
	}
	r.FIURefNumber = f.FIURef
	for _, e := range slices.Backward(f.Earlier) {
		r.FIURefNumber = cmp.Or(r.FIURefNumber, e.Reference)
	}
	r.Reason = b.reason(f, cmp.Or(b.p.Fields["report"]["reason"].Max, math.MaxInt))
	if f.Books != nil && len(f.Books.Transactions) > 0 && !retracts {
		r.ReportCode = b.f.Transactions
		r.Transactions, err = b.transactions(f)
	} else {
		r.Activity, err = b.activity(s, retracts)
	}
	if err == nil {
		err = b.p.check(r)
	}
	if err != nil {
		return nil, fmt.Errorf("goaml report of alert %s: %w", f.Alert.ID, err)
	}
	out := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("goaml report of alert %s: %w", f.Alert.ID, err)
	}
	return append(out.Bytes(), '\n'), nil
}

// reason tells the alert, and first what it is to earlier reports.
func (b *Builder) reason(f Filing, chars int) string {
	preface := report.Preface(f.Corrects, f.Earlier, f.Alert.Statement)
	if f.Corrects == report.Retracted {
		return report.Cut(preface, chars)
	}
	if preface != "" {
		preface += "\n"
	}
	return preface + report.Narrative(f.Alert, chars-len([]rune(preface)))
}

func (b *Builder) header(reference, code string, at time.Time) (*xmlReport, error) {
	r := &xmlReport{
		EntityID: b.f.EntityID, Branch: b.f.Branch, SubmissionCode: b.f.SubmissionCode, ReportCode: code,
		EntityReference: reference, SubmissionDate: b.p.date(at), Currency: b.p.Currency,
		ReportingUserCode: b.f.ReportingUserCode, Indicators: slices.Clone(b.f.Indicators),
	}
	return r, errors.Join(copyInto(&r.ReportingPerson, b.f.ReportingPerson), copyInto(&r.Location, b.f.Location))
}

// copyInto copies what people gave, since checking cleans in place.
func copyInto[T any](to *T, from T) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

// transactions are those of the books, each beside the alert's evidence of it.
func (b *Builder) transactions(f Filing) ([]*Transaction, error) {
	if f.Books.Holder != b.f.Holder {
		return nil, errors.New("the books are of another institution than the filer: its customers' names are its own to report")
	}
	at := make(map[string]time.Time)
	for _, e := range f.Alert.Statement.Evidence {
		if e.What == "transaction" && e.Holder == b.f.Holder {
			at[e.Ref] = e.At
		}
	}
	var ts []*Transaction
	if err := copyInto(&ts, f.Books.Transactions); err != nil {
		return nil, err
	}
	var faults []string
	had := make(map[string]bool)
	for i, t := range ts {
		when, ok := at[t.Number]
		switch {
		case !ok:
			faults = append(faults, fmt.Sprintf("books.transactions[%d].transactionnumber: the alert refers to no such transaction of the filer", i))
		case had[t.Number]:
			faults = append(faults, fmt.Sprintf("books.transactions[%d].transactionnumber: is there twice", i))
		}
		had[t.Number] = true
		t.Date = b.p.date(when)
	}
	if missing := len(at) - len(had); missing > 0 && len(faults) == 0 {
		faults = append(faults, fmt.Sprintf("books.transactions: lack %d of the %d transactions of the filer that the alert refers to", missing, len(at)))
	}
	if len(faults) > 0 {
		return nil, &Invalid{Faults: faults}
	}
	slices.SortStableFunc(ts, func(a, b *Transaction) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Number, b.Number))
	})
	return ts, nil
}

// activity names the account once for each holder of records about it: what the holder
// calls it is not known here, so the pseudonym stands for it.
func (b *Builder) activity(s review.Statement, retracts bool) (*xmlActivity, error) {
	var parties []*xmlParty
	byHolder := make(map[string][]review.Evidence)
	var holders []string // in the order of the evidence, the most telling first
	for _, e := range s.Evidence {
		if byHolder[e.Holder] == nil {
			holders = append(holders, e.Holder)
		}
		byHolder[e.Holder] = append(byHolder[e.Holder], e)
	}
	if len(holders) == 0 {
		return nil, &Invalid{Faults: []string{"report.activity: the alert refers to no record, so there is nobody to ask"}}
	}
	significance := int(math.Round(10 * s.Probability))
	if retracts {
		significance = 0
	}
	limit := cmp.Or(b.p.Fields["report_party_type"]["reason"].Max, math.MaxInt)
	for _, holder := range holders {
		account := &Account{InstitutionCode: holder, Account: string(s.Subject), Name: b.p.NotKnown}
		if !slices.ContainsFunc(byHolder[holder], func(e review.Evidence) bool { return e.What == "transaction" }) {
			account.NonBank = new(Flag(true))
		}
		account.Comments = "The account is a pseudonym. " + holder + " can tell whose it is by the records of which it is the holder."
		parties = append(parties, &xmlParty{
			Account: account, Significance: &significance,
			Reason: records(holder, byHolder[holder], b.p, limit),
		})
	}
	return &xmlActivity{parties}, nil
}

// records lists records of a holder, as many as fit.
func records(holder string, of []review.Evidence, p *Profile, chars int) string {
	text := "Records that " + holder + " holds, with times of " + p.Zone + ":"
	for i, e := range of {
		one := fmt.Sprintf("\n%s %s %s", p.date(e.At), e.What, e.Ref)
		rest := fmt.Sprintf("\nand %d more", len(of)-i)
		if len([]rune(text+one+rest)) > chars {
			return text + rest
		}
		text += one
	}
	return text
}
