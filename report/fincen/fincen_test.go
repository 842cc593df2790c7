package fincen

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

var filed = time.Date(2026, 3, 3, 3, 0, 0, 0, time.UTC) // the day before in New York

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sampleAlert(t testing.TB) report.Alert {
	t.Helper()
	a, err := report.DecodeAlert(read(t, "../testdata/alert.json"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func filer(t testing.TB) Filer {
	t.Helper()
	f, err := LoadFiler(read(t, "testdata/filer.json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func subject(t testing.TB) *Subject {
	t.Helper()
	s, err := LoadSubject(read(t, "testdata/subject.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReports(t *testing.T) {
	for name, s := range map[string]*Subject{"unknown.xml": nil, "known.xml": subject(t)} {
		data, err := Build(filer(t), Filing{Alert: sampleAlert(t), Subject: s, At: filed})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden.Check(t, name, data)
		if again, err := Build(filer(t), Filing{Alert: sampleAlert(t), Subject: s, At: filed}); err != nil || !bytes.Equal(data, again) {
			t.Errorf("%s: built again it is another (%v)", name, err)
		}
	}
}

// TestAfterAReport: what follows, corrects or takes back a report names it by its BSA ID, and
// is not made where that is not known.
func TestAfterAReport(t *testing.T) {
	earlier := []report.Earlier{{ID: "first", Reference: "31000000000001"}, {ID: "second", Reference: "31000000000002"}}
	for name, c := range map[string]struct{ corrects, indicator, says string }{
		"followup.xml":   {"", "ContinuingActivityReportIndicator", "This report follows the report with the id first"},
		"correction.xml": {report.Corrected, "CorrectsAmendsPriorReportIndicator", "CORRECTION of the report"},
		"retraction.xml": {report.Retracted, "CorrectsAmendsPriorReportIndicator", "RETRACTION of the report"},
	} {
		f := Filing{Alert: sampleAlert(t), Subject: subject(t), At: filed, Earlier: earlier, Corrects: c.corrects}
		if c.corrects == report.Retracted {
			f.Alert.Statement.Verdict = review.Dismiss
		}
		data, err := Build(filer(t), f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden.Check(t, name, data)
		text := string(data)
		if !strings.Contains(text, c.indicator+">Y") || strings.Contains(text, "InitialReportIndicator") || !strings.Contains(text, c.says) ||
			!strings.Contains(text, "<fc2:EFilingPriorDocumentNumber>31000000000002</fc2:EFilingPriorDocumentNumber>") {
			t.Errorf("%s:\n%s", name, text)
		}
		if told := strings.Contains(text, "What speaks for it"); told == (c.corrects == report.Retracted) {
			t.Errorf("%s tells of a suspicion: %v", name, told)
		}
		if named := strings.Contains(text, subject(t).LastName); named == (c.corrects == report.Retracted) {
			t.Errorf("%s names the customer: %v", name, named)
		}
		f.Earlier = []report.Earlier{{ID: "first"}}
		var lacks *Invalid
		if _, err := Build(filer(t), f); !errors.As(err, &lacks) || !strings.Contains(err.Error(), "BSA ID") {
			t.Errorf("%s without the BSA ID: %v", name, err)
		}
	}
	dismissed := sampleAlert(t)
	dismissed.Statement.Verdict = review.Dismiss
	for _, f := range []Filing{{Alert: dismissed, At: filed}, {Alert: dismissed, At: filed, Corrects: report.Retracted}, {Alert: sampleAlert(t), At: filed, Earlier: earlier, Corrects: report.Retracted}} {
		if _, err := Build(filer(t), f); !errors.Is(err, report.ErrNotConfirmed) {
			t.Errorf("%+v: %v", f.Corrects, err)
		}
	}
}

func TestFilersAreChecked(t *testing.T) {
	if err := filer(t).Check(); err != nil {
		t.Error(err)
	}
	err := Filer{Zone: "Local", Regulator: "5"}.Check()
	for _, want := range []string{"filer.holder: missing", "filer.zone: must", "filer.regulator: must", "filer.tin: missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
}

// TestTheNotice: what FIN-2021-NTC3 asks for is where it asks for it.
func TestTheNotice(t *testing.T) {
	data, err := Build(filer(t), Filing{Alert: sampleAlert(t), At: filed})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<fc2:FilingInstitutionNotetoFinCEN>OCSE-FIN-2021-NTC3</fc2:FilingInstitutionNotetoFinCEN>",
		"<fc2:ActivityNarrativeText>OCSE-FIN-2021-NTC3 ",
		"<fc2:OtherSuspiciousActivityTypeText>OCSE</fc2:OtherSuspiciousActivityTypeText>",
		"<fc2:SuspiciousActivitySubtypeID>9999</fc2:SuspiciousActivitySubtypeID>",
		"<fc2:FilingDateText>20260302</fc2:FilingDateText>",
		"<fc2:AmountUnknownIndicator>Y</fc2:AmountUnknownIndicator>",
	} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
}

// TestNumbersAreUnique: each element of the batch has its own.
func TestNumbersAreUnique(t *testing.T) {
	data, err := Build(filer(t), Filing{Alert: sampleAlert(t), Subject: subject(t), At: filed})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "SeqNum" {
					if seen[a.Value] || a.Value == "0" {
						t.Errorf("%s has number %s", e.Name.Local, a.Value)
					}
					seen[a.Value] = true
				}
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d elements have a number", len(seen))
	}
}

func TestNarrativeInParts(t *testing.T) {
	a := sampleAlert(t)
	for len(a.Statement.Evidence) < review.MaxEvidence {
		a.Statement.Evidence = append(a.Statement.Evidence, a.Statement.Evidence[1])
	}
	all := parts(Keyword + " " + report.Narrative(a, maxNarrative-len(Keyword)-1))
	if len(all) != 5 {
		t.Errorf("%d parts", len(all))
	}
	total := 0
	for i, part := range all {
		n := utf8.RuneCountInString(part)
		total += n
		if n > 4000 || strings.TrimSpace(part) != part || strings.ContainsAny(part, "\n\r\t") || n == 0 {
			t.Errorf("part %d has %d characters: %.40q", i+1, n, part)
		}
	}
	if total > 17000 {
		t.Errorf("%d characters", total)
	}
	if _, err := Build(filer(t), Filing{Alert: a, At: filed}); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Filer, *report.Alert, *Subject)
		want   string
		is     error
	}{
		"not confirmed":     {func(_ *Filer, a *report.Alert, _ *Subject) { a.Statement.Verdict = review.Dismiss }, "", report.ErrNotConfirmed},
		"a stand-in":        {func(_ *Filer, a *report.Alert, _ *Subject) { a.Statement.StandIn = true }, "", report.ErrNoPerson},
		"another's subject": {func(_ *Filer, _ *report.Alert, s *Subject) { s.Holder = "OTHER" }, "another institution", nil},
		"not its business":  {func(f *Filer, _ *report.Alert, s *Subject) { f.Holder, s.Holder = "demo", "demo" }, "filer.holder: the alert refers to no transaction", nil},
		"no zone":           {func(f *Filer, _ *report.Alert, _ *Subject) { f.Zone = "" }, "filer.zone", nil},
		"no name":           {func(f *Filer, _ *report.Alert, _ *Subject) { f.Name = "" }, "filer.name: missing", nil},
		"no code":           {func(f *Filer, _ *report.Alert, _ *Subject) { f.ControlCode = "" }, "filer.control_code: missing", nil},
		"no such regulator": {func(f *Filer, _ *report.Alert, _ *Subject) { f.Regulator = "8" }, "filer.regulator: must be one of 1, 2", nil},
		"no such type":      {func(f *Filer, _ *report.Alert, _ *Subject) { f.Type = 6 }, "filer.type: must be one of", nil},
		"no such subtype":   {func(f *Filer, _ *report.Alert, _ *Subject) { f.Subtype = 1 }, "filer.subtype: must be one of", nil},
		"a phone":           {func(f *Filer, _ *report.Alert, _ *Subject) { f.Phone = "+1 202" }, "filer.phone: must be at most 15 digits", nil},
		"a long name":       {func(f *Filer, _ *report.Alert, _ *Subject) { f.Name = strings.Repeat("é", 151) }, "RawPartyFullName: 151 characters, and the limit is 150", nil},
		"a blank":           {func(f *Filer, _ *report.Alert, _ *Subject) { f.Name = "Example " }, "RawPartyFullName: must be printable, in one line", nil},
		"two lines":         {func(f *Filer, _ *report.Alert, _ *Subject) { f.Address.City = "a\nb" }, "RawCityText: must be printable", nil},
		"unprintable":       {func(f *Filer, _ *report.Alert, _ *Subject) { f.Address.City = "a\u202eb" }, "RawCityText: must be printable", nil},
		"a long country":    {func(_ *Filer, _ *report.Alert, s *Subject) { s.Address.Country = "USA" }, "RawCountryCodeText: 3 characters, and the limit is 2", nil},
		"a number's type":   {func(_ *Filer, _ *report.Alert, s *Subject) { s.TINType = "" }, "subject.tin_type: must be one of", nil},
		"a type of none":    {func(_ *Filer, _ *report.Alert, s *Subject) { s.TIN = "" }, "subject.tin_type: is of no number", nil},
		"a birthday":        {func(_ *Filer, _ *report.Alert, s *Subject) { s.BirthDate = "19900230" }, "subject.birth_date: must be a date", nil},
		"cents":             {func(_ *Filer, _ *report.Alert, s *Subject) { s.Amount = "1.50" }, "subject.amount: must be at most 15 digits", nil},
		"a long account":    {func(_ *Filer, _ *report.Alert, s *Subject) { s.Accounts[1] = strings.Repeat("1", 41) }, "Account[1].AccountNumberText: 41 characters", nil},
		"many accounts":     {func(_ *Filer, _ *report.Alert, s *Subject) { s.Accounts = make([]string, 100) }, "subject.accounts: 100 of them", nil},
	} {
		f, a, s := filer(t), sampleAlert(t), subject(t)
		c.change(&f, &a, s)
		_, err := Build(f, Filing{Alert: a, Subject: s, At: filed})
		switch {
		case err == nil:
			t.Errorf("%s: a report was made", name)
		case c.is != nil && !errors.Is(err, c.is), !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v\nwant %s %v", name, err, c.want, c.is)
		}
	}
}

func TestReadersAreStrict(t *testing.T) {
	for _, text := range []string{`{"holdre": "a"}`, `{} {}`, ``, `[]`, strings.Repeat(" ", maxFile+1)} {
		if _, err := LoadSubject([]byte(text)); err == nil {
			t.Errorf("%.20q was taken", text)
		}
	}
	if _, err := LoadFiler([]byte(`{"type": "CANARY"}`)); err == nil || !strings.Contains(err.Error(), "type: must be of type int") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}

// FuzzBuild: whatever people and alerts say, a report that is made is XML, with no line
// break or control character in a text.
func FuzzBuild(f *testing.F) {
	f.Add("Example", "a", "19900101", "says")
	f.Add("\x00", " b", "x", "\u202e\n")
	own, alert := filer(f), sampleAlert(f)
	f.Fuzz(func(t *testing.T, name, account, birth, says string) {
		one := own
		one.Name = name
		a := alert
		a.Statement.Parts = append([]review.Part{{Name: "list-match", Weight: 1, Says: says}}, a.Statement.Parts...)
		data, err := Build(one, Filing{Alert: a, Subject: &Subject{Holder: own.Holder, Accounts: []string{account}, BirthDate: birth}, At: filed})
		if err != nil {
			return
		}
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) > 0 && (bytes.ContainsAny(text, "\n\r\t") || report.PlainText(string(text)) == "") {
				t.Fatalf("a text is %q", text)
			}
		}
	})
}
