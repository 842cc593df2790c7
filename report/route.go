package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// Route returns the centre in charge of a decided case, and why: what each rule
// found, up to the one that applied. It always returns a centre.
func (t Table) Route(d review.Decision) (c Centre, why string) {
	signals := slices.Clone(d.Case.Signals)
	slices.SortFunc(signals, func(a, b signal.Signal) int { // the newest first
		return cmp.Or(b.End.Compare(a.End), cmp.Compare(b.ID, a.ID))
	})
	var said []string
	for _, r := range t.Rules {
		var platform, country, missing string
		switch r.By {
		case byStreamer:
			country, missing = streamerCountry(signals)
		case byPlatform:
			platform, country, missing = t.dutyCountry(signals)
		}
		c, ok := t.find(r.By, country)
		if ok {
			filled := strings.NewReplacer("{centre}", c.Name, "{country}", country, "{platform}", platform).Replace(r.Why)
			return c, strings.Join(append(said, filled), " ")
		}
		if missing == "" {
			missing = "The table has no centre for " + country + "."
		}
		said = append(said, missing)
	}
	// LoadTable lets no table through whose last rule is not the fallback.
	c, _ = t.find(byFallback, "")
	return c, strings.Join(append(said, "The case goes to the fallback."), " ")
}

func (t Table) find(by, country string) (Centre, bool) {
	for _, c := range t.Centres {
		if by == byFallback && c.ID == t.Fallback || by != byFallback && country != "" && c.Country == country {
			return c, true
		}
	}
	return Centre{}, false
}

func streamerCountry(newestFirst []signal.Signal) (country, missing string) {
	for _, s := range newestFirst {
		if s.Session != nil && s.Session.Country != "" {
			return s.Session.Country, ""
		}
	}
	return "", "No session says in which country the streamer was."
}

func (t Table) dutyCountry(newestFirst []signal.Signal) (platform, country, missing string) {
	for _, s := range newestFirst {
		platform := ""
		switch {
		case s.Session != nil:
			platform = s.Session.Platform
		case s.Match != nil:
			platform = s.Match.Platform
		case s.Flag != nil:
			platform = s.Flag.Platform
		}
		for _, d := range t.Platforms {
			if d.Platform == platform {
				return platform, d.Country, ""
			}
		}
	}
	return "", "", "The table does not say where the platform has its duty to report."
}
