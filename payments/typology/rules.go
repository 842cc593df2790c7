package typology

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments/profile"
)

const day = 24 * time.Hour

// Rules are the parameters of the typologies. A change of them needs a new
// Version: signals of two versions are not the same signals.
type Rules struct {
	Version string
	// Window is the width of the windows that typologies count in. AUSTRAC's and
	// AMLC's counts are for 30 days.
	Window time.Duration
	// Base is the currency of the deployment's rates, which must have limits: see WithBase.
	Base string
	// Limits are by currency, ISO 4217. A currency that is not there is judged by those
	// of Base where there was a rate; else the typologies abstain.
	Limits map[string]Limits
	// Corridors are what P03 tells of. The zero value is none.
	Corridors Corridors

	LowValue          LowValue          // P01
	Repetition        Repetition        // P02
	CorridorNamed     CorridorNamed     // P03
	SeveralRecipients SeveralRecipients // P04
	FanIn             FanIn             // P05
	Night             Night             // P06
	Round             Round             // P07
	Cover             Cover             // P08
	Rails             Rails             // P09
	Adjuncts          Adjuncts          // P10
	Travel            Travel            // P11
	Escalation        Escalation        // P12
	Obfuscation       Obfuscation       // P13
	NoTie             NoTie             // P14
	MicroFanOut       MicroFanOut       // P15
	OneTown           OneTown           // P16
	Few               Few               // P17
	Sextortion        Sextortion        // X01
	FixedPrice        FixedPrice        // X02

	// Set by compile.
	limits []*Limits // by currency; nil: none
	base   profile.Currency
	lead   []Pattern // those beside which companions speak
	muted  *Rules    // these, without sentences, for those who ask whether something fires
	mute   bool
}

// say makes a sentence, unless nobody reads it.
func (r *Rules) say(sentence func() string) string {
	if r.mute {
		return ""
	}
	return sentence()
}

// WithBase returns the rules for a deployment whose rates are in another base currency.
func (r Rules) WithBase(currency string) (Rules, error) {
	if _, ok := r.Limits[currency]; !ok {
		return Rules{}, fmt.Errorf("the typologies have no limits in %s, but in %s", currency, strings.Join(slices.Sorted(maps.Keys(r.Limits)), ", "))
	}
	if currency != r.Base {
		r.Base, r.Version = currency, r.Version+"-"+currency
	}
	return r, nil
}

// WithCorridors returns the rules with other corridors for P03 to tell of.
func (r Rules) WithCorridors(c Corridors) Rules {
	if c.version != r.Corridors.version {
		r.Corridors, r.Version = c, r.Version+"-"+c.version
	}
	return r
}

// compile makes what typologies look up at every transfer.
func (r Rules) compile() *Rules {
	r.limits = make([]*Limits, profile.Currencies)
	for code, l := range r.Limits {
		l.compile(code)
		r.limits[profile.CurrencyOf(code)] = &l
	}
	r.limits[0] = nil
	r.base = profile.CurrencyOf(r.Base)
	if r.Corridors.destination == nil {
		r.Corridors.destination = make([][]profile.Country, 26*26+1)
	}
	for _, p := range Patterns() {
		if p.leading {
			r.lead = append(r.lead, p)
		}
	}
	muted := r
	muted.mute = true
	r.muted = &muted
	return &r
}

// DefaultRules are the published parameters, and where there are none our own:
// those are marked [A], for assumption. Strengths are all ours.
func DefaultRules() Rules {
	return Rules{
		Version: "r3",
		Window:  30 * day,
		Base:    "EUR",
		Limits: map[string]Limits{
			"AUD": {
				Low: Band{10_00, 500_00}, Repeat: Band{1_00, 54_99}, FanIn: Band{10_00, 100_00}, Each: Band{10_00, 290_00}, Micro: Band{1, 5_00}, Extort: Band{410_00, 2_450_00}, Round: 5_00,
				Source: "AUSTRAC 2025: 10 to 500, most 10 to 100; AIC T&I 634: prolific senders below 55",
			},
			"EUR": {
				Low: Band{10_00, 200_00}, Repeat: Band{10_00, 100_00}, FanIn: Band{10_00, 100_00}, Each: Band{10_00, 175_00}, Micro: Band{1, 3_00}, Extort: Band{250_00, 1_500_00}, Round: 5_00,
				Source: "FATF 2025: 10 to 200; the narrower 10 to 100 for P02 and P05 [A]; FATF, FinCEN 2025: 250 and 1,500 for X01, in the other currencies at about the rates of 2025 [A]",
			},
			"SEK": {
				Low: Band{90_00, 300_00}, Repeat: Band{90_00, 300_00}, FanIn: Band{90_00, 300_00}, Each: Band{90_00, 1_840_00}, Micro: Band{1, 30_00}, Extort: Band{2_900_00, 17_500_00}, Round: 50_00,
				Source: "ECPAT Sweden: 90 to 300; the same for P02 and P05 [A]",
			},
			"PHP": {
				Low: Band{1_000_00, 10_000_00}, Repeat: Band{1_000_00, 10_000_00}, FanIn: Band{1_000_00, 10_000_00}, Each: Band{1_000_00, 9_900_00}, Micro: Band{1, 180_00}, Extort: Band{15_500_00, 93_000_00}, Round: 500_00,
				Source: "AMLC 2020: 1,000 to 10,000; the same for P02 and P05, and round at 500 [A]",
			},
			"USD": {
				Low: Band{10_00, 50_00}, Repeat: Band{10_00, 50_00}, FanIn: Band{10_00, 50_00}, Each: Band{10_00, 200_00}, Micro: Band{1, 3_00}, Extort: Band{275_00, 1_650_00}, Round: 5_00,
				Source: "Chainalysis 2024: 10 to 50 in virtual assets; the same for money in an account [A]; AMLC 2020: up to 200 to each of several recipients, in the other currencies at about the rates of 2020 [A]",
			},
		},
		Corridors: DefaultCorridors(),

		LowValue:          LowValue{Transfers: 3},
		Repetition:        Repetition{Transfers: 4, Gap: 20 * day},
		CorridorNamed:     CorridorNamed{Transfers: 2},
		SeveralRecipients: SeveralRecipients{Recipients: 4},
		FanIn:             FanIn{Senders: 3},
		Night:             Night{Transfers: 5, Percent: 60},
		Round:             Round{Transfers: 5},
		Cover:             Cover{Transfers: 2, Kinds: 2, Distinct: 3},
		Rails:             Rails{Transfers: 4, Kinds: 2},
		Adjuncts:          Adjuncts{Kinds: 2, Transfers: 3},
		Travel:            Travel{Withdrawals: 1, Transfers: 3},
		Escalation:        Escalation{Transfers: 8, Amount: 60, Gap: 50},
		Obfuscation:       Obfuscation{Transfers: 3, Again: 5, Facts: 2},
		NoTie:             NoTie{Transfers: 3},
		MicroFanOut:       MicroFanOut{Transfers: 100, Recipients: 50, Within: 7 * day, Cash: 50},
		OneTown:           OneTown{Recipients: 3, PaidOutWithin: day, Percent: 50},
		Few:               Few{Transfers: 6},
		FixedPrice:        FixedPrice{Transfers: 3, Percent: 75, Payers: 2},
		Sextortion:        Sextortion{Payments: 3, Rapid: 3 * day, Over: 7 * day, Stop: 2 * day, Victims: 2},
	}
}
