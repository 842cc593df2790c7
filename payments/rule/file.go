package rule

import (
	"math"

	"github.com/vigil-stream/vigil/signal"
)

// Format is the format of rule files that this package reads; schema/rules.v1.json
// describes it.
const Format = 1

// A File is a set of rules as it is written.
type File struct {
	// Version orders the sets of a deployment: of two, the higher is in force.
	Version int64
	Name    string // of the set
	// Base is the currency of amounts in base currency; empty where no rule has any.
	Base string
	// Lists are the institution's own lists of subjects, sorted.
	Lists map[string][]signal.Subject
	Rules []Rule
}

// A Rule is one pattern that a profile may show.
type Rule struct {
	ID      string
	Version int
	Title   string
	Source  string
	// Of are the roles whose profiles the rule looks at.
	Of []signal.Role
	// Group says which transfers are measured together.
	Group Group
	// Exempt are lists of subjects at whose profiles the rule does not look.
	Exempt []string
	// Newest must hold for the profile's newest transfer, or the rule is silent.
	Newest *Condition
	// Where says which transfers count, and Except which of them do not.
	Where  *Condition
	Except []Condition
	Window Window
	// Needs is how many transfers must count before anything is measured.
	Needs   int
	Measure Measure
	Bands   []Band
	// Says is the sentence, with placeholders in braces.
	Says string

	line int
}

// A Group is what transfers have in common that are measured together.
type Group string

// The groups.
const (
	BySubject      Group = "subject"      // all of a profile
	ByCounterparty Group = "counterparty" // a pair
	ByCountry      Group = "country"      // of the other end
	ByTown         Group = "town"         // of the other end
	ByCurrency     Group = "currency"
	ByRail         Group = "rail"
)

// A Window says over which transfers of a profile something is measured. One of
// the three is set.
type Window struct {
	// Within: every stretch of so many seconds that the profile keeps, of which the
	// one with most counts; of several the latest.
	Within int64
	// Last: the so many seconds that end with the profile's newest transfer.
	Last int64
	// Transfers: the so many newest transfers of a group.
	Transfers int
}

// A Measure makes a number of the transfers that count.
type Measure struct {
	Kind MeasureKind
	Of   Quantity
	// Currency is what Of is in where it is [AmountIn].
	Currency string
	What     Thing // for distinct and first
	// Percent is how far apart amounts of mirrors may lie, and Commission how much of
	// what came in may stay behind.
	Percent    int64 `json:",omitempty"`
	Commission int64 `json:",omitempty"`
}

// A MeasureKind is what is computed.
type MeasureKind string

// The measures.
const (
	Count     MeasureKind = "count"
	Sum       MeasureKind = "sum"
	Mean      MeasureKind = "mean"
	Median    MeasureKind = "median"
	Least     MeasureKind = "min"
	Most      MeasureKind = "max"
	Distinct  MeasureKind = "distinct"
	Share     MeasureKind = "share"      // percent of the window's transfers that count
	Slope     MeasureKind = "slope"      // percent of the mean, a transfer
	Variation MeasureKind = "variation"  // standard deviation in percent of the mean
	First     MeasureKind = "first"      // 1 where the newest is the first of its kind
	Since     MeasureKind = "since"      // from the transfer before the newest
	Span      MeasureKind = "span"       // from the oldest to the newest
	TimesMax  MeasureKind = "times_max"  // the newest to the largest of those before it
	TimesMean MeasureKind = "times_mean" // the newest to the mean of those before it
	Deviation MeasureKind = "deviation"  // of the newest from those before it, in standard deviations
	Benford   MeasureKind = "benford"    // chi-square of first digits against Benford's law
	OtherRole MeasureKind = "other_role" // how many transfers of the subject's other role
	Mirrors   MeasureKind = "mirrors"    // how many of the subject's other role the newest is made of
)

// A Quantity is a number that each transfer, or each gap between two, has.
type Quantity string

// The quantities.
const (
	Base     Quantity = "base"   // amount in base currency
	AmountIn Quantity = "in"     // amount of the transfers in Measure.Currency
	Amount   Quantity = "amount" // in the transfers' one currency, else in base currency
	Gap      Quantity = "gap"    // seconds between a transfer and the one before
	Daily    Quantity = "daily"  // transfers a day, of the newest day against those before
)

// A Thing is what can be distinct, or new.
type Thing string

// The things.
const (
	Counterparties    Thing = "counterparties"
	NewCounterparties Thing = "new_counterparties" // whose first transfer kept lies in the window
	Countries         Thing = "countries"
	Towns             Thing = "towns"
	Currencies        Thing = "currencies"
	Classes           Thing = "classes"
	Rails             Thing = "rails"
	Days              Thing = "days"     // UTC
	Accounts          Thing = "accounts" // of the subject, where that is an alias
)

// A Band is a range of the measure with the strength that it gives.
type Band struct {
	From, Below float64 // From is included, Below is not; infinite where open
	Strength    float64 // above 0, to 1
}

// has reports whether a measured value lies in the band.
func (b Band) has(v float64) bool { return v >= b.From && v < b.Below }

// A Range of whole numbers, both ends included; the ends are extremes of int64
// where it is open.
type Range struct{ Min, Max int64 }

func (r Range) has(n int64) bool { return n >= r.Min && n <= r.Max }

// all reports whether every amount, duration or count is in the range.
func (r Range) all() bool { return r.Min <= 1 && r.Max == math.MaxInt64 }

// A Condition holds where all its tests do.
type Condition struct{ Tests []Test }

// A Test is one key of a condition.
type Test struct {
	Field string
	// What is set depends on the field: see fields.
	Amounts map[string]Range `json:",omitempty"` // minor units by currency
	Range   Range
	Words   []string    `json:",omitempty"` // sorted
	Yes     bool        `json:",omitempty"`
	Percent int64       `json:",omitempty"`
	AnyOf   []Condition `json:",omitempty"`
	Not     *Condition  `json:",omitempty"`
	Newest  *Likeness   `json:",omitempty"`
}

// Likeness is in what a transfer must be like the profile's newest.
type Likeness struct {
	Percent int64    `json:",omitempty"` // of the newest's amount, either way; 0 where amounts are not compared
	Amount  bool     `json:",omitempty"`
	Same    []string `json:",omitempty"` // some of likenesses
}
