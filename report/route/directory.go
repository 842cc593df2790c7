package route

import (
	_ "embed" // the directory that comes with Vigil
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Relation is what ties a case to a country, or to the centre in charge there.
type Relation string

// The relations that rules look for.
const (
	Victim   Relation = "victim"   // where the child probably is
	Duty     Relation = "duty"     // where the platform has its duty to report
	Suspect  Relation = "suspect"  // where who pays or watches probably is
	Payments Relation = "payments" // where the institutions at a payment's ends have theirs
	Fallback Relation = "fallback" // none of them led to a centre
)

// A Directory says who is in charge of what.
type Directory struct {
	Version string `yaml:"version"`
	Note    string `yaml:"note"` // for who reads the file
	// Fallback is the id of the centre for cases that no rule places: a case is never
	// dropped for want of a country.
	Fallback string `yaml:"fallback"`
	// Within is how long delivery may take where a centre's law names no time.
	Within       time.Duration `yaml:"within"`
	Rules        []Rule        `yaml:"rules"`     // in the order in which they are tried
	Platforms    []Bound       `yaml:"platforms"` // where platforms have their duty
	Institutions []Bound       `yaml:"institutions"`
	Hotlines     Hotlines      `yaml:"hotlines"`
	Centres      []Centre      `yaml:"centres"`
}

// A Rule is one way to find centres.
type Rule struct {
	By Relation `yaml:"by"`
	// Why is a sentence for the centre. {centre}, {country} and {holder} stand for what the
	// rule found.
	Why string `yaml:"why"`
}

// Bound names the country in which a platform or an institution has its duty to report.
type Bound struct {
	Holder  string `yaml:"holder"`  // as evidence and signals name it
	Country string `yaml:"country"` // ISO 3166-1 alpha-2
}

// Hotlines are countries where the public has a hotline, for who wants to add a centre.
type Hotlines struct {
	Source    string   `yaml:"source"`
	Countries []string `yaml:"countries"`
}

// A Centre is a reporting centre.
type Centre struct {
	// ID is the lower-case ISO country code, or that and a name; it ends the topic's name.
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Kind is police, clearinghouse or fiu: a financial-intelligence unit is told of
	// payments, and never named to the other centres.
	Kind    string `yaml:"kind"`
	Country string `yaml:"country"` // that it is in charge of; empty for none of its own
	// StandsIn are countries without a centre of their own in this directory.
	StandsIn []string `yaml:"stands_in"`
	// Takes are the relations for which its law or its remit wants a report.
	Takes []Relation `yaml:"takes"`
	// CoveredBy are centres whose being told under a duty relieves of telling this one,
	// unless the child is in its country.
	CoveredBy []string `yaml:"covered_by"`
	// Channel is how it is reached: queue, ncmec, goaml, fincen, webhook, file or portal,
	// which is a person at a form. Whatever it is, the alert lies in the centre's queue.
	Channel   string        `yaml:"channel"`
	Format    string        `yaml:"format"` // of what goes through the channel, with its version
	Contact   string        `yaml:"contact"`
	Languages []string      `yaml:"languages"` // BCP 47
	Law       Law           `yaml:"law"`
	Within    time.Duration `yaml:"within"` // that its law names; 0 for none
	Key       string        `yaml:"key"`    // its age public key, once it gave one
	Note      string        `yaml:"note"`
	// Assumed names the fields that rest on no source.
	Assumed []string `yaml:"assumed"`
}

// Law is on what a report rests, and where that can be read.
type Law struct {
	Says   string `yaml:"says"`
	Source string `yaml:"source"`
}

// FIU is the kind of financial-intelligence units.
const FIU = "fiu"

// Topic is the centre's reporting queue, without the deployment's prefix.
func (c Centre) Topic() string { return "alerts." + c.ID }

// Centre returns the centre with an id, in whatever case it is written.
func (d Directory) Centre(id string) (Centre, error) {
	ids := make([]string, 0, len(d.Centres))
	for _, c := range d.Centres {
		if strings.EqualFold(c.ID, id) {
			return c, nil
		}
		ids = append(ids, c.ID)
	}
	return Centre{}, fmt.Errorf("no such reporting centre; there are: %s", strings.Join(ids, ", "))
}

// Limit is how long delivery to a centre may take from the decision on.
func (d Directory) Limit(c Centre) time.Duration {
	if c.Within > 0 {
		return c.Within
	}
	return d.Within
}

//go:embed centres.yaml
var centres []byte

// Default returns the directory that comes with Vigil.
func Default() (Directory, error) { return Load(centres) }

// SharedID is the same in all that centres are told about one case, follow-ups included:
// centres deconflict by it. It follows from the case and its subject alone, so that who has
// an alert can check it.
func SharedID(caseID string, subject signal.Subject) string {
	return signal.ID("shared", caseID, string(subject))
}
