package route

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A place is a country that something ties a case to; without a country it says that
// nothing does.
type place struct{ country, holder, found string }

// looks are what rules look at: the signals, the newest first, whatever their order was.
type looks struct {
	signals []signal.Signal
	pairs   int
}

func newLooks(c review.Case) looks {
	l := looks{signals: slices.Clone(c.Signals), pairs: len(c.Pairs)}
	slices.SortFunc(l.signals, func(a, b signal.Signal) int {
		return cmp.Or(b.End.Compare(a.End), cmp.Compare(b.ID, a.ID))
	})
	return l
}

func (d Directory) places(by Relation, l looks) []place {
	switch by {
	case Victim:
		return l.victim()
	case Duty:
		return bound(l.platforms(), d.Platforms, nil, "platform")
	case Suspect:
		return l.suspect()
	case Payments:
		return bound(l.institutions(), d.Institutions, ofBIC, "institution")
	}
	return nil
}

// victim is where a stream came from, else where its payments arrived.
func (l looks) victim() []place {
	for _, s := range l.signals {
		if s.Session != nil && s.Session.Country != "" {
			return []place{{country: s.Session.Country, holder: s.Session.Platform, found: "The newest session that gives a country places the streamer in " + s.Session.Country + "."}}
		}
	}
	for _, s := range l.signals {
		if p := s.Payment; p != nil && p.Country != "" && (p.Role == signal.Recipient || p.Victim) {
			return []place{{country: p.Country, found: "No session says in which country the streamer was, and the newest payments place the account that was paid, or may be a victim's, in " + p.Country + "."}}
		}
	}
	return []place{{found: "No session says in which country the streamer was, and no payment where it arrived."}}
}

// suspect is where the subject pays from, else where those pay from with whom it is suspected.
func (l looks) suspect() []place {
	for _, s := range l.signals {
		if p := s.Payment; p != nil && p.Role == signal.Sender && !p.Victim && p.Country != "" {
			return []place{{country: p.Country, found: "The newest payments place the account that paid in " + p.Country + "."}}
		}
	}
	if l.pairs == 0 {
		return []place{{found: "The case names nobody who is suspected with its subject, and no country from which it paid."}}
	}
	var countries []string
	for _, s := range l.signals {
		if p := s.Payment; p != nil && p.Role == signal.Recipient && !p.Victim {
			countries = append(countries, p.Countries...)
		}
	}
	slices.Sort(countries)
	countries = slices.Compact(countries)
	if len(countries) == 0 {
		return []place{{found: "No payment says from which country it came."}}
	}
	var places []place
	for _, c := range countries {
		places = append(places, place{country: c, found: fmt.Sprintf("Payments of a pattern that fired came from %s, and the case names %d who are suspected with its subject.", c, l.pairs)})
	}
	return places
}

// platforms are those that signals name, the newest first.
func (l looks) platforms() []string {
	var names []string
	for _, s := range l.signals {
		switch {
		case s.Session != nil:
			names = append(names, s.Session.Platform)
		case s.Match != nil:
			names = append(names, s.Match.Platform)
		case s.Flag != nil:
			names = append(names, s.Flag.Platform)
		case s.Score != nil:
			names = append(names, s.Score.Platform)
		}
	}
	return unique(names)
}

// institutions are those that hold payments of the case.
func (l looks) institutions() []string {
	var names []string
	for _, s := range l.signals {
		for _, e := range s.Evidence {
			if e.What == "transaction" {
				names = append(names, e.Holder)
			}
		}
	}
	return unique(names)
}

// unique drops repeats and what is empty, and keeps the order.
func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// bound finds where holders have their duties: by the directory, else by a guess from the
// holder's own name.
func bound(holders []string, list []Bound, guess func(string) string, what string) []place {
	var places []place
	for _, h := range holders {
		known := false
		for _, b := range list {
			if b.Holder == h {
				known = true
				places = append(places, place{country: b.Country, holder: h, found: "The directory places the duty of the " + what + " " + h + " in " + b.Country + "."})
			}
		}
		if known {
			continue
		}
		if guess != nil && guess(h) != "" {
			places = append(places, place{country: guess(h), holder: h, found: "By its BIC the " + what + " " + h + ", which holds payments, is in " + guess(h) + "."})
			continue
		}
		places = append(places, place{holder: h, found: "The directory does not say where the " + what + " " + h + " has its duty to report."})
	}
	if len(places) == 0 {
		places = []place{{found: "The case names no " + what + "."}}
	}
	return places
}

// bic is ISO 9362: four of the institution, two of its country, two of the place, and three
// of the branch or none.
var bic = regexp.MustCompile(`^[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?$`)

func ofBIC(holder string) string {
	if m := bic.FindStringSubmatch(holder); m != nil && IsCountry(m[1]) {
		return m[1]
	}
	return ""
}
