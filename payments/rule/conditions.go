package rule

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
	"github.com/vigil-stream/vigil/payments"
)

var (
	purposeForm  = regexp.MustCompile(`^[A-Z]{4}$`)
	exposureForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}(:direct)?$`)
	percentForm  = regexp.MustCompile(`^([0-9]{1,3})%$`)
)

// condition reads a mapping of tests, all of which must hold.
func (r *reader) condition(key string, n ast.Node, depth int) Condition {
	var c Condition
	if depth > maxDepth {
		r.at(n, key, "any_of and not lie more than %d deep", maxDepth)
		return c
	}
	values, ok := yamlfile.Mapping(n)
	if !ok || len(values) == 0 {
		r.at(n, key, "%swant conditions, as in cross_border: yes", wrongKind(n))
		return c
	}
	seen := make(map[string]bool)
	for _, v := range values {
		name, _ := plain(v.Key)
		at := join(key, name)
		spec, known := fields[name]
		switch {
		case !known:
			r.at(v.Key, at, "%s", unknownKey(name, slices.Sorted(maps.Keys(fields))))
			continue
		case seen[name]:
			r.at(v.Key, at, "is given twice")
			continue
		}
		seen[name] = true
		c.Tests = append(c.Tests, r.test(at, name, spec, v.Value, depth))
	}
	slices.SortFunc(c.Tests, func(a, b Test) int { return strings.Compare(a.Field, b.Field) })
	return c
}

// test reads the value of one key.
func (r *reader) test(key, name string, spec fieldSpec, n ast.Node, depth int) Test {
	t := Test{Field: name}
	switch spec.kind {
	case byCurrency, multiple:
		t.Amounts = r.amounts(key, n, spec.kind == multiple)
	case inBase:
		if r.file.Base == "" {
			r.at(n, key, "needs base at the top of the file: the currency that it is in")
			break
		}
		t.Range, _ = r.span(n, key, "amounts in "+r.file.Base+", as in 10..200", inCurrency(r.file.Base))
	case words:
		t.Words = r.someWords(key, n, spec.words)
	case codes:
		check, want := codeOf(name)
		r.coded(&t.Words, check, want)(key, n)
	case answer:
		r.yesNo(&t.Yes)(key, n)
	case numbers:
		t.Range, _ = r.span(n, key, "whole numbers, as in 2..5", wholeNumber)
	case durations:
		t.Range, _ = r.span(n, key, "durations, as in 0m..24h", seconds)
	case listName:
		word, _ := plain(n)
		if r.known(key, n, word) {
			t.Words = []string{word}
		}
	case likeness:
		t.Newest = r.likeness(key, n)
	case alternatives:
		list, ok := items(n)
		if !ok || len(list) < 2 || len(list) > maxTests {
			r.at(n, key, "want a sequence of 2 to %d conditions", maxTests)
			break
		}
		for i, one := range list {
			t.AnyOf = append(t.AnyOf, r.condition(fmt.Sprintf("%s[%d]", key, i), one, depth+1))
		}
	case negation:
		c := r.condition(key, n, depth+1)
		t.Not = &c
	}
	return t
}

// codeOf returns the form of a field's codes, and what to say of others.
func codeOf(field string) (check func(string) bool, want string) {
	switch field {
	case "currency":
		return isCurrency, "a currency of ISO 4217, as in EUR"
	case "purpose":
		return purposeForm.MatchString, "a purpose code of four capitals, as in GIFT"
	case "exposures":
		return exposureForm.MatchString, "an exposure in lower case, as in mixer or mixer:direct"
	default:
		return payments.IsCountry, "a country of ISO 3166-1, as in SE"
	}
}

// someWords reads any, none, or some of the words. Any is all of them, and none
// is no word.
func (r *reader) someWords(key string, n ast.Node, known []string) []string {
	if word, ok := plain(n); ok && !slices.Contains(known, word) {
		switch word {
		case "any":
			return slices.Sorted(slices.Values(known))
		case "none":
			return []string{}
		}
	}
	var list []string
	before := len(r.all)
	r.words(&list, known)(key, n)
	if len(r.all) == before && len(list) == len(known) && len(known) > 0 && slices.Contains(known, "unknown") {
		r.at(n, key, "holds for every transfer, so it says nothing")
	}
	return list
}

// amounts reads a range, or one amount, for each currency.
func (r *reader) amounts(key string, n ast.Node, single bool) map[string]Range {
	values, ok := yamlfile.Mapping(n)
	example := "EUR: 10..200"
	if single {
		example = "EUR: 5"
	}
	if !ok || len(values) == 0 {
		r.at(n, key, "%swant currencies with amounts, as in %s", wrongKind(n), example)
		return nil
	}
	all := make(map[string]Range)
	for _, v := range values {
		currency, _ := plain(v.Key)
		at := join(key, currency)
		if !isCurrency(currency) {
			r.at(v.Key, at, "is not a currency of ISO 4217, as in EUR")
			continue
		}
		if _, twice := all[currency]; twice {
			r.at(v.Key, at, "is given twice")
			continue
		}
		if single {
			s, _ := plain(v.Value)
			unit, ok := inCurrency(currency)(s)
			if !ok || unit == 0 {
				r.at(v.Value, at, "want an amount in %s, as in 5", currency)
			}
			all[currency] = Range{unit, unit}
			continue
		}
		all[currency], _ = r.span(v.Value, at, "amounts in "+currency+", as in 10..200", inCurrency(currency))
	}
	return all
}

// inCurrency reads major units as minor ones.
func inCurrency(currency string) func(string) (int64, bool) {
	return func(s string) (int64, bool) {
		if strings.Trim(s, "0.") == "" && s != "" && s != "." {
			return 0, true
		}
		v, err := payments.ParseAmount(s, currency)
		return v, err == nil
	}
}

func wholeNumber(s string) (int64, bool) {
	v, err := strconv.ParseInt(s, 10, 32)
	return v, err == nil && v >= 0
}

// likeness reads in what a transfer is like the newest.
func (r *reader) likeness(key string, n ast.Node) *Likeness {
	var l Likeness
	r.object(key, n, map[string]field{
		"amount": {read: func(key string, n ast.Node) {
			s, _ := plain(n)
			m := percentForm.FindStringSubmatch(s)
			if m == nil {
				r.at(n, key, "want how far the amounts may lie apart, as in 10%%, or 0%% for the same amount")
				return
			}
			p, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil || p > 100 {
				r.at(n, key, "want 0%% to 100%%")
				return
			}
			l.Amount, l.Percent = true, p
		}},
		"same": {read: r.words(&l.Same, likenesses)},
	})
	if !l.Amount && len(l.Same) == 0 {
		r.at(n, key, "want amount, same or both, as in same: counterparty")
	}
	return &l
}

// except reads which transfers do not count: a sequence of steady, related and
// conditions, any of which is enough.
func (r *reader) except(key string, n ast.Node) []Condition {
	list, ok := items(n)
	if !ok {
		r.at(n, key, "%swant a sequence, as in [steady, related] or - listed: our_charities", wrongKind(n))
		return nil
	}
	var all []Condition
	for i, one := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		if i >= maxTests {
			r.at(one, at, "more than %d", maxTests)
			break
		}
		word, isWord := plain(one)
		switch {
		case isWord && word == "steady":
			all = append(all, Condition{Tests: []Test{{Field: "steady", Yes: true}}})
		case isWord && word == "related":
			all = append(all, Condition{Tests: []Test{{Field: "tie", Words: []string{"address", "name"}}}})
		case isWord:
			r.at(one, at, "want steady, related or a condition, as in - night: no")
		default:
			all = append(all, r.condition(at, one, 0))
		}
	}
	return all
}

// open says an end of a band that is open.
func open(sign int) float64 { return math.Inf(sign) }
