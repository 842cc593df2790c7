package report

import (
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

func TestRoute(t *testing.T) {
	noCountry := sessionIn("", "demo", 0)
	flag := signal.Signal{ID: signal.ID("flag"), Kind: signal.KindFlag, Flag: &signal.Flag{Platform: "demo", Reason: "r"}}
	for name, c := range map[string]struct {
		signals []signal.Signal
		want    string
		why     []string
	}{
		"the streamer's country": {
			[]signal.Signal{sessionIn("PH", "demo", 0)}, "ph", []string{"streamer in PH", "National Coordination Center"},
		},
		"the newest session that has one": {
			[]signal.Signal{sessionIn("DE", "demo", 9), sessionIn("", "demo", 10), sessionIn("PH", "demo", 5)}, "de", []string{"DE"},
		},
		"no country: the platform's duty": {
			[]signal.Signal{noCountry}, "us", []string{"No session says", "platform demo", "duty to report in US"},
		},
		"a country without a centre: the platform's duty": {
			[]signal.Signal{sessionIn("KE", "demo", 0)}, "us", []string{"no centre for KE", "platform demo"},
		},
		"the platform is known from a flag alone": {
			[]signal.Signal{flag}, "us", []string{"platform demo"},
		},
		"nothing known: the fallback": {
			[]signal.Signal{sessionIn("KE", "elsewhere", 0)}, "us",
			[]string{"no centre for KE", "does not say where the platform", "the fallback"},
		},
		"no signals: the fallback": {nil, "us", []string{"the fallback"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := confirmed()
			d.Case.Signals = c.signals
			centre, why := defaultTable(t).Route(d)
			if centre.ID != c.want {
				t.Errorf("got %s, want %s", centre.ID, c.want)
			}
			for _, want := range c.why {
				if !strings.Contains(why, want) {
					t.Errorf("%q does not say %q", why, want)
				}
			}
			if strings.ContainsAny(why, "{}") {
				t.Errorf("%q has an open place", why)
			}
		})
	}
}

func TestRouteDoesNotDependOnTheOrderOfSignals(t *testing.T) {
	d := confirmed()
	a, b := sessionIn("PH", "demo", 5), sessionIn("DE", "demo", 5) // at the same moment
	d.Case.Signals = []signal.Signal{a, b}
	one, _ := defaultTable(t).Route(d)
	d.Case.Signals = []signal.Signal{b, a}
	if two, _ := defaultTable(t).Route(d); one != two {
		t.Errorf("got %s and %s", one.ID, two.ID)
	}
}

func TestARuleOfTheTableWithoutACentreFallsBack(t *testing.T) {
	table := defaultTable(t)
	table.Rules = nil // as no loaded table can be
	if c, why := table.Route(confirmed()); c.ID != table.Fallback || why == "" {
		t.Errorf("got %s, %q", c.ID, why)
	}
}
