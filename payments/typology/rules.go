package typology

import "time"

const day = 24 * time.Hour

// Rules are the parameters of the typologies. A change of them needs a new
// Version: signals of two versions are not the same signals.
type Rules struct {
	Version string
	// Window is the width of the windows that typologies count in. AUSTRAC's and
	// AMLC's counts are for 30 days.
	Window time.Duration
	// Limits are by currency, ISO 4217. For a currency that is not there the
	// typologies abstain.
	Limits     map[string]Limits
	LowValue   LowValue   // P01
	Repetition Repetition // P02
	FanIn      FanIn      // P05
	Round      Round      // P07
	Cover      Cover      // P08

	limits limitTable // of Limits; set by All
}

// A Band is a range of amounts in minor units, both ends included.
type Band struct{ Min, Max int64 }

// Limits are amounts in one currency, as published for it.
type Limits struct {
	Low    Band   // low value: P01, P07, P08
	Repeat Band   // repeated: P02
	FanIn  Band   // each of several senders: P05
	Round  int64  // an amount is round where it is a multiple of this: P07
	Source string // where the limits are from
}

// DefaultRules are the published parameters, and where there are none our own:
// those are marked [A], for assumption. Strengths are all ours.
func DefaultRules() Rules {
	return Rules{
		Version: "r1",
		Window:  30 * day,
		Limits: map[string]Limits{
			"AUD": {
				Low: Band{10_00, 500_00}, Repeat: Band{1_00, 54_99}, FanIn: Band{10_00, 100_00}, Round: 5_00,
				Source: "AUSTRAC 2025: 10 to 500, most 10 to 100; AIC T&I 634: prolific senders below 55",
			},
			"EUR": {
				Low: Band{10_00, 200_00}, Repeat: Band{10_00, 100_00}, FanIn: Band{10_00, 100_00}, Round: 5_00,
				Source: "FATF 2025: 10 to 200; the narrower 10 to 100 for P02 and P05 [A]",
			},
			"SEK": {
				Low: Band{90_00, 300_00}, Repeat: Band{90_00, 300_00}, FanIn: Band{90_00, 300_00}, Round: 50_00,
				Source: "ECPAT Sweden: 90 to 300; the same for P02 and P05 [A]",
			},
			"PHP": {
				Low: Band{1_000_00, 10_000_00}, Repeat: Band{1_000_00, 10_000_00}, FanIn: Band{1_000_00, 10_000_00}, Round: 500_00,
				Source: "AMLC 2020: 1,000 to 10,000; the same for P02 and P05, and round at 500 [A]",
			},
			"USD": {
				Low: Band{10_00, 50_00}, Repeat: Band{10_00, 50_00}, FanIn: Band{10_00, 50_00}, Round: 5_00,
				Source: "Chainalysis 2024: 10 to 50 in virtual assets; the same for money in an account [A]",
			},
		},
		LowValue:   LowValue{Transfers: 3},
		Repetition: Repetition{Transfers: 4, Gap: 20 * day},
		FanIn:      FanIn{Senders: 3},
		Round:      Round{Transfers: 5},
		Cover:      Cover{Transfers: 2, Distinct: 3},
	}
}

func (b Band) has(amount int64) bool { return amount >= b.Min && amount <= b.Max }
