package evaluate

import (
	"math"
	"slices"
)

// A Report is all that is measured; its JSON is what the page draws.
type Report struct {
	World     Described `json:"world"`
	Validated Described `json:"validated"` // where the thresholds are from
	Weights   string    `json:"weights"`
	Command   string    `json:"command,omitempty"`

	At          []AtPrevalence  `json:"at"`
	Calibration []CalibrationAt `json:"calibration"`
	Groups      []GroupsAt      `json:"groups"`
	Robustness  []Scenario      `json:"robustness"`
	Victims     map[string]int  `json:"victims"` // put to a person as possible victims, by group
	Aims        []Aim           `json:"aims"`
}

// Described says what a world was like.
type Described struct {
	Name       string  `json:"name"`
	Seed       uint64  `json:"seed"`
	People     int     `json:"people"`
	Days       int     `json:"days"`
	Guilty     int     `json:"guilty"`
	Networks   int     `json:"networks"`
	Bystanders int     `json:"bystanders"` // innocent people who truly dealt with a network
	Prevalence float64 `json:"prevalence"`
	// Shown is the share of guilty people of whom anything is told by which they could be
	// found: no score's recall is above it. ShownBy is that by role.
	Shown   float64            `json:"shown"`
	ShownBy map[string]float64 `json:"shown_by"`
	Records int                `json:"records"`
	Signals int                `json:"signals"`
	Seconds float64            `json:"seconds"`
}

// AtPrevalence is what is found at one prevalence.
type AtPrevalence struct {
	Prevalence float64     `json:"prevalence"`
	Variants   []AtVariant `json:"variants"`
	// Fates are what became of the guilty, and Holders who the budget went to, by the whole
	// score at one case per 10,000 people.
	Fates   []Fate   `json:"fates"`
	Holders []Holder `json:"holders"`
	// Yields are of the whole score, by cases a day.
	Yields []Yield `json:"yields"`
	// FromPayment and FromSession are the quartiles of days to a case.
	FromPayment Delay `json:"from_payment"`
	FromSession Delay `json:"from_session"`
}

// A Delay is how long it took.
type Delay struct {
	People    int        `json:"people"`
	Quartiles [3]float64 `json:"quartiles"` // days
	All       []float64  `json:"all"`
}

// AtVariant is what one score finds.
type AtVariant struct {
	Name    string    `json:"name"`
	Area    Interval  `json:"average_precision"`
	Budgets []Measure `json:"budgets"` // by cases per 10,000 people, as Budgets
	Curve   []Point   `json:"curve"`
}

// A Point of a curve of precision over recall.
type Point struct {
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
}

// CalibrationAt is a reliability diagram.
type CalibrationAt struct {
	Name       string      `json:"name"`
	Prevalence float64     `json:"prevalence"`
	Of         Calibration `json:"of"`
}

// GroupsAt are the innocent people suspected at one budget.
type GroupsAt struct {
	PerTenThousand float64    `json:"per_10k"`
	Prevalence     float64    `json:"prevalence"`
	All            Share      `json:"all"`
	Bystanders     Bystanders `json:"bystanders"`
	Groups         []Share    `json:"groups"`
	Corridors      []Share    `json:"corridors"`
	Guilty         []PartMean `json:"guilty_parts"`
}

// A Scenario is a world that differs in one respect.
type Scenario struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Guilty  int      `json:"guilty"`
	Area    Interval `json:"average_precision"`
	Measure Measure  `json:"measure"` // at a prevalence of 0.01 % and one case per 10,000
	// WithoutTiming is the recall of the score that does not look at coincidence.
	WithoutTiming Interval `json:"without_timing"`
}

// An Aim is what was wished for, and whether it was reached.
type Aim struct {
	What string `json:"what"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`
	Why  string `json:"why,omitempty"` // it was missed, in numbers
}

// Prevalences are those that are reported, and Budgets the cases per 10,000 people over
// the whole of a world's days.
var (
	prevalences = []float64{0.001, 0.0001}
	budgets     = []float64{0.5, 1, 2, 5, 10, 20}
)

// AimedPrevalence and AimedBudget are those of the aims.
const (
	AimedPrevalence = 0.0001
	AimedBudget     = 1
)

// Describe counts what a world was like.
func Describe(name string, seed uint64, people []Person, days, records, signals int, seconds float64) Described {
	d := Described{Name: name, Seed: seed, People: len(people), Days: days, Records: records, Signals: signals, Seconds: seconds, Prevalence: Prevalence(people)}
	networks, roles := make(map[int32]bool), make(map[string]float64)
	d.ShownBy = make(map[string]float64)
	for i := range people {
		if len(people[i].Ties) > 0 {
			d.Bystanders++
		}
		if p := &people[i]; p.Guilty {
			d.Guilty++
			networks[p.Network] = true
			roles[p.Group]++
			if p.Shown {
				d.Shown++
				d.ShownBy[p.Group]++
			}
		}
	}
	for role, n := range roles {
		d.ShownBy[role] /= n
	}
	if d.Guilty > 0 {
		d.Shown /= float64(d.Guilty)
	}
	d.Networks = len(networks)
	return d
}

// Measured fills a report from a world, by thresholds from elsewhere.
func Measured(people []Person, days int, t Thresholds, draws int) (Report, error) {
	r := Report{Weights: t.Weights}
	all := people
	for _, prevalence := range prevalences {
		people := seenAt(all, prevalence)
		sample := NewResampler(people, 0xb007, draws)
		at := AtPrevalence{Prevalence: prevalence}
		for v := range Variants {
			av := AtVariant{Name: v.String(), Area: AreaWith(people, v, sample), Curve: NewCurve(people, v, nil).points()}
			for _, b := range budgets {
				score, err := t.Score(prevalence, v, b)
				if err != nil {
					return r, err
				}
				av.Budgets = append(av.Budgets, MeasureAt(people, v, score, sample))
			}
			at.Variants = append(at.Variants, av)
		}
		for i, b := range budgets {
			// The bar is that of the budget: what is below is never put before anybody.
			at.Yields = append(at.Yields, Queue(people, days, 100*b/float64(days), at.Variants[All].Budgets[i].Threshold))
		}
		bar := at.Variants[All].Budgets[1].Threshold
		at.Fates, at.Holders = Fates(people, bar), Holders(people, bar)
		at.FromPayment = newDelay(Delays(people, bar, func(p *Person) float64 { return p.FirstPayment }))
		at.FromSession = newDelay(Delays(people, bar, func(p *Person) float64 { return p.FirstSession }))
		r.At = append(r.At, at)

		r.Calibration = append(r.Calibration, CalibrationAt{
			Name: "as of the last day", Prevalence: prevalence,
			Of: Calibrate(people, 0.02, func(p *Person) float64 { return p.Last }, sample),
		})
		for _, b := range []float64{1, 10} {
			score, err := t.Score(prevalence, All, b)
			if err != nil {
				return r, err
			}
			g := GroupsAt{PerTenThousand: b, Prevalence: prevalence, Guilty: GuiltyParts(people, score)}
			g.All, g.Groups = FalsePositives(people, score, (*Person).group)
			g.Bystanders = CountBystanders(people, score)
			_, g.Corridors = FalsePositives(people, score, func(p *Person) string { return p.Corridor })
			r.Groups = append(r.Groups, g)
		}
	}
	return r, nil
}

func newDelay(all []float64) Delay {
	d := Delay{People: len(all), Quartiles: Quartiles(all), All: all}
	if len(all) == 0 {
		d.Quartiles = [3]float64{}
		d.All = []float64{}
	}
	return d
}

// Played measures a scenario, by the thresholds of the usual world.
func Played(name, what string, people []Person, t Thresholds, draws int) (Scenario, error) {
	s := Scenario{Name: name, What: what}
	for i := range people {
		if people[i].Guilty {
			s.Guilty++
		}
	}
	people = seenAt(people, AimedPrevalence)
	sample := NewResampler(people, 0xb007, draws)
	s.Area = AreaWith(people, All, sample)
	score, err := t.Score(AimedPrevalence, All, AimedBudget)
	if err != nil {
		return s, err
	}
	s.Measure = MeasureAt(people, All, score, sample)
	if score, err = t.Score(AimedPrevalence, NoTiming, AimedBudget); err != nil {
		return s, err
	}
	s.WithoutTiming = MeasureAt(people, NoTiming, score, sample).Recall
	return s, nil
}

// points thins a curve to at most 400 points for a plot.
func (c Curve) points() []Point {
	var all []Point
	last := Point{-1, -1}
	for _, s := range c.Steps {
		p := Point{s.Guilty / c.Guilty, s.Guilty / s.Cases}
		if s.Cases > 0 && c.Guilty > 0 && (math.Abs(p.Recall-last.Recall) > 0.0025 || math.Abs(p.Precision-last.Precision) > 0.02) {
			all = append(all, p)
			last = p
		}
	}
	if all == nil {
		all = []Point{}
	}
	return all
}

// Prevalences are the shares of guilty people at which a report measures, in its order.
func Prevalences() []float64 { return slices.Clone(prevalences) }

// Budgets are the cases per 10,000 people that a report has, in its order.
func Budgets() []float64 { return slices.Clone(budgets) }
