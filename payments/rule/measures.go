package rule

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// unit is what a measure's number is.
type unit int

const (
	plainNumber unit = iota
	money            // minor units of a currency
	length           // seconds
	percent
	ratio
)

// grows reports whether more transfers never make the measure less, so that a
// stretch with most of it can be found.
func (m Measure) grows() bool {
	return m.Kind == Count || m.Kind == Sum || m.Kind == Distinct && m.What != NewCounterparties
}

// unit returns what the measure's number is, and its currency.
func (m Measure) unit(base string) (unit, string) {
	switch m.Kind {
	case Sum, Mean, Median, Least, Most:
		switch m.Of {
		case Base:
			return money, base
		case AmountIn:
			return money, m.Currency
		default:
			return length, ""
		}
	case Since, Span:
		return length, ""
	case Share, Slope, Variation:
		return percent, ""
	case TimesMax, TimesMean, Deviation, Benford:
		return ratio, ""
	default:
		return plainNumber, ""
	}
}

// measureKinds say what each measure is of.
var measureKinds = map[MeasureKind][]Quantity{
	Sum: {Base, AmountIn}, Mean: {Base, AmountIn, Gap}, Median: {Base, AmountIn, Gap},
	Least: {Base, AmountIn, Gap}, Most: {Base, AmountIn, Gap},
	Slope: {Amount, Gap}, Variation: {Amount, Gap},
	TimesMax: {Amount}, TimesMean: {Amount}, Deviation: {Amount, Daily}, Benford: {Amount},
}

var (
	things = []string{string(Counterparties), string(NewCounterparties), string(Countries), string(Towns),
		string(Currencies), string(Classes), string(Rails), string(Days), string(Accounts)}
	firsts = []string{"counterparty", "country", "rail", "currency"}
	bare   = []MeasureKind{Count, Share}
)

// measure reads count or share, or a mapping of one key.
func (r *reader) measure(key string, n ast.Node) Measure {
	m := Measure{Kind: Count}
	if word, ok := plain(n); ok {
		if m.Kind = MeasureKind(word); !slices.Contains(bare, m.Kind) {
			r.at(n, key, "want count, share or one of %s with what it is of, as in {distinct: counterparties}", measureNames())
			m.Kind = Count
		}
		return m
	}
	values, ok := yamlfile.Mapping(n)
	if !ok || len(values) != 1 {
		r.at(n, key, "%swant count, share or one measure, as in {sum: EUR}", wrongKind(n))
		return m
	}
	name, _ := plain(values[0].Key)
	of, _ := plain(values[0].Value)
	at, value := join(key, name), values[0].Value
	m.Kind = MeasureKind(name)
	var list []string
	switch m.Kind {
	case Distinct:
		r.words(&list, things)(at, value)
	case First:
		r.words(&list, firsts)(at, value)
	case Since:
		r.words(&list, []string{"previous"})(at, value)
		list = nil
	case Span:
		r.words(&list, []string{"transfers"})(at, value)
		list = nil
	case OtherRole:
		r.words(&list, []string{"transfers"})(at, value)
		list = nil
	case Mirrors:
		r.mirrors(at, value, &m)
	default:
		quantities, known := measureKinds[m.Kind]
		if !known {
			r.at(values[0].Key, at, "there is no such measure; want %s", measureNames())
			m.Kind = Count
			return m
		}
		r.quantity(at, value, of, quantities, &m)
	}
	if len(list) > 1 {
		r.at(value, at, "want one")
	}
	if len(list) > 0 {
		m.What = Thing(list[0])
	}
	return m
}

// mirrors reads how alike what came in and what went out must be.
func (r *reader) mirrors(key string, n ast.Node, m *Measure) {
	percents := func(to *int64, least, most int64, want string) field {
		return field{read: func(key string, n ast.Node) {
			s, _ := plain(n)
			var err error
			if f := percentForm.FindStringSubmatch(s); f != nil {
				if *to, err = strconv.ParseInt(f[1], 10, 64); err == nil && *to >= least && *to <= most {
					return
				}
			}
			r.at(n, key, "want %s", want)
		}}
	}
	amount := percents(&m.Percent, 0, 50, "how far apart the amounts may lie, from 0% to 50%, as in 10%")
	amount.must = true
	r.object(key, n, map[string]field{
		"amount":     amount,
		"commission": percents(&m.Commission, 1, 99, "how much of what came in may stay behind, from 1% to 99%, as in 10%"),
	})
}

// quantity reads base, a currency, amount, gap or daily, as far as the measure has it.
func (r *reader) quantity(key string, n ast.Node, of string, can []Quantity, m *Measure) {
	m.Of = Quantity(of)
	if isCurrency(of) {
		m.Of, m.Currency = AmountIn, of
	}
	if !slices.Contains(can, m.Of) || m.Of == AmountIn && m.Currency == "" {
		var want []string
		for _, q := range can {
			if q == AmountIn {
				q = "a currency"
			}
			want = append(want, string(q))
		}
		r.at(n, key, "want %s", strings.Join(want, ", "))
		m.Of = can[0]
		return
	}
	if m.Of == Base && r.file.Base == "" {
		r.at(n, key, "needs base at the top of the file: the currency that it is in")
	}
}

func measureNames() string {
	var all []string
	for k := range measureKinds {
		all = append(all, string(k))
	}
	all = append(all, string(Distinct), string(First), string(Since), string(Span), string(Mirrors), string(OtherRole))
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// bands reads the ranges of the measure, which may not overlap.
func (r *reader) bands(key string, n ast.Node, m Measure) []Band {
	list, ok := items(n)
	if !ok || len(list) == 0 || len(list) > maxTests {
		r.at(n, key, "%swant a sequence of 1 to %d bands, as in - {from: 3, strength: 0.2}", wrongKind(n), maxTests)
		return nil
	}
	var all []Band
	for i, one := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		b := Band{From: open(-1), Below: open(1)}
		before := len(r.all)
		seen := r.object(at, one, map[string]field{
			"from":     {read: r.value(&b.From, m)},
			"below":    {read: r.value(&b.Below, m)},
			"strength": {must: true, read: r.strength(&b.Strength)},
		})
		if len(r.all) > before {
			continue
		}
		switch {
		case seen["from"] == nil && seen["below"] == nil:
			r.at(one, at, "holds whatever is measured; want from, below or both")
			continue
		case b.From >= b.Below:
			r.at(one, at, "holds for nothing: from is not less than below")
			continue
		case m.Kind == Count && b.Below <= 1:
			r.at(one, at, "holds for nothing: a rule that counts no transfer is silent")
			continue
		case (m.Kind == Count || m.Kind == Distinct || m.Kind == Sum) && b.From <= 0 && math.IsInf(b.Below, 1):
			r.at(one, at, "holds whatever is measured")
			continue
		}
		for _, other := range all {
			if b.From < other.Below && other.From < b.Below && !nested(b, other) {
				r.at(one, at, "overlaps with another band")
				break
			}
		}
		all = append(all, b)
	}
	// The band with the highest from that holds is the one: bands that are open
	// above end where the next begins.
	slices.SortStableFunc(all, func(a, b Band) int {
		switch {
		case a.From < b.From:
			return -1
		case a.From > b.From:
			return 1
		}
		return 0
	})
	for i := range all[:max(len(all)-1, 0)] {
		all[i].Below = math.Min(all[i].Below, all[i+1].From)
	}
	return all
}

// nested reports whether one of two bands is open above and begins elsewhere, so
// that the later one takes over.
func nested(a, b Band) bool {
	return a.From != b.From && (math.IsInf(a.Below, 1) && a.From < b.From || math.IsInf(b.Below, 1) && b.From < a.From)
}

func (r *reader) strength(to *float64) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, _ := plain(n)
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v > 0 && v <= 1) {
			r.at(n, key, "want a number above 0, to 1")
			return
		}
		*to = v
	}
}

// value reads a number in the measure's unit.
func (r *reader) value(to *float64, m Measure) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, _ := plain(n)
		unit, currency := m.unit(r.file.Base)
		switch unit {
		case money:
			if v, ok := inCurrency(currency)(s); ok {
				*to = float64(v)
				return
			}
			r.at(n, key, "want an amount in %s, as in 200", currency)
		case length:
			if v, ok := seconds(s); ok {
				*to = float64(v)
				return
			}
			r.at(n, key, "want %s", durationWant)
		default:
			number, want := s, "a number"
			if unit == percent {
				number, want = strings.TrimSuffix(s, "%"), "a percentage, as in 40%"
			}
			v, err := strconv.ParseFloat(number, 64)
			if err != nil || math.Abs(v) > 1e12 || math.IsNaN(v) || unit == plainNumber && v != math.Trunc(v) {
				if unit == plainNumber {
					want = "a whole number"
				}
				r.at(n, key, "want %s", want)
				return
			}
			*to = v
		}
	}
}
