package goaml

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Profile says what one financial-intelligence unit takes through goAML. Units run
// one system with schemas of their own: a profile is data, not code.
type Profile struct {
	Name    string `json:"name"`    // "ae-5.0.2"
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Centre  string `json:"centre"`  // the unit's name
	Schema  string `json:"schema"`  // the version of goAML's schema
	Note    string `json:"note"`    // for who reads the file: sources, and what is assumed
	// Zone is the time zone in which the unit reads its dates, which say none.
	Zone     string `json:"zone"`
	Currency string `json:"currency"` // ISO 4217
	// NotKnown is written where the schema demands what nobody knows.
	NotKnown string `json:"not_known"`
	// Transactions and Activity are the report codes of the two forms where a filer
	// names no other, Forms all that each form may have.
	Transactions string `json:"transactions"`
	Activity     string `json:"activity"`
	Forms        struct {
		Transactions []string `json:"transactions"`
		Activity     []string `json:"activity"`
	} `json:"forms"`
	// Indicators are those of a report where a filer names no other.
	Indicators []string `json:"indicators"`
	// Patterns are regular expressions that the whole of an element must match. That
	// named "name" is of people's and entities' names.
	Patterns map[string]string `json:"patterns"`
	Package  Package           `json:"package"`
	// Codes are lists of codes, Fields the rules of the elements of each type. What
	// has no rule is not in the unit's schema.
	Codes  map[string][]string        `json:"codes"`
	Fields map[string]map[string]Rule `json:"fields"`

	zone     *time.Location
	patterns map[string]*regexp.Regexp
	codes    map[string]map[string]bool
}

// A Rule is what an element must be.
type Rule struct {
	Required bool   `json:"required"`
	Min      int    `json:"min"`     // characters, where there are any
	Max      int    `json:"max"`     // characters; 0: no limit
	Most     int    `json:"most"`    // how often it may stand; 0: no limit
	Pattern  string `json:"pattern"` // one of the profile's
	Codes    string `json:"codes"`   // one of the profile's lists
	// Type is "date", "amount", "integer", "boolean", or empty for text.
	Type string `json:"type"`
	// Least and Greatest bound an integer.
	Least    *int `json:"least"`
	Greatest *int `json:"greatest"`
	Only     bool `json:"only"` // a boolean that may be true or left out
}

// A Package bounds the ZIP in which a report is submitted.
type Package struct {
	FileBytes  int      `json:"file_bytes"`
	ZipBytes   int      `json:"zip_bytes"`
	Files      int      `json:"files"`      // attachments
	NameChars  int      `json:"name_chars"` // of an attachment's name
	Extensions []string `json:"extensions"` // of attachments, lower case
}

//go:embed profiles/*.json
var profiles embed.FS

// maxFile bounds the files that people write for this package, in bytes.
const maxFile = 1 << 20

// Shipped returns a profile that comes with the package by its name: "ae-5.0.2".
func Shipped(name string) (*Profile, error) {
	entries, err := profiles.ReadDir("profiles")
	if err != nil {
		return nil, fmt.Errorf("goaml profiles: %w", err)
	}
	var names []string
	for _, e := range entries {
		one := strings.TrimSuffix(e.Name(), ".json")
		names = append(names, one)
		if one == name {
			data, err := profiles.ReadFile("profiles/" + e.Name())
			if err != nil {
				return nil, fmt.Errorf("goaml profile %s: %w", name, err)
			}
			return LoadProfile(data)
		}
	}
	return nil, fmt.Errorf("there is no goAML profile of that name; there are: %s", strings.Join(names, ", "))
}

// LoadProfile reads a profile. It takes no unknown member and returns all that is
// wrong at once, each fault with its place.
func LoadProfile(data []byte) (*Profile, error) {
	p := &Profile{}
	if err := decodeStrictly(data, p); err != nil {
		return nil, fmt.Errorf("goaml profile: %w", err)
	}
	if faults := p.prepare(); len(faults) > 0 {
		return nil, fmt.Errorf("goaml profile: %w", &Invalid{Faults: faults})
	}
	return p, nil
}

// decodeStrictly reads one bounded JSON value without unknown members.
func decodeStrictly(data []byte, v any) error {
	if len(data) > maxFile {
		return fmt.Errorf("%d bytes, and the limit is %d", len(data), maxFile)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) { // its own text may hold a value
			return fmt.Errorf("%s: must be of type %s", wrong.Field, wrong.Type)
		}
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func (p *Profile) prepare() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for name, text := range map[string]string{"name": p.Name, "schema": p.Schema, "currency": p.Currency, "not_known": p.NotKnown} {
		if text == "" {
			fault("%s: missing", name)
		}
	}
	var err error
	if p.zone, err = time.LoadLocation(p.Zone); err != nil || p.Zone == "" || p.Zone == "Local" {
		fault("zone: must be a name of the IANA time zone database")
	}
	p.patterns = make(map[string]*regexp.Regexp)
	for name, text := range p.Patterns {
		if p.patterns[name], err = regexp.Compile(`^(?:` + text + `)$`); err != nil {
			fault("patterns.%s: not a regular expression", name)
		}
	}
	if p.Patterns[namePattern] == "" {
		fault("patterns.%s: missing", namePattern)
	}
	p.codes = make(map[string]map[string]bool)
	for list, codes := range p.Codes {
		p.codes[list] = make(map[string]bool)
		for _, c := range codes {
			p.codes[list][c] = true
		}
	}
	for typ, fields := range p.Fields {
		for name, r := range fields {
			at := "fields." + typ + "." + name
			if r.Pattern != "" && p.Patterns[r.Pattern] == "" {
				fault("%s.pattern: the profile has no pattern of that name", at)
			}
			if r.Codes != "" && len(p.Codes[r.Codes]) == 0 {
				fault("%s.codes: the profile has no list of that name", at)
			}
			if !slices.Contains([]string{"", "date", "amount", "integer", "boolean"}, r.Type) {
				fault("%s.type: must be date, amount, integer, boolean or left out", at)
			}
			if r.Min < 0 || r.Max < 0 || r.Most < 0 || r.Max > 0 && r.Min > r.Max {
				fault("%s: limits must be positive, and min at most max", at)
			}
		}
	}
	if len(p.Fields["report"]) == 0 {
		fault("fields.report: missing")
	}
	if !slices.Contains(p.Forms.Transactions, p.Transactions) {
		fault("transactions: must be one of forms.transactions")
	}
	if !slices.Contains(p.Forms.Activity, p.Activity) {
		fault("activity: must be one of forms.activity")
	}
	k := p.Package
	if k.FileBytes <= 0 || k.ZipBytes < k.FileBytes || k.Files <= 0 || k.NameChars <= 0 || len(k.Extensions) == 0 {
		fault("package: needs file_bytes, zip_bytes (no less), files, name_chars and extensions")
	}
	slices.Sort(faults)
	return faults
}

// namePattern is the pattern of people's and entities' names.
const namePattern = "name"

// dateForm is how goAML writes a date: a local time without a zone.
const dateForm = "2006-01-02T15:04:05"

func (p *Profile) date(t time.Time) string { return t.In(p.zone).Format(dateForm) }

// Invalid says all that is wrong with a report or a file, each fault with the name of
// the element and its limit. It quotes no value, which may be personal data.
type Invalid struct{ Faults []string }

func (e *Invalid) Error() string { return strings.Join(e.Faults, "; ") }
