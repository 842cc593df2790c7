package report

import (
	"bytes"
	_ "embed" // the default table
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A Table says which reporting centre is in charge of what.
type Table struct {
	Version string `json:"version"`
	Note    string `json:"note,omitempty"` // for who reads the file
	// Fallback is the id of the centre for cases without a known place: a case
	// is never dropped for want of a country.
	Fallback  string   `json:"fallback"`
	Rules     []Rule   `json:"rules"`     // tried in order
	Platforms []Duty   `json:"platforms"` // where platforms have their duty to report
	Centres   []Centre `json:"centres"`
}

// A Rule is one way to choose a centre.
type Rule struct {
	By string `json:"by"` // streamer-country, platform-country or fallback
	// Why is a sentence for the centre. {centre}, {country} and {platform} stand
	// for what the rule found.
	Why string `json:"why"`
}

// The ways to choose a centre.
const (
	byStreamer = "streamer-country"
	byPlatform = "platform-country"
	byFallback = "fallback"
)

// A Duty names the country in which a platform has its duty to report.
type Duty struct {
	Platform string `json:"platform"`
	Country  string `json:"country"` // ISO 3166-1 alpha-2
}

// A Centre is a reporting centre.
type Centre struct {
	// ID is the lower-case ISO country code, or a name; it ends the topic's name.
	ID         string `json:"id"`
	Name       string `json:"name"`
	Country    string `json:"country,omitempty"` // that it is in charge of
	Contact    string `json:"contact"`
	LegalBasis string `json:"legal_basis"`
}

// Topic is the centre's reporting queue, without the deployment's prefix.
func (c Centre) Topic() string { return "alerts." + c.ID }

//go:embed jurisdictions.json
var jurisdictions []byte

// DefaultTable returns the table that comes with Vigil.
func DefaultTable() (Table, error) { return LoadTable(jurisdictions) }

// maxTable limits a table, in bytes.
const maxTable = 1 << 20

var (
	centreID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
)

// LoadTable reads a table. It takes no unknown field and returns all that is
// wrong at once, each fault with its place.
func LoadTable(data []byte) (Table, error) {
	if len(data) > maxTable {
		return Table{}, fmt.Errorf("jurisdiction table: %d bytes, and the limit is %d", len(data), maxTable)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var t Table
	if err := dec.Decode(&t); err != nil {
		return Table{}, fmt.Errorf("jurisdiction table: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Table{}, errors.New("jurisdiction table: something follows the JSON value")
	}
	if faults := t.faults(); len(faults) > 0 {
		return Table{}, fmt.Errorf("jurisdiction table: %s", strings.Join(faults, "; "))
	}
	return t, nil
}

func (t Table) faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if t.Version == "" {
		fault("version: missing")
	}
	ids, countries := map[string]bool{}, map[string]bool{}
	for i, c := range t.Centres {
		switch {
		case !centreID.MatchString(c.ID):
			fault("centres[%d].id: must be 1 to 32 lower-case letters, digits and dashes", i)
		case ids[c.ID]:
			fault("centres[%d].id: %s is there twice", i, c.ID)
		}
		ids[c.ID] = true
		if c.Country != "" {
			switch {
			case !countryCode.MatchString(c.Country):
				fault("centres[%d].country: must be two capital letters, ISO 3166-1", i)
			case countries[c.Country]:
				fault("centres[%d].country: %s has two centres", i, c.Country)
			}
			countries[c.Country] = true
		}
		if c.Name == "" || c.Contact == "" || c.LegalBasis == "" {
			fault("centres[%d]: needs a name, a contact and a legal basis", i)
		}
	}
	if !ids[t.Fallback] {
		fault("fallback: must be the id of a centre in the table")
	}
	platforms := map[string]bool{}
	for i, d := range t.Platforms {
		switch {
		case d.Platform == "":
			fault("platforms[%d].platform: missing", i)
		case platforms[d.Platform]:
			fault("platforms[%d].platform: is there twice", i)
		}
		platforms[d.Platform] = true
		if !countries[d.Country] {
			fault("platforms[%d].country: must be that of a centre in the table", i)
		}
	}
	return append(faults, t.ruleFaults()...)
}

func (t Table) ruleFaults() []string {
	var faults []string
	for i, r := range t.Rules {
		switch r.By {
		case byStreamer, byPlatform:
		case byFallback:
			if i != len(t.Rules)-1 {
				faults = append(faults, fmt.Sprintf("rules[%d]: the fallback must be the last rule", i))
			}
		default:
			faults = append(faults, fmt.Sprintf("rules[%d].by: must be %s, %s or %s", i, byStreamer, byPlatform, byFallback))
		}
		if r.Why == "" {
			faults = append(faults, fmt.Sprintf("rules[%d].why: missing", i))
		}
	}
	if len(t.Rules) == 0 || t.Rules[len(t.Rules)-1].By != byFallback {
		faults = append(faults, "rules: the last must be by "+byFallback)
	}
	return faults
}

// Centre returns the centre with an id, in whatever case it is written.
func (t Table) Centre(id string) (Centre, error) {
	ids := make([]string, 0, len(t.Centres))
	for _, c := range t.Centres {
		if strings.EqualFold(c.ID, id) {
			return c, nil
		}
		ids = append(ids, c.ID)
	}
	return Centre{}, fmt.Errorf("no such reporting centre; there are: %s", strings.Join(ids, ", "))
}
