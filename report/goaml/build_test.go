package goaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

func TestForms(t *testing.T) {
	b := builder(t)
	for name, given := range map[string]*Books{"transactions.xml": books(t), "activity.xml": nil} {
		f := Filing{Alert: sampleAlert(t), At: submitted, Books: given, FIURef: "FIU-1"}
		xml, err := b.Build(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden.Check(t, name, xml)
		again, err := b.Build(f)
		if err != nil || !bytes.Equal(xml, again) {
			t.Errorf("%s: built again it is another (%v)", name, err)
		}
	}
}

// TestAfterAReport: what follows, corrects or takes back a report names it by both ids, and a
// retraction names nobody out of the books.
func TestAfterAReport(t *testing.T) {
	earlier := []report.Earlier{{ID: "first", Reference: "AE-1"}, {ID: "second"}}
	for name, c := range map[string]struct{ corrects, says string }{
		"followup.xml":   {"", "<reason>This report follows the report with the id first (your reference AE-1), the report with the id second"},
		"correction.xml": {report.Corrected, "<reason>CORRECTION of the report with the id first"},
		"retraction.xml": {report.Retracted, "<reason>RETRACTION of the report with the id first"},
	} {
		f := Filing{Alert: sampleAlert(t), At: submitted, Books: books(t), Earlier: earlier, Corrects: c.corrects}
		if c.corrects == report.Retracted {
			f.Alert.Statement.Verdict = review.Dismiss
		}
		xml, err := builder(t).Build(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden.Check(t, name, xml)
		text := string(xml)
		if !strings.Contains(text, c.says) || !strings.Contains(text, "<fiu_ref_number>AE-1</fiu_ref_number>") {
			t.Errorf("%s:\n%s", name, text)
		}
		retracts := c.corrects == report.Retracted
		if strings.Contains(text, "O&#39;Example") == retracts || strings.Contains(text, "<significance>0</significance>") != retracts {
			t.Errorf("%s names somebody, or weighs wrongly:\n%s", name, text)
		}
	}
	dismissed := sampleAlert(t)
	dismissed.Statement.Verdict = review.Dismiss
	for _, f := range []Filing{{Alert: dismissed, At: submitted}, {Alert: sampleAlert(t), At: submitted, Earlier: earlier, Corrects: report.Retracted}} {
		if _, err := builder(t).Build(f); !errors.Is(err, report.ErrNotConfirmed) {
			t.Errorf("%q: %v", f.Corrects, err)
		}
	}
}

func TestDatesAreOfTheUnitsZone(t *testing.T) {
	xml, err := builder(t).Build(Filing{Alert: sampleAlert(t), At: submitted, Books: books(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<submission_date>2026-03-03T02:15:00</submission_date>",   // 22:15 UTC of the day before
		"<date_transaction>2026-03-01T14:00:00</date_transaction>", // TX-0001, 10:00 UTC
	} {
		if !bytes.Contains(xml, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
}

func TestNamesAreKeptAsTheyAreHeld(t *testing.T) {
	xml, err := builder(t).Build(Filing{Alert: sampleAlert(t), At: submitted, Books: books(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<first_name>Zoe</first_name>", "<last_name>O&#39;Example</last_name>", "first_name as it is held: Zoë.", "last_name as it is held: O’Example."} {
		if !bytes.Contains(xml, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
}

// TestBooksAreLeftAsTheyWere: what people gave is not changed by making a report of it.
func TestBooksAreLeftAsTheyWere(t *testing.T) {
	given := books(t)
	before, _ := json.Marshal(given)
	if _, err := builder(t).Build(Filing{Alert: sampleAlert(t), At: submitted, Books: given}); err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(given); !bytes.Equal(before, after) {
		t.Error("building changed the books")
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Filing)
		want   string // in the error
		is     error
	}{
		"not confirmed":   {func(f *Filing) { f.Alert.Statement.Verdict = review.Dismiss }, "", report.ErrNotConfirmed},
		"a stand-in":      {func(f *Filing) { f.Alert.Statement.StandIn = true }, "", report.ErrNoPerson},
		"no evidence":     {func(f *Filing) { f.Alert.Statement.Evidence, f.Books = nil, nil }, "refers to no record", nil},
		"another's books": {func(f *Filing) { f.Books.Holder = "OTHERXXX" }, "another institution", nil},
		"a transaction of none": {func(f *Filing) { f.Books.Transactions[0].Number = "TX-9" },
			"books.transactions[0].transactionnumber: the alert refers to no such transaction", nil},
		"one twice":   {func(f *Filing) { f.Books.Transactions[1].Number = "TX-0002" }, "books.transactions[1].transactionnumber: is there twice", nil},
		"one lacking": {func(f *Filing) { f.Books.Transactions = f.Books.Transactions[:1] }, "lack 1 of the 2 transactions", nil},
		"a long reference": {func(f *Filing) { f.FIURef = strings.Repeat("x", 256) },
			"report.fiu_ref_number: 256 characters, and the limit is 255", nil},
		"no amount": {func(f *Filing) { f.Books.Transactions[1].AmountLocal = "" },
			"report.transaction[0].amount_local: missing", nil},
		"a false amount": {func(f *Filing) { f.Books.Transactions[1].AmountLocal = "1,5" },
			"report.transaction[0].amount_local: must be a decimal number", nil},
		"a huge amount": {func(f *Filing) { f.Books.Transactions[1].AmountLocal = "7900000000000000" },
			"report.transaction[0].amount_local: must be a decimal number", nil},
		"a long amount": {func(f *Filing) { f.Books.Transactions[1].AmountLocal = "123456.1234567890123" },
			"report.transaction[0].amount_local: must be a decimal number of at most 18 digits", nil},
		"a false date": {func(f *Filing) { f.Books.Transactions[1].ValueDate = "2026-03-01T14:30:00Z" },
			"report.transaction[0].value_date: must be a date like 2025-01-13T05:06:30", nil},
		"an old date": {func(f *Filing) { f.Books.Transactions[1].ValueDate = "1752-12-31T23:59:59" },
			"report.transaction[0].value_date: must be a date", nil},
		"an unknown code": {func(f *Filing) { f.Books.Transactions[1].TransmodeCode = "XX" },
			"report.transaction[0].transmode_code: must be one of the unit's codes: -, ATM", nil},
		"no comment on the mode": {func(f *Filing) { f.Books.Transactions[1].TransmodeComment = "" },
			"report.transaction[0].transmode_comment: missing", nil},
		"a long comment on the mode": {func(f *Filing) { f.Books.Transactions[1].TransmodeComment = "SW" },
			"report.transaction[0].transmode_comment: 2 characters, and the limit is 1", nil},
		"two from": {func(f *Filing) { tx := f.Books.Transactions[1]; tx.FromMyClient = tx.From },
			"report.transaction[0]: must have exactly one of t_from_my_client, t_from, and has 2", nil},
		"no to":    {func(f *Filing) { f.Books.Transactions[1].ToMyClient = nil }, "report.transaction[0]: must have exactly one of t_to_my_client, t_to, and has 0", nil},
		"no party": {func(f *Filing) { f.Books.Transactions[1].From.Entity = nil }, "report.transaction[0].t_from: must have exactly one of from_account, from_person, from_entity", nil},
		"half a passport": {func(f *Filing) { f.Books.Transactions[0].From.Person.PassportCountry = "" },
			"report.transaction[1].t_from.from_person: must have all of passport_number, passport_country or none", nil},
		"a name of other letters": {func(f *Filing) { f.Books.Transactions[0].From.Person.FirstName = "زينب" },
			"report.transaction[1].t_from.from_person.first_name: has characters that names of this unit may not have", nil},
		"a name of nothing": {func(f *Filing) { f.Books.Transactions[0].From.Person.FirstName = "\u200b" },
			"report.transaction[1].t_from.from_person.first_name: has nothing that can be printed", nil},
		"a client without signatory": {func(f *Filing) { f.Books.Transactions[0].ToMyClient.Account.Signatories = nil },
			"report.transaction[1].t_to_my_client.to_account.signatory: missing", nil},
		"a client without telephone": {func(f *Filing) { f.Books.Transactions[0].ToMyClient.Account.Signatories[0].Person.Phones = nil },
			"report.transaction[1].t_to_my_client.to_account.signatory[0].t_person.phones: missing", nil},
		"six addresses": {func(f *Filing) {
			f.Books.Transactions[1].From.Entity.Emails = []string{"a@b.example", "a@b.example", "a@b.example", "a@b.example", "a@b.example", "a@b.example"}
		}, "report.transaction[0].t_from.from_entity.email: stands 6 times, and the limit is 5", nil},
		"no address": {func(f *Filing) { f.Books.Transactions[1].From.Entity.Emails = []string{"nobody"} },
			"report.transaction[0].t_from.from_entity.email[0]: must match", nil},
		"not primary": {func(f *Filing) { f.Books.Transactions[0].ToMyClient.Account.Signatories[0].Primary = new(Flag(false)) },
			"is_primary: may be true or left out", nil},
	} {
		f := Filing{Alert: sampleAlert(t), At: submitted, Books: books(t)}
		c.change(&f)
		_, err := builder(t).Build(f)
		switch {
		case err == nil:
			t.Errorf("%s: a report was made", name)
		case c.is != nil && !errors.Is(err, c.is), !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v\nwant %s %v", name, err, c.want, c.is)
		}
	}
}

// TestErrorsQuoteNothing: what is wrong is told by the element's name, not its value.
func TestErrorsQuoteNothing(t *testing.T) {
	f := Filing{Alert: sampleAlert(t), At: submitted, Books: books(t)}
	person := f.Books.Transactions[0].From.Person
	person.FirstName, person.Birthdate, person.Residence, person.Emails = "CANARY漢", "CANARY", "CANARY", []string{"CANARY"}
	_, err := builder(t).Build(f)
	var invalid *Invalid
	if !errors.As(err, &invalid) || len(invalid.Faults) != 4 {
		t.Fatalf("got %v, want four faults", err)
	}
	if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a value is quoted: %v", err)
	}
}

// TestElementsOfOtherSchemas: what a unit's schema lacks is refused, not left out in silence.
func TestElementsOfOtherSchemas(t *testing.T) {
	p := uae(t)
	delete(p.Fields["t_entity"], "url")
	delete(p.Fields["transaction"], "teller")
	b, err := New(p, filer(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Build(Filing{Alert: sampleAlert(t), At: submitted, Books: books(t)})
	if err == nil || !strings.Contains(err.Error(), "report.transaction[0].teller: the unit's schema has no such element") {
		t.Errorf("got %v", err)
	}
}

func TestALongCaseFits(t *testing.T) {
	a := sampleAlert(t)
	for len(a.Statement.Evidence) < review.MaxEvidence {
		e := a.Statement.Evidence[1]
		e.Ref = strings.Repeat("R", 256)
		a.Statement.Evidence = append(a.Statement.Evidence, e)
	}
	xml, err := builder(t).Build(Filing{Alert: a, At: submitted})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(xml, []byte("more")) {
		t.Error("nothing was left out of 256 long references")
	}
}
