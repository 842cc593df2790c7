package goaml

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestProfileFaults(t *testing.T) {
	shipped, err := profiles.ReadFile("profiles/ae-5.0.2.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, to, want string }{
		"not JSON":         {"{\n", "[", "json"},
		"unknown member":   {`"name"`, `"nmae"`, "nmae"},
		"of another type":  {`"max": 255`, `"max": "CANARY"`, "must be of type int"},
		"two values":       {"\n}\n", "\n}\n{}", "something follows"},
		"no name":          {`"name": "ae-5.0.2"`, `"name": ""`, "name: missing"},
		"no zone":          {`"Asia/Dubai"`, `"Local"`, "zone: must be a name of the IANA"},
		"unknown zone":     {`"Asia/Dubai"`, `"Nowhere/Town"`, "zone: must be a name of the IANA"},
		"no expression":    {`"[a-zA-Z0-9 .'-]*"`, `"["`, "patterns.name: not a regular expression"},
		"no names":         {`"[a-zA-Z0-9 .'-]*"`, `""`, "patterns.name: missing"},
		"unknown list":     {`"codes": "funds"`, `"codes": "none"`, "fields.t_from.from_funds_code.codes: the profile has no list"},
		"unknown pattern":  {`"pattern": "email"`, `"pattern": "none"`, "pattern: the profile has no pattern"},
		"unknown type":     {`"type": "amount"`, `"type": "money"`, "type: must be date, amount"},
		"less than least":  {`"max": 100, "min": 1`, `"max": 100, "min": 101`, "limits must be positive, and min at most max"},
		"no such form":     {`"activity": "SAR"`, `"activity": "STR"`, "activity: must be one of forms.activity"},
		"nor of the other": {`"transactions": "STR"`, `"transactions": "SAR"`, "transactions: must be one of forms.transactions"},
		"no room":          {`"zip_bytes": 20000000`, `"zip_bytes": 1`, "package: needs"},
		"no elements":      {`"report": {`, `"rapport": {`, "fields.report: missing"},
	} {
		if !bytes.Contains(shipped, []byte(c.old)) {
			t.Errorf("%s: the profile has no %s", name, c.old)
			continue
		}
		_, err := LoadProfile(bytes.Replace(shipped, []byte(c.old), []byte(c.to), 1))
		if name == "not JSON" && err != nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := LoadProfile(make([]byte, maxFile+1)); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("a huge profile: %v", err)
	}
	if _, err := Shipped("xx"); err == nil || !strings.Contains(err.Error(), "ae-5.0.2") {
		t.Errorf("an unknown profile: %v", err)
	}
}

// TestEveryElementHasARule: each element that this package can write is in the shipped
// profile under each of its types, so that no limit is forgotten.
func TestEveryElementHasARule(t *testing.T) {
	p := uae(t)
	c := &checker{p: p}
	typeOf := map[string]reflect.Type{
		"report": reflect.TypeFor[xmlReport](), "transaction": reflect.TypeFor[Transaction](), "activity": reflect.TypeFor[xmlActivity](), "report_party_type": reflect.TypeFor[xmlParty](),
		"t_from": reflect.TypeFor[From](), "t_from_my_client": reflect.TypeFor[From](), "t_to": reflect.TypeFor[To](), "t_to_my_client": reflect.TypeFor[To](),
		"t_person_registration_in_report": reflect.TypeFor[Person](), "director_id": reflect.TypeFor[Director](),
	}
	for typ, name := range typeNames {
		typeOf[name] = typ
		if _, ok := p.Fields[name+myClient]; ok {
			typeOf[name+myClient] = typ
		}
	}
	elements := 0
	for name, typ := range typeOf {
		c.fields(reflect.New(typ).Elem(), func(_ reflect.StructField, _ reflect.Value, element string) {
			elements++
			if _, ok := p.Fields[name][element]; !ok {
				t.Errorf("%s.%s has no rule", name, element)
			}
		})
	}
	if elements < 200 {
		t.Errorf("only %d elements were looked at", elements)
	}
}

func TestFilerFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Filer)
		want   string
	}{
		"another profile":   {func(f *Filer) { f.Profile = "other" }, "profile: the filer is of another profile"},
		"no holder":         {func(f *Filer) { f.Holder = "" }, "holder: missing"},
		"no id":             {func(f *Filer) { f.EntityID = 0 }, "report.rentity_id: missing"},
		"a negative id":     {func(f *Filer) { f.EntityID = -1 }, "report.rentity_id: must be from 1 to any"},
		"nobody reports":    {func(f *Filer) { f.ReportingPerson = nil }, "report: must have exactly one of reporting_person, reporting_user_code, and has 0"},
		"two report":        {func(f *Filer) { f.ReportingUserCode = "user-1" }, "and has 2"},
		"a short code":      {func(f *Filer) { f.ReportingPerson, f.ReportingUserCode = nil, "u" }, "report.reporting_user_code: 1 characters, and the least is 4"},
		"no state":          {func(f *Filer) { f.Location.State = "" }, "report.location.state: missing"},
		"no such report":    {func(f *Filer) { f.Activity = "STR" }, "activity: must be one of"},
		"nor such":          {func(f *Filer) { f.Transactions = "SAR" }, "transactions: must be one of"},
		"no such indicator": {func(f *Filer) { f.Indicators = []string{"NONE"} }, "report.report_indicators[0]: must be one of"},
		"no such way":       {func(f *Filer) { f.SubmissionCode = "X" }, "report.submission_code: must be one of the unit's codes: -, E, M"},
		"a long branch":     {func(f *Filer) { f.Branch = strings.Repeat("é", 256) }, "report.rentity_branch: 256 characters, and the limit is 255"},
	} {
		f := filer(t)
		c.change(&f)
		if _, err := New(uae(t), f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	f := filer(t)
	f.ReportingPerson, f.ReportingUserCode = nil, "user-1"
	if _, err := New(uae(t), f); err != nil {
		t.Errorf("a user's code alone: %v", err)
	}
}

func TestReadersAreStrict(t *testing.T) {
	for _, text := range []string{`{"holder": "a", "holdre": "b"}`, `{} {}`, `{"transactions": [null]}`, `{"transactions": {}}`, ``, `null x`} {
		if _, err := LoadBooks([]byte(text)); err == nil {
			t.Errorf("books %s were taken", text)
		}
	}
	if _, err := LoadFiler([]byte(`{"rentity_id": "CANARY"}`)); err == nil || !strings.Contains(err.Error(), "rentity_id: must be of type int") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a filer with a false id: %v", err)
	}
	if !json.Valid(read(t, "testdata/books.json")) {
		t.Error("the test's own books are no JSON")
	}
}
