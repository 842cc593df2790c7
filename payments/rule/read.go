package rule

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// reader reads one file.
type reader struct {
	faults
	file File
}

// Read reads a rule file. An error is a [FileError] with all that is wrong: what
// is no rule, what can never fire, and what breaks the law of fairness.
func Read(text []byte) (File, error) {
	var r reader
	if root := parse(&r.faults, text); root != nil {
		r.root(root)
	}
	if err := r.err(); err != nil {
		return File{}, err
	}
	return r.file, nil
}

var (
	listForm    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	subjectForm = regexp.MustCompile(`^sub_[0-9a-f]{32}$`)
	idForm      = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,11}$`)
	takenForm   = regexp.MustCompile(`^[PX][0-9]{2}$`)
)

func isCurrency(code string) bool {
	_, ok := payments.MinorDigits(code)
	return ok
}

func (r *reader) root(n ast.Node) {
	var format int64
	var lists, rules ast.Node
	r.object("", n, map[string]field{
		"format":  {must: true, read: r.whole(&format, Format, Format)},
		"version": {must: true, read: r.whole(&r.file.Version, 1, math.MaxInt32)},
		"name":    {read: r.text(&r.file.Name, maxText)},
		"base": {read: func(key string, n ast.Node) {
			if r.text(&r.file.Base, 3)(key, n); r.file.Base != "" && !isCurrency(r.file.Base) {
				r.at(n, key, "is not a currency of ISO 4217, as in EUR")
			}
		}},
		"lists": {read: func(_ string, n ast.Node) { lists = n }},
		"rules": {must: true, read: func(_ string, n ast.Node) { rules = n }},
	})
	// What rules refer to is read before them, wherever it stands.
	if lists != nil {
		r.lists(lists)
	}
	if rules == nil {
		return
	}
	list, ok := items(rules)
	if !ok {
		r.at(rules, "rules", "%swant a sequence of rules", wrongKind(rules))
		return
	}
	if len(list) > maxRules {
		r.at(rules, "rules", "there are %d rules, and the limit is %d", len(list), maxRules)
		return
	}
	first := make(map[string]int)
	for i, one := range list {
		key := fmt.Sprintf("rules[%d]", i)
		before := len(r.all)
		rule := r.rule(key, one)
		if line, ok := first[rule.ID]; ok && rule.ID != "" {
			r.at(one, key+".id", "%s is the id of the rule in line %d too", rule.ID, line)
		}
		first[rule.ID] = rule.line
		if len(r.all) == before {
			r.fair(key, one, rule)
		}
		if len(r.all) == before {
			r.probe(key, one, rule)
		}
		r.file.Rules = append(r.file.Rules, rule)
	}
}

// lists reads the institution's own lists of subjects.
func (r *reader) lists(n ast.Node) {
	values, ok := yamlfile.Mapping(n)
	if !ok {
		r.at(n, "lists", "%swant names, each with a sequence of subjects", wrongKind(n))
		return
	}
	total := 0
	r.file.Lists = make(map[string][]signal.Subject)
	for _, v := range values {
		name, _ := plain(v.Key)
		key := join("lists", name)
		if !listForm.MatchString(name) {
			r.at(v.Key, "lists", "a name of a list is of lower-case letters, digits, - and _, as in our_charities")
			continue
		}
		if _, twice := r.file.Lists[name]; twice {
			r.at(v.Key, key, "is given twice")
			continue
		}
		subjects := []signal.Subject{}
		nodes, ok := items(v.Value)
		if !ok {
			r.at(v.Value, key, "want a sequence of subjects, as in [sub_0123456789abcdef0123456789abcdef]")
		}
		for i, item := range nodes {
			word, _ := plain(item)
			if !subjectForm.MatchString(word) {
				// The word may be an account or a name, and is not quoted.
				r.at(item, fmt.Sprintf("%s[%d]", key, i), "want a subject's token: sub_ and 32 hex digits")
				continue
			}
			subjects = append(subjects, signal.Subject(word))
		}
		if total += len(nodes); total > maxListed {
			r.at(v.Value, key, "all lists together have more than %d subjects", maxListed)
			return
		}
		slices.Sort(subjects)
		r.file.Lists[name] = slices.Compact(subjects)
	}
}

// rule reads one rule.
func (r *reader) rule(key string, n ast.Node) Rule {
	rule := Rule{Group: BySubject, Needs: 1, Where: &Condition{}, Measure: Measure{Kind: Count}}
	rule.line, _ = place(n)
	var version, needs int64
	var of, group, says string
	var bands ast.Node
	var bandsKey, saysKey string
	var saysNode ast.Node
	seen := r.object(key, n, map[string]field{
		"id": {must: true, read: func(key string, n ast.Node) {
			rule.ID, _ = plain(n)
			switch {
			case !idForm.MatchString(rule.ID):
				r.at(n, key, "want a capital letter and 1 to 11 capitals or digits, as in U01")
			case takenForm.MatchString(rule.ID):
				r.at(n, key, "P and X with two digits are Vigil's own typologies; take another letter")
			}
		}},
		"version": {must: true, read: r.whole(&version, 1, math.MaxInt32)},
		"title":   {must: true, read: r.text(&rule.Title, maxText)},
		"source":  {must: true, read: r.text(&rule.Source, maxText)},
		"of": {must: true, read: func(key string, n ast.Node) {
			switch of, _ = plain(n); of {
			case "sender":
				rule.Of = []signal.Role{signal.Sender}
			case "recipient":
				rule.Of = []signal.Role{signal.Recipient}
			case "either":
				rule.Of = []signal.Role{signal.Sender, signal.Recipient}
			default:
				r.at(n, key, "want sender, recipient or either")
			}
		}},
		"group": {read: func(key string, n ast.Node) {
			group, _ = plain(n)
			known := []Group{BySubject, ByCounterparty, ByCountry, ByTown, ByCurrency, ByRail}
			if rule.Group = Group(group); !slices.Contains(known, rule.Group) {
				r.at(n, key, "want one of %v", known)
			}
		}},
		"exempt": {read: func(key string, n ast.Node) {
			r.list(key, n, func(at string, n ast.Node, word string) {
				if r.known(at, n, word) {
					rule.Exempt = append(rule.Exempt, word)
				}
			})
		}},
		"newest": {read: func(key string, n ast.Node) { c := r.condition(key, n, 0); rule.Newest = &c }},
		"where":  {read: func(key string, n ast.Node) { c := r.condition(key, n, 0); rule.Where = &c }},
		"except": {read: func(key string, n ast.Node) { rule.Except = r.except(key, n) }},
		"within": {read: r.window(&rule.Window.Within)},
		"last": {read: func(key string, n ast.Node) {
			s, _ := plain(n)
			if count := transfersForm.FindStringSubmatch(s); count != nil {
				r.transfers(key, n, count[1], &rule.Window.Transfers)
				return
			}
			r.window(&rule.Window.Last)(key, n)
		}},
		"needs":   {read: r.whole(&needs, 1, 2000)},
		"measure": {read: func(key string, n ast.Node) { rule.Measure = r.measure(key, n) }},
		"bands":   {must: true, read: func(key string, n ast.Node) { bands, bandsKey = n, key }},
		"says": {must: true, read: func(key string, n ast.Node) {
			r.text(&says, maxText)(key, n)
			saysNode, saysKey = n, key
		}},
	})
	rule.Version, rule.Needs, rule.Says = int(version), max(int(needs), 1), says
	if seen == nil {
		return rule
	}
	r.checkWindow(key, n, seen, rule)
	if bands != nil {
		rule.Bands = r.bands(bandsKey, bands, rule.Measure)
	}
	if says != "" {
		r.placeholders(saysKey, saysNode, says)
	}
	return rule
}

// known reports whether a list is there, and says so where it is not.
func (r *reader) known(key string, n ast.Node, name string) bool {
	if _, ok := r.file.Lists[name]; ok {
		return true
	}
	r.at(n, key, "there is no such list under lists")
	return false
}

var transfersForm = regexp.MustCompile(`^([0-9]{1,4}) transfers?$`)

func (r *reader) transfers(key string, n ast.Node, text string, to *int) {
	var count int64
	if _, err := fmt.Sscan(text, &count); err != nil || count < 2 || count > 2000 {
		r.at(n, key, "want 2 to 2000 transfers")
		return
	}
	*to = int(count)
}

// checkWindow holds that there is one window, and that the measure can be found in it.
func (r *reader) checkWindow(key string, n ast.Node, seen map[string]ast.Node, rule Rule) {
	within, last := seen["within"], seen["last"]
	switch {
	case within == nil && last == nil:
		r.at(n, key, "has no window: want within (any stretch so long, as in within: 30d) or last (up to the newest transfer, as in last: 30d or last: 3 transfers)")
	case within != nil && last != nil:
		r.at(last, join(key, "last"), "there is within already; want one window")
	case within != nil && !rule.Measure.grows():
		r.at(within, join(key, "within"), "%s does not only grow with more transfers, so it has no best stretch; want last", rule.Measure.Kind)
	}
	if rule.Measure.bothRoles() && rule.Window.Transfers > 0 {
		r.at(last, join(key, "last"), "%s looks at transfers of the other role, which are not counted so; want a duration, as in last: 1d", rule.Measure.Kind)
	}
	if rule.Measure.Of == Amount && rule.Measure.Kind == Benford && rule.Needs < 2 {
		r.at(n, join(key, "needs"), "first digits of few amounts say nothing; want needs, as in needs: 50")
	}
}
