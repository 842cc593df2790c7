package route

import (
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/review"
)

// A Plan is where a decided case goes.
type Plan struct {
	Shared string // id: the same in each alert of the case
	Told   []Told // at least one; the first is in charge
	Steps  []Step // what each rule looked at, in order
}

// Told is one centre that is told.
type Told struct {
	Centre Centre
	By     []Relation // without repeats
	Why    string     // as sentences; of the first also what rules before it did not find
}

// A Step is one place that a rule looked at.
type Step struct {
	By      Relation
	Country string // ISO 3166-1, if one was found
	Found   string // a sentence: what ties the case to the country, or that nothing does
	Centre  string // id of the centre that it led to, or ""
	Says    string // why that centre, or why none
}

// Also are the ids of the other centres told, for one of them: it deconflicts with those it
// may know of. That a financial-intelligence unit was told is for such units alone.
func (p Plan) Also(c Centre) []string {
	var ids []string
	for _, t := range p.Told {
		if t.Centre.ID != c.ID && (t.Centre.Kind != FIU || c.Kind == FIU) {
			ids = append(ids, t.Centre.ID)
		}
	}
	return ids
}

// Route plans whom a decided case is told to. A plan always has a centre in it.
func (d Directory) Route(decision review.Decision) Plan {
	p := Plan{Shared: SharedID(decision.CaseID, decision.Case.Subject)}
	looks := newLooks(decision.Case)
	var missing []string // of earlier steps
	homeless := false    // the child's country is known and nobody is in charge there
	for _, r := range d.Rules {
		if r.By == Fallback {
			continue
		}
		for _, place := range d.places(r.By, looks) {
			step := Step{By: r.By, Country: place.country, Found: place.found}
			centre, ok := Centre{}, false
			if place.country != "" {
				centre, step.Says, ok = d.inCharge(r.By, place.country)
			}
			if !ok {
				homeless = homeless || r.By == Victim && place.country != ""
				missing = append(missing, strings.TrimSpace(step.Found+" "+step.Says))
			} else {
				step.Centre = centre.ID
				step.Says = strings.TrimSpace(step.Says + " " + fill(r.Why, centre, place))
				reason := strings.TrimSpace(step.Found + " " + step.Says)
				if len(p.Told) == 0 { // why this one is in charge, and not what comes before
					reason = strings.Join(append(slices.Clone(missing), reason), " ")
				}
				p.tell(centre, r.By, reason)
			}
			p.Steps = append(p.Steps, step)
		}
	}
	p.relieve()
	if homeless || !slices.ContainsFunc(p.Told, func(t Told) bool { return t.Centre.Kind != FIU }) {
		d.fallBack(&p, missing)
	}
	for i := range p.Told {
		p.Told[i].Why = shorten(p.Told[i].Why)
	}
	return p
}

// maxWhy is how many bytes why a centre is told may have: an alert takes no more.
const maxWhy = 8000

// shorten keeps as many sentences as fit. Who is told does not depend on it.
func shorten(why string) string {
	const more = " There are more reasons of this kind."
	if len(why) <= maxWhy {
		return why
	}
	cut := strings.ToValidUTF8(why[:maxWhy-len(more)], "")
	if i := strings.LastIndex(cut, ". "); i >= 0 {
		cut = cut[:i+1]
	}
	return cut + more
}

// tell adds a centre, or a reason to one that is told already.
func (p *Plan) tell(c Centre, by Relation, why string) {
	for i := range p.Told {
		t := &p.Told[i]
		if t.Centre.ID != c.ID {
			continue
		}
		if !strings.Contains(t.Why, why) {
			t.Why += " " + why
		}
		if !slices.Contains(t.By, by) {
			t.By = append(t.By, by)
		}
		return
	}
	p.Told = append(p.Told, Told{Centre: c, By: []Relation{by}, Why: why})
}

// relieve takes out who need not be told because another is, by the directory.
func (p *Plan) relieve() {
	dutiful := map[string]bool{}
	for _, t := range p.Told {
		if slices.Contains(t.By, Duty) {
			dutiful[t.Centre.ID] = true
		}
	}
	p.Told = slices.DeleteFunc(p.Told, func(t Told) bool {
		i := slices.IndexFunc(t.Centre.CoveredBy, func(id string) bool { return dutiful[id] })
		if i < 0 || slices.Contains(t.By, Victim) {
			return false
		}
		for j := range p.Steps {
			if s := &p.Steps[j]; s.Centre == t.Centre.ID {
				s.Centre, s.Says = "", "The report to "+t.Centre.CoveredBy[i]+" relieves of one to "+t.Centre.Name+"."
			}
		}
		return true
	})
}

func (d Directory) fallBack(p *Plan, missing []string) {
	c, err := d.Centre(d.Fallback)
	if err != nil {
		return // Load lets no such directory through
	}
	why := "The case goes to the fallback, {centre}."
	for _, r := range d.Rules {
		if r.By == Fallback {
			why = r.Why
		}
	}
	says := fill(why, c, place{})
	reason := says
	if !p.Tells(c.ID) {
		reason = strings.Join(append(missing, says), " ")
	}
	p.tell(c, Fallback, reason)
	p.Steps = append(p.Steps, Step{By: Fallback, Centre: c.ID, Says: says})
}

// inCharge finds the centre of a country for a relation, and what there is to say of it.
func (d Directory) inCharge(by Relation, country string) (c Centre, says string, ok bool) {
	unwanted := ""
	for _, c := range d.Centres {
		if c.Country != country || (c.Kind == FIU) != (by == Payments) {
			continue
		}
		if slices.Contains(c.Takes, by) {
			return c, "", true
		}
		unwanted = c.Name + " is in charge there, and by the directory its law wants no report for this."
	}
	if unwanted != "" {
		return Centre{}, unwanted, false
	}
	none := "The directory has no centre for " + country + "."
	for _, c := range d.Centres {
		if slices.Contains(c.StandsIn, country) && slices.Contains(c.Takes, by) {
			return c, none, true
		}
	}
	if by != Payments && slices.Contains(d.Hotlines.Countries, country) {
		none += " There is a hotline of INHOPE, which a deployment may add."
	}
	return Centre{}, none, false
}

func fill(why string, c Centre, p place) string {
	return strings.NewReplacer("{centre}", c.Name, "{country}", p.country, "{holder}", p.holder).Replace(why)
}
