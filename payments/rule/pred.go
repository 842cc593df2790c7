package rule

import (
	"slices"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A pred says whether a condition holds for a transfer of the scene's profile.
type pred func(s *scene, e *profile.Entry) bool

// condition makes one function of a condition. Cheap tests come first.
func (f File) condition(c Condition) pred {
	tests := slices.Clone(c.Tests)
	slices.SortStableFunc(tests, func(a, b Test) int { return a.cost() - b.cost() })
	var all pred
	for _, t := range tests {
		all = and(all, f.test(t))
	}
	return all
}

// cost is how much a test takes, roughly.
func (t Test) cost() int {
	switch fields[t.Field].kind {
	case answer, words:
		return 0
	case byCurrency, multiple, alternatives, negation, likeness, listName:
		return 2
	}
	return 1
}

// and joins two; a nil pred holds always.
func and(a, b pred) pred {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(s *scene, e *profile.Entry) bool { return a(s, e) && b(s, e) }
}

// or joins two; a nil pred holds never.
func or(a, b pred) pred {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(s *scene, e *profile.Entry) bool { return a(s, e) || b(s, e) }
}

func not(a pred) pred {
	if a == nil {
		return nil
	}
	return func(s *scene, e *profile.Entry) bool { return !a(s, e) }
}

// test makes a function of one test.
func (f File) test(t Test) pred {
	r := t.Range
	switch t.Field {
	case "amount":
		return amountIn(t.Amounts)
	case "round":
		return multipleOf(t.Amounts)
	case "base":
		return func(_ *scene, e *profile.Entry) bool { return e.Base > 0 && r.has(e.Base) }
	case "rail":
		var bits profile.Rail
		for _, w := range t.Words {
			bits |= profile.RailOf(payments.Rail(w))
		}
		if bits == 0 {
			return func(_ *scene, e *profile.Entry) bool { return e.Rail == 0 }
		}
		return func(_ *scene, e *profile.Entry) bool { return e.Rail&bits != 0 }
	case "funding":
		var bits profile.Funding
		for _, w := range t.Words {
			bits |= profile.FundingOf(payments.Funding(w))
		}
		if bits == 0 {
			return func(_ *scene, e *profile.Entry) bool { return e.Funding == 0 }
		}
		return func(_ *scene, e *profile.Entry) bool { return e.Funding&bits != 0 }
	case "bought":
		var bits profile.Bought
		for _, w := range t.Words {
			bits |= profile.BoughtOf(payments.Purchase(w))
		}
		if bits == 0 {
			return func(_ *scene, e *profile.Entry) bool { return e.Bought == 0 }
		}
		return func(_ *scene, e *profile.Entry) bool { return e.Bought&bits != 0 }
	case "classes":
		var bits profile.Classes
		for _, w := range t.Words {
			bits |= profile.ClassesOf(payments.Class(w))
		}
		if bits == 0 {
			return func(_ *scene, e *profile.Entry) bool { return e.Classes == 0 }
		}
		return func(_ *scene, e *profile.Entry) bool { return e.Classes&bits != 0 }
	case "night":
		want := answerOf(t.Yes)
		return func(_ *scene, e *profile.Entry) bool { return e.Night == want }
	case "other_night":
		want := answerOf(t.Yes)
		return func(_ *scene, e *profile.Entry) bool { return e.OtherNight == want }
	case "tourists":
		want := answerOf(t.Yes)
		return func(_ *scene, e *profile.Entry) bool { return e.Tourists == want }
	case "cross_border":
		if t.Yes {
			return func(_ *scene, e *profile.Entry) bool { return e.Abroad() }
		}
		return func(_ *scene, e *profile.Entry) bool { return e.Country != 0 && e.Country == e.OtherCountry }
	case "purpose":
		codes := make([][4]byte, len(t.Words))
		for i, w := range t.Words {
			copy(codes[i][:], w)
		}
		return func(_ *scene, e *profile.Entry) bool { return slices.Contains(codes, e.Purpose) }
	case "exposures":
		all := make([]profile.Exposures, len(t.Words))
		for i, w := range t.Words {
			all[i] = profile.ExposuresOf(w)
		}
		return func(_ *scene, e *profile.Entry) bool {
			for _, x := range all {
				if e.Exposures.Has(x) {
					return true
				}
			}
			return false
		}
	case "paid_out_within":
		return func(_ *scene, e *profile.Entry) bool {
			return e.PaidOutAfter > 0 && r.has(int64(e.PaidOutAfter)*60)
		}
	case "currency":
		all := make([]profile.Currency, len(t.Words))
		for i, w := range t.Words {
			all[i] = profile.CurrencyOf(w)
		}
		return func(_ *scene, e *profile.Entry) bool { return slices.Contains(all, e.Currency) }
	case "country":
		all := countries(t.Words)
		return func(_ *scene, e *profile.Entry) bool { return slices.Contains(all, e.Country) }
	case "other_country":
		all := countries(t.Words)
		return func(_ *scene, e *profile.Entry) bool { return slices.Contains(all, e.OtherCountry) }
	case "tie":
		var in [4]bool
		for _, w := range t.Words {
			in[map[string]profile.Tie{"unknown": profile.TieUnknown, "none": profile.TieNone, "name": profile.TieName, "address": profile.TieAddress}[w]] = true
		}
		return func(s *scene, e *profile.Entry) bool { return in[s.view.Of(e).Tie&3] }
	case "steady":
		yes := t.Yes
		return func(s *scene, e *profile.Entry) bool { return s.view.Of(e).Steady == yes }
	case "transfers":
		return func(s *scene, e *profile.Entry) bool { return r.has(int64(s.view.Of(e).Transfers)) }
	case "known_for":
		return func(s *scene, e *profile.Entry) bool { return r.has(e.At - s.view.Of(e).First) }
	case "listed":
		in := f.tokens(t.Words)
		return func(s *scene, e *profile.Entry) bool { return in[s.view.Of(e).Token] }
	case "like_newest":
		return likeNewest(*t.Newest)
	case "any_of":
		var any pred
		for _, one := range t.AnyOf {
			any = or(any, f.condition(one))
		}
		return any
	case "not":
		return not(f.condition(*t.Not))
	}
	panic("rule: no test for the field " + t.Field) // a test holds every field to it
}

func answerOf(yes bool) profile.Answer {
	if yes {
		return profile.Yes
	}
	return profile.No
}

func countries(codes []string) []profile.Country {
	all := make([]profile.Country, len(codes))
	for i, c := range codes {
		all[i] = profile.CountryOf(c)
	}
	return all
}

func (f File) tokens(lists []string) map[profile.Token]bool {
	in := make(map[profile.Token]bool)
	for _, name := range lists {
		for _, subject := range f.Lists[name] {
			in[profile.TokenOf(signal.Subject(subject))] = true
		}
	}
	return in
}

// A priced is what holds for amounts of one currency.
type priced struct {
	currency profile.Currency
	r        Range
}

func byCurrencies(amounts map[string]Range) []priced {
	var all []priced
	for code, r := range amounts {
		all = append(all, priced{profile.CurrencyOf(code), r})
	}
	slices.SortFunc(all, func(a, b priced) int { return int(a.currency) - int(b.currency) })
	return all
}

func amountIn(amounts map[string]Range) pred {
	all := byCurrencies(amounts)
	if len(all) == 1 {
		one := all[0]
		return func(_ *scene, e *profile.Entry) bool { return e.Currency == one.currency && one.r.has(e.Amount) }
	}
	return func(_ *scene, e *profile.Entry) bool {
		for i := range all {
			if all[i].currency == e.Currency {
				return all[i].r.has(e.Amount)
			}
		}
		return false
	}
}

func multipleOf(amounts map[string]Range) pred {
	all := byCurrencies(amounts)
	return func(_ *scene, e *profile.Entry) bool {
		for i := range all {
			if all[i].currency == e.Currency {
				return e.Amount%all[i].r.Min == 0
			}
		}
		return false
	}
}

// likeNewest compares with the newest transfer, which is like itself.
func likeNewest(l Likeness) pred {
	var all pred
	for _, what := range l.Same {
		all = and(all, map[string]pred{
			"counterparty": func(s *scene, e *profile.Entry) bool { return e.Other == s.newest.Other },
			"currency":     func(s *scene, e *profile.Entry) bool { return e.Currency == s.newest.Currency },
			"purpose": func(s *scene, e *profile.Entry) bool {
				return e.Purpose == s.newest.Purpose && e.Purpose != [4]byte{}
			},
			"classes": func(s *scene, e *profile.Entry) bool { return e.Classes == s.newest.Classes && e.Classes != 0 },
			"rail":    func(s *scene, e *profile.Entry) bool { return e.Rail == s.newest.Rail && e.Rail != 0 },
			"country": func(s *scene, e *profile.Entry) bool {
				return e.OtherCountry == s.newest.OtherCountry && e.OtherCountry != 0
			},
			"town": func(s *scene, e *profile.Entry) bool { return e.OtherTown == s.newest.OtherTown && e.OtherTown != 0 },
		}[what])
	}
	if !l.Amount {
		return all
	}
	percent := l.Percent
	return and(all, func(s *scene, e *profile.Entry) bool {
		a, b := e.Amount, s.newest.Amount
		if e.Currency != s.newest.Currency {
			if a, b = e.Base, s.newest.Base; a == 0 || b == 0 {
				return false
			}
		}
		diff := a - b
		if diff < 0 {
			diff = -diff
		}
		return diff*100 <= b*percent
	})
}
