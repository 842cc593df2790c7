package rule

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// Payments that anybody makes, by day, from an account, with no text that says
// anything: one alone, and the same one each month. A rule that looks at where
// people are or what they are called must be silent at all of them, whatever the
// amount, or it fires at the place and the name alone.
var (
	probeAmounts = []string{"20", "50", "100", "150", "400", "1000", "10000"}
	probeGaps    = []int64{0, 30 * day, 60 * day}
)

// probe says where a rule that looks at origin fires at what anybody pays.
func (r *reader) probe(key string, n ast.Node, rule Rule) {
	reads := originOf(rule)
	if len(reads) == 0 {
		return
	}
	c := compile(r.file, rule)
	for _, role := range rule.Of {
		for e := range r.ordinary(rule, reads) {
			for months := 1; months <= len(probeGaps); months += len(probeGaps) - 1 {
				if !c.firesAt(role, e, months) {
					continue
				}
				what := "one ordinary payment"
				if months > 1 {
					what = fmt.Sprintf("%d ordinary payments, one a month,", months)
				}
				r.at(n, key, "fires at %s of %s by day, for where the two ends are or what they are called: that is no sign of anything. Ask for more of what was paid, how or when",
					what, payments.FormatAmount(e.Amount, e.Currency.String(), true)+" "+e.Currency.String())
				return
			}
		}
	}
}

// ordinary yields payments that could fit the origin that the rule looks at.
func (r *reader) ordinary(rule Rule, reads []string) func(func(profile.Entry) bool) {
	named := make(map[string][]string)
	collect(rule, named)
	home, abroad := append([]string{"DE"}, named["country"]...), append([]string{"PH", "DE"}, named["other_country"]...)
	currencies := append([]string{"EUR", "USD"}, named["currency"]...)
	if r.file.Base != "" {
		currencies = append([]string{r.file.Base}, currencies...)
	}
	ties, tourists := []profile.Tie{profile.TieNone}, []profile.Answer{profile.Unknown}
	if slices.Contains(reads, "tie") {
		ties = []profile.Tie{profile.TieNone, profile.TieUnknown, profile.TieName, profile.TieAddress}
	}
	if slices.Contains(reads, "tourists") {
		tourists = []profile.Answer{profile.No, profile.Yes}
	}
	return func(yield func(profile.Entry) bool) {
		for _, currency := range firstFew(currencies, 8) {
			for _, text := range probeAmounts {
				amount, err := payments.ParseAmount(text, currency)
				if err != nil {
					continue
				}
				for _, own := range firstFew(home, 4) {
					for _, other := range firstFew(abroad, 6) {
						for _, tie := range ties {
							for _, t := range tourists {
								e := profile.Entry{
									Amount: amount, Currency: profile.CurrencyOf(currency), Rail: profile.RailBank, Funding: profile.FundedByAccount,
									Country: profile.CountryOf(own), OtherCountry: profile.CountryOf(other), Tie: tie, Tourists: t,
									Night: profile.No, OtherNight: profile.No, OtherTown: 1,
								}
								if r.file.Base == currency {
									e.Base = amount
								}
								if !yield(e) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

func firstFew(list []string, n int) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) && len(out) < n {
			out = append(out, s)
		}
	}
	return out
}

// collect gathers the countries and currencies that a rule names.
func collect(rule Rule, into map[string][]string) {
	var walk func(c Condition)
	walk = func(c Condition) {
		for _, t := range c.Tests {
			switch t.Field {
			case "country", "other_country", "currency":
				into[t.Field] = append(into[t.Field], t.Words...)
			case "amount", "round":
				for currency := range t.Amounts {
					into["currency"] = append(into["currency"], currency)
				}
				slices.Sort(into["currency"])
			}
			for _, one := range t.AnyOf {
				walk(one)
			}
			if t.Not != nil {
				walk(*t.Not)
			}
		}
	}
	walk(*rule.Where)
	if rule.Newest != nil {
		walk(*rule.Newest)
	}
	for _, c := range rule.Except {
		walk(c)
	}
}

// probeNow is when the newest of the ordinary payments is made, in seconds.
const probeNow = 1_700_000_000

// firesAt reports whether a rule fires on a profile of so many of one payment, the
// newest first, to one counterparty.
func (c *Compiled) firesAt(role signal.Role, e profile.Entry, months int) bool {
	p := profile.New("sub_00000000000000000000000000000000", role, nil)
	place := -1
	for i, gap := range probeGaps[:months] {
		e.ID, e.At = uint64(i+1), probeNow-gap
		at, _, err := p.Add(e, profile.Token{1})
		if err != nil {
			return false
		}
		place = at
	}
	var v profile.View
	_, fires := c.Find(p.View(&v, place))
	return fires
}
