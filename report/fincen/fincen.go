package fincen

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

// What FinCEN's notice FIN-2021-NTC3 of September 2021 asks for.
const (
	Keyword = "OCSE-FIN-2021-NTC3" // alone in field 2, and in the narrative
	Other   = "OCSE"               // in field 38(z)
)

// Codes of the schema.
const (
	transmitter, transmitterContact     = 35, 37
	filingInstitution, contactOffice    = 30, 8
	subjectParty, whereItOccurred       = 33, 34
	accountHolder                       = 41
	otherActivity, otherActivitySubtype = 9, 9999 // field 38(z)
	institutionsHold, accountOf         = 7, 5
	legal, yes                          = "L", "Y"
	transmitterTIN, controlCode         = "4", "28"
)

const (
	maxFile       = 1 << 20
	narrativePart = 4000
	// maxNarrative is what FinCEN takes of the narrative's five parts together.
	maxNarrative = 17000
)

// An Address is one in the form's terms. Country is ISO 3166-1 alpha-2, State the code of
// the United States, Canada or Mexico.
type Address struct {
	Street  string `json:"street"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
	Country string `json:"country"`
}

// A Filer is the institution that files, for activity at itself.
type Filer struct {
	Holder  string  `json:"holder"` // under which alerts know it
	Zone    string  `json:"zone"`   // in which it counts its days, of the IANA database
	Name    string  `json:"name"`
	Address Address `json:"address"`
	TIN     string  `json:"tin"`
	// TINType is the code of its number: 2 for an EIN, 1 for an SSN or ITIN, 9 foreign.
	TINType string `json:"tin_type"`
	// Regulator, Type and Subtype are the form's codes: 7 is the IRS; type 4 a money
	// services business, 2 a depository institution, 5 securities with its subtypes.
	Regulator string `json:"regulator"`
	Type      int    `json:"type"`
	Subtype   int    `json:"subtype"`
	// ControlCode is the transmitter's (TCC), Transmitter its contact's name.
	ControlCode string `json:"control_code"`
	Transmitter string `json:"transmitter_contact"`
	Office      string `json:"contact_office"`
	Phone       string `json:"phone"` // digits alone
}

// A Subject is what the filer knows of the account's owner. What is empty is told as unknown.
type Subject struct {
	Holder    string   `json:"holder"` // must be the filer's
	LastName  string   `json:"last_name"`
	FirstName string   `json:"first_name"`
	BirthDate string   `json:"birth_date"` // YYYYMMDD
	Address   Address  `json:"address"`
	TIN       string   `json:"tin"`
	TINType   string   `json:"tin_type"`
	Accounts  []string `json:"accounts"` // numbers, at the filer
	// Amount is what the filer counts as suspicious, in whole dollars.
	Amount string `json:"amount"`
}

// LoadFiler and LoadSubject read files of people: JSON without unknown members.
func LoadFiler(data []byte) (f Filer, err error) { return f, decode(data, &f, "filer") }

// LoadSubject reads a subject.
func LoadSubject(data []byte) (*Subject, error) {
	s := &Subject{}
	return s, decode(data, s, "subject")
}

func decode(data []byte, v any, what string) error {
	if len(data) > maxFile {
		return fmt.Errorf("fincen %s: %d bytes, and the limit is %d", what, len(data), maxFile)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) { // its own text may hold a value
			return fmt.Errorf("fincen %s: %s: must be of type %s", what, wrong.Field, wrong.Type)
		}
		return fmt.Errorf("fincen %s: %w", what, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("fincen %s: something follows the JSON value", what)
	}
	return nil
}

// Invalid says all that is wrong with a report, each fault with the name of the element and
// its limit. It quotes no value.
type Invalid struct{ Faults []string }

func (e *Invalid) Error() string { return strings.Join(e.Faults, "; ") }

// A Filing is one report to make.
type Filing struct {
	Alert   report.Alert
	Subject *Subject  // nil is unknown in all
	At      time.Time // on whose day it is filed
	// Earlier are the reports on the same account that FinCEN has, the oldest first, each with
	// its BSA ID for a reference. Corrects is the outcome of a correction of them, of which
	// Alert is the statement: it is told as one that corrects or amends the prior report, and
	// what follows them as one of continuing activity.
	Earlier  []report.Earlier
	Corrects string
}

var bsaID = regexp.MustCompile(`^[0-9]{14}$`)

// prior is the BSA ID of the report before, empty for an initial one.
func (r Filing) prior() (string, error) {
	if len(r.Earlier) == 0 {
		return "", nil
	}
	id := r.Earlier[len(r.Earlier)-1].Reference
	if !bsaID.MatchString(id) {
		return "", &Invalid{[]string{"EFilingPriorDocumentNumber: the earlier report's BSA ID, of 14 digits, is not known"}}
	}
	return id, nil
}

func (r Filing) association() association {
	switch {
	case len(r.Earlier) == 0:
		return association{Initial: yes}
	case r.Corrects != "":
		return association{Corrects: yes}
	}
	return association{Continuing: yes}
}

// Build returns a batch with the report of one alert: the same bytes for the same values. The
// error is an *Invalid, or says why the alert may not be reported.
func Build(f Filer, r Filing) ([]byte, error) {
	a, s, st := r.Alert, r.Subject, r.Alert.Statement
	retracts := r.Corrects == report.Retracted
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("SAR of alert %s: %w", a.ID, err) }
	prior, err := r.prior()
	if err != nil {
		return fail(err)
	}
	zone, err := time.LoadLocation(f.Zone)
	switch {
	case (st.Verdict == review.Confirm) == retracts || retracts && prior == "":
		return fail(report.ErrNotConfirmed)
	case st.StandIn:
		return fail(report.ErrNoPerson)
	case err != nil || f.Zone == "" || f.Zone == "Local":
		return fail(&Invalid{[]string{"filer.zone: must be a name of the IANA time zone database"}})
	case s != nil && s.Holder != f.Holder:
		return fail(errors.New("the subject is of another institution than the filer: its customers' names are its own to report"))
	case !slices.ContainsFunc(st.Evidence, func(e review.Evidence) bool { return e.Holder == f.Holder && e.What == "transaction" }):
		return fail(&Invalid{[]string{"filer.holder: the alert refers to no transaction of the filer"}})
	}
	if s == nil || retracts { // who is not suspected is not named again
		s = &Subject{}
	}
	day := func(t time.Time) string { return t.In(zone).Format("20060102") }
	b := batch{
		Space: "www.fincen.gov/base", Instance: "http://www.w3.org/2001/XMLSchema-instance",
		Location:    "www.fincen.gov/base https://www.fincen.gov/base/EFL_SARXBatchSchema.xsd",
		TotalAmount: "0", PartyCount: 1, ActivityCount: 1, FormTypeCode: "SARX",
	}
	act := &b.Activity
	act.Prior, act.FilingDate, act.Note, act.Association = prior, day(r.At), Keyword, r.association()
	act.Parties = append(f.parties(), s.party(f))
	act.Suspicious = suspicious{From: day(st.First), To: day(st.Last), Kinds: []classification{{Other: Other, Type: otherActivity, Subtype: otherActivitySubtype}}}
	if s.Amount == "" {
		act.Suspicious.AmountUnknown = yes
	} else {
		act.Suspicious.Amount, b.TotalAmount = s.Amount, s.Amount
	}
	text := strings.TrimSpace(Keyword + " " + report.Preface(r.Corrects, r.Earlier, st))
	if !retracts {
		text += " " + report.Narrative(a, maxNarrative-utf8.RuneCountInString(text)-1)
	}
	for i, part := range parts(text) {
		act.Narrative = append(act.Narrative, narrative{Part: i + 1, Text: part})
	}
	if faults := check(f, s, act); len(faults) > 0 {
		return fail(&Invalid{faults})
	}
	last := 0
	number(reflect.ValueOf(&b), &last)
	out := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(b); err != nil {
		return fail(err)
	}
	return append(out.Bytes(), '\n'), nil
}

func (a Address) element() address {
	return address{City: a.City, Country: a.Country, State: a.State, Street: a.Street, Zip: a.Zip}
}

// parties are those that the filer is: it transmits and files, and it is where it occurred.
func (f Filer) parties() []*party {
	full := []partyName{{Type: legal, FullName: f.Name}}
	where := []address{f.Address.element()}
	is := []organization{{Type: f.Type, Subtype: f.Subtype}}
	tin := []identification{{Number: f.TIN, Type: f.TINType}}
	return []*party{
		{
			Type: transmitter, Names: slices.Clone(full), Addresses: slices.Clone(where), Phones: []phone{{Number: f.Phone}},
			Identifications: []identification{{Number: f.TIN, Type: transmitterTIN}, {Number: f.ControlCode, Type: controlCode}},
		},
		{Type: transmitterContact, Names: []partyName{{Type: legal, FullName: f.Transmitter}}},
		{Type: filingInstitution, Regulator: f.Regulator, Names: slices.Clone(full), Addresses: slices.Clone(where), Identifications: slices.Clone(tin), Organizations: slices.Clone(is)},
		{Type: contactOffice, Names: []partyName{{Type: legal, FullName: f.Office}}, Phones: []phone{{Number: f.Phone}}},
		{Type: whereItOccurred, NoBranch: yes, Regulator: f.Regulator, Names: full, Addresses: where, Identifications: tin, Organizations: is},
	}
}

// unless is yes where a value is not known.
func unless(known string) string {
	if known == "" {
		return yes
	}
	return ""
}

// party is the subject, with what is unknown told as such.
func (s *Subject) party(f Filer) *party {
	p := &party{
		Type: subjectParty, BirthDate: s.BirthDate, BirthDateUnknown: unless(s.BirthDate), GenderUnknown: yes,
		Names: []partyName{{
			Type: legal, LastName: s.LastName, FirstName: s.FirstName,
			LastNameUnknown: unless(s.LastName), FirstNameUnknown: unless(s.FirstName),
		}},
		Identifications: []identification{{Number: s.TIN, Type: s.TINType, TINUnknown: unless(s.TIN)}},
	}
	a := s.Address.element()
	a.CityUnknown, a.CountryUnknown, a.StreetUnknown = unless(a.City), unless(a.Country), unless(a.Street)
	a.StateUnknown, a.ZipUnknown = unless(a.State), unless(a.Zip)
	p.Addresses = []address{a}
	if len(s.Accounts) == 0 {
		p.NoAccount = yes
		return p
	}
	p.Relations = []relation{{Customer: yes, TIN: f.TIN}}
	p.Accounts = &accountsOf{Type: institutionsHold, Held: accountHeld{
		Type: accountHolder, Identification: &identification{Number: f.TIN, Type: transmitterTIN},
	}}
	for _, number := range s.Accounts {
		p.Accounts.Held.Accounts = append(p.Accounts.Held.Accounts, account{Number: number, As: accountClose{Type: accountOf}})
	}
	return p
}

// parts breaks a narrative at blanks into parts of at most narrativePart characters. FinCEN
// takes no line breaks.
func parts(text string) []string {
	var all []string
	var b strings.Builder
	n := 0
	for _, word := range strings.Fields(report.PlainText(text)) {
		size := utf8.RuneCountInString(word)
		if n > 0 && n+1+size > narrativePart {
			all = append(all, b.String())
			b.Reset()
			n = 0
		}
		if n > 0 {
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += size
	}
	return append(all, b.String())
}

var (
	words  = regexp.MustCompile(`^\S+( +\S+)*$`)
	digits = regexp.MustCompile(`^[0-9]+$`)
)

// Check returns all that the form would not take of a filer, so that it shows before the first
// alert.
func (f Filer) Check() error {
	act := &activity{Parties: f.parties()}
	faults := check(f, &Subject{}, act)
	if f.Holder == "" {
		faults = append(faults, "filer.holder: missing")
	}
	if _, err := time.LoadLocation(f.Zone); err != nil || f.Zone == "" || f.Zone == "Local" {
		faults = append(faults, "filer.zone: must be a name of the IANA time zone database")
	}
	if len(faults) > 0 {
		return &Invalid{faults}
	}
	return nil
}

// check holds what people gave to the schema's rules.
func check(f Filer, s *Subject, act *activity) []string {
	var faults []string
	fault := func(at, says string) { faults = append(faults, at+": "+says) }
	required := map[string]string{
		"filer.name": f.Name, "filer.tin": f.TIN, "filer.control_code": f.ControlCode, "filer.transmitter_contact": f.Transmitter,
		"filer.contact_office": f.Office, "filer.phone": f.Phone, "filer.address.street": f.Address.Street,
		"filer.address.city": f.Address.City, "filer.address.country": f.Address.Country, "filer.address.state": f.Address.State, "filer.address.zip": f.Address.Zip,
	}
	for at, value := range required {
		if value == "" {
			fault(at, "missing")
		}
	}
	codes := func(at, value string, of ...string) {
		if !slices.Contains(of, value) {
			fault(at, "must be one of "+strings.Join(of, ", "))
		}
	}
	codes("filer.tin_type", f.TINType, "1", "2", "9")
	codes("filer.regulator", f.Regulator, "1", "2", "3", "4", "6", "7", "9", "13", "99")
	codes("filer.type", strconv.Itoa(f.Type), "1", "2", "3", "4", "5", "11", "12")
	if f.Subtype != 0 {
		codes("filer.subtype", strconv.Itoa(f.Subtype), "101", "102", "103", "503", "504", "508", "513", "514", "528", "529", "533", "534", "535", "539", "540", "541", "542")
	}
	if s.TIN != "" {
		codes("subject.tin_type", s.TINType, "1", "2", "9")
	} else if s.TINType != "" {
		fault("subject.tin_type", "is of no number")
	}
	for at, value := range map[string]string{"filer.phone": f.Phone, "subject.amount": s.Amount} {
		if value != "" && (!digits.MatchString(value) || len(value) > 15) {
			fault(at, "must be at most 15 digits")
		}
	}
	if _, err := time.Parse("20060102", s.BirthDate); s.BirthDate != "" && err != nil {
		fault("subject.birth_date", "must be a date like 19900131")
	}
	if len(s.Accounts) > 99 {
		fault("subject.accounts", fmt.Sprintf("%d of them, and the limit is 99", len(s.Accounts)))
	}
	limits(reflect.ValueOf(act), "Activity", fault)
	slices.Sort(faults)
	return slices.Compact(faults)
}

// limits holds every text of an element to its limit.
func limits(v reflect.Value, path string, fault func(at, says string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			limits(v.Elem(), path, fault)
		}
	case reflect.Slice:
		for i := range v.Len() {
			limits(v.Index(i), fmt.Sprintf("%s[%d]", path, i), fault)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, _, _ := strings.Cut(strings.TrimPrefix(field.Tag.Get("xml"), "fc2:"), ",")
			at := path + "." + name
			if most, err := strconv.Atoi(field.Tag.Get("max")); err == nil && v.Field(i).String() != "" {
				text := v.Field(i).String()
				switch n := utf8.RuneCountInString(text); {
				case n > most:
					fault(at, fmt.Sprintf("%d characters, and the limit is %d", n, most))
				case !words.MatchString(text) || report.PlainText(text) != strings.Join(strings.Fields(text), " "):
					fault(at, "must be printable, in one line, without blanks at its ends")
				}
			}
			limits(v.Field(i), at, fault)
		}
	}
}
