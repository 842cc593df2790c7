package route

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func directory(t testing.TB) Directory {
	t.Helper()
	d, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func decided(signals ...signal.Signal) review.Decision {
	id := signal.ID("case", string(subject))
	return review.Decision{CaseID: id, Case: review.Case{ID: id, Subject: subject, Signals: signals}}
}

func session(country string, minute int) signal.Signal {
	at := start.Add(time.Duration(minute) * time.Minute)
	return signal.Signal{ID: signal.ID("session", country, at.String()), Kind: signal.KindSession, Subject: subject, Start: at, End: at,
		Session: &signal.Session{Stream: "s", Platform: "demo", Private: true, Country: country}}
}

func payment(role signal.Role, holder, country string, others ...string) signal.Signal {
	return signal.Signal{ID: signal.ID("payment", holder, country), Kind: signal.KindPayment, Subject: subject, Start: start, End: start,
		Payment:  &signal.Payment{Typology: "P05", Role: role, Country: country, Countries: others},
		Evidence: []signal.Evidence{{What: "transaction", Holder: holder, Ref: "t"}}}
}

func elsewhere(s signal.Signal) signal.Signal {
	one := *s.Session
	one.Platform = "elsewhere"
	s.Session = &one
	return s
}

func withPairs(d review.Decision) review.Decision {
	d.Case.Pairs = []review.Pair{{Payer: "sub_00000000000000000000000000000002"}}
	return d
}

func ids(p Plan) string {
	var out []string
	for _, t := range p.Told {
		out = append(out, t.Centre.ID)
	}
	return strings.Join(out, " ")
}

func TestRoute(t *testing.T) {
	flag := signal.Signal{ID: signal.ID("flag"), Kind: signal.KindFlag, Flag: &signal.Flag{Platform: "demo", Reason: "r"}}
	for name, c := range map[string]struct {
		decision review.Decision
		want     string   // centres, the one in charge first
		why      []string // of the first
	}{
		"child and platform": {
			decided(session("PH", 0)), "ph us", []string{"National Coordination Center", "in PH, where the child"},
		},
		"the newest session that has a country": {
			decided(session("DE", 9), session("", 10), session("PH", 5)), "de us", []string{"in DE"},
		},
		"no session says where: the account that was paid": {
			decided(session("", 0), payment(signal.Recipient, "x", "AU", "DE")), "au us", []string{"No session says", "newest payments place"},
		},
		"no country at all: the platform's duty": {
			decided(session("", 0)), "us", []string{"No session says", "platform demo has its duty to report in US"},
		},
		"the platform is known from a flag alone": {decided(flag), "us", []string{"platform demo"}},
		"a country without a centre: the named fallback, once": {
			decided(session("KE", 0)), "us", []string{"no centre for KE", "platform demo", "the fallback"},
		},
		"a country without a centre, and the suspect's has one": {
			withPairs(decided(elsewhere(session("KE", 0)), payment(signal.Recipient, "x", "", "DE"))), "de us", nil,
		},
		"a member state without one: Europol": {
			decided(session("SE", 0)), "europol us", []string{"no centre for SE", "Europol is in charge in SE"},
		},
		"nothing known: the fallback": {
			decided(elsewhere(session("KE", 0))), "us", []string{"no centre for KE", "does not say where the platform elsewhere", "the fallback"},
		},
		"no signals: the fallback": {decided(), "us", []string{"the fallback"}},
		"payers count only where the case names them": {
			decided(session("PH", 0), payment(signal.Recipient, "x", "PH", "DE", "AU")), "ph us", nil,
		},
		"payers of several countries": {
			withPairs(decided(session("PH", 0), payment(signal.Recipient, "x", "PH", "DE", "AU"))), "ph us au de", nil,
		},
		"the subject pays": {
			decided(payment(signal.Sender, "x", "DE", "PH")), "de", []string{"the account that paid"},
		},
		"a sender who may be a victim is no suspect": {
			decided(victim(payment(signal.Sender, "x", "AU"))), "au", []string{"may be a victim's"},
		},
		"institutions, by BIC": {
			decided(session("PH", 0), payment(signal.Recipient, "DEMOPHMMXXX", "PH"), payment(signal.Recipient, "DEMODEFF", "PH")),
			"ph us de-fiu ph-amlc", nil,
		},
		"payments alone tell no unit alone": {
			decided(payment("", "DEMOPHMM", "")), "ph-amlc us", nil,
		},
		"British suspects are covered by the report to NCMEC": {
			withPairs(decided(session("PH", 0), payment(signal.Recipient, "x", "PH", "GB"))), "ph us", nil,
		},
		"British children are not": {decided(session("GB", 0)), "gb us", nil},
		"and without NCMEC nobody covers": {
			withPairs(decided(elsewhere(session("PH", 0)), payment(signal.Recipient, "x", "PH", "GB"))), "ph gb", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := directory(t).Route(c.decision)
			if got := ids(p); got != c.want {
				t.Errorf("told %s, want %s\n%+v", got, c.want, p.Steps)
			}
			for _, want := range c.why {
				if !strings.Contains(p.Told[0].Why, want) {
					t.Errorf("%q does not say %q", p.Told[0].Why, want)
				}
			}
			for _, told := range p.Told {
				if told.Why == "" || strings.ContainsAny(told.Why, "{}") || len(told.By) == 0 {
					t.Errorf("%s: why %q, by %v", told.Centre.ID, told.Why, told.By)
				}
			}
			signals := slices.Clone(c.decision.Case.Signals)
			slices.Reverse(signals)
			c.decision.Case.Signals = signals
			if again := ids(directory(t).Route(c.decision)); again != ids(p) {
				t.Errorf("in another order: %s", again)
			}
		})
	}
}

// TestNobodyIsLeftOutOfALongCase: however many institutions and countries a case names, whom the
// last of them leads to is told, and why fits into an alert.
func TestNobodyIsLeftOutOfALongCase(t *testing.T) {
	signals := []signal.Signal{session("KE", 0)}
	for i := range 300 {
		signals = append(signals, payment(signal.Recipient, fmt.Sprintf("institution-%03d, which is in no directory", i), "KE"))
	}
	signals = append(signals, payment(signal.Recipient, "DEMOAEXX", "KE", "AR", "BO", "BR", "CL", "CO", "EC", "KE", "NG", "PE", "PH"))
	p := directory(t).Route(withPairs(decided(signals...)))
	if got := ids(p); got != "us ph ae-fiu" && got != "ph us ae-fiu" {
		t.Errorf("told %s", got)
	}
	for _, told := range p.Told {
		if n := len(told.Why); n > maxWhy || !strings.HasSuffix(told.Why, ".") || told.Centre.ID == "ph" && n > 1000 {
			t.Errorf("%s is told why in %d bytes, that end with %.40q", told.Centre.ID, n, told.Why[max(0, n-40):])
		}
	}
	signals[0] = elsewhere(session("KE", 0))
	alone := directory(t).Route(decided(signals[:len(signals)-1]...)).Told
	if len(alone) != 1 || alone[0].Centre.ID != "us" || len(alone[0].Why) > maxWhy || len(alone[0].Why) < maxWhy/2 {
		t.Errorf("the fallback: %d are told, the first why in %d bytes", len(alone), len(alone[0].Why))
	}
	if long := shorten(strings.Repeat("é one. ", 2000)); len(long) > maxWhy || !strings.HasSuffix(long, "one. There are more reasons of this kind.") {
		t.Errorf("%d bytes, %q", len(long), long[len(long)-60:])
	}
}

func victim(s signal.Signal) signal.Signal {
	p := *s.Payment
	p.Victim = true
	s.Payment = &p
	return s
}

func TestACentreThatWantsNoReportIsNotTold(t *testing.T) {
	d := directory(t)
	for i := range d.Centres {
		if d.Centres[i].ID == "de" {
			d.Centres[i].Takes = []Relation{Duty}
		}
	}
	p := d.Route(decided(session("DE", 0)))
	if ids(p) != "us" || !strings.Contains(p.Steps[0].Says, "wants no report") {
		t.Errorf("told %s, %+v", ids(p), p.Steps[0])
	}
}

func TestTheSharedIDIsOfTheCase(t *testing.T) {
	a := directory(t).Route(decided(session("PH", 0)))
	b := directory(t).Route(decided(session("DE", 5), payment(signal.Recipient, "DEMOPHMM", "PH")))
	if a.Shared != b.Shared || a.Shared != SharedID(signal.ID("case", string(subject)), subject) {
		t.Errorf("%s and %s", a.Shared, b.Shared)
	}
	if SharedID("x", subject) == a.Shared || SharedID(signal.ID("case", string(subject)), "y") == a.Shared {
		t.Error("another case has the same shared id")
	}
}

func TestUnitsOfPaymentsAreNotNamedToOthers(t *testing.T) {
	p := directory(t).Route(decided(session("PH", 0), payment(signal.Recipient, "DEMOPHMM", "PH")))
	if ids(p) != "ph us ph-amlc" {
		t.Fatal(ids(p))
	}
	for i, want := range []string{"us", "ph", "ph us"} {
		if got := strings.Join(p.Also(p.Told[i].Centre), " "); got != want {
			t.Errorf("%s is told of %q, want %q", p.Told[i].Centre.ID, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	evil := session("KE", 3)
	one := *evil.Session
	one.Platform = "evil\x1b[2J\u202e"
	evil.Session = &one
	p := directory(t).Route(withPairs(decided(evil, session("", 9), payment(signal.Recipient, "DEMOPHMM", "PH", "DE", "GB"))))
	var all, told strings.Builder
	if err := Explain(&all, p, true); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(all.String(), "\x1b\u202e") {
		t.Error("a holder steers the terminal")
	}
	golden.Check(t, "explain.golden", all.String())
	if err := Explain(&told, p, false); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(all.String(), told.String()) || strings.Contains(told.String(), "looked at") {
		t.Error("without all, more or less is told than who is told")
	}
}
