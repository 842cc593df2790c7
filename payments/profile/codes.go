package profile

import (
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A Country is one of ISO 3166-1 by its two letters, in a number. 0: not known.
type Country uint16

// CountryOf returns the number of two capital letters; of anything else, 0.
func CountryOf(code string) Country { return Country(letters(code, 2)) }

func (c Country) String() string { return word(uint16(c), 2) }

// Letters are its letters.
func (c Country) Letters() (l signal.Letters) {
	if c > 0 {
		l[0], l[1] = byte('A'+(c-1)/26), byte('A'+(c-1)%26)
	}
	return l
}

// A Currency is one of ISO 4217 by its three letters, in a number. 0: none.
type Currency uint16

// Currencies is above every Currency, for tables by currency.
const Currencies = 26*26*26 + 1

// CurrencyOf returns the number of three capital letters; of anything else, 0.
func CurrencyOf(code string) Currency { return Currency(letters(code, 3)) }

func (c Currency) String() string { return word(uint16(c), 3) }

func letters(code string, n int) uint16 {
	if len(code) != n {
		return 0
	}
	v := uint16(0)
	for i := range n {
		if code[i] < 'A' || code[i] > 'Z' {
			return 0
		}
		v = v*26 + uint16(code[i]-'A')
	}
	return v + 1
}

func word(v uint16, n int) string {
	if v == 0 {
		return ""
	}
	v--
	var b [3]byte
	for i := n - 1; i >= 0; i-- {
		b[i] = byte('A' + v%26)
		v /= 26
	}
	return string(b[:n])
}

// A Tie is what is known to join the two ends of a transfer. More is more.
type Tie uint8

// The ties.
const (
	TieUnknown Tie = iota // a name is missing
	TieNone               // no word of the two names in common
	TieName               // a word in common: perhaps a family
	TieAddress            // one postal address
)

// An Answer is yes, no or not known.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

func answerOf(a payments.Answer) Answer {
	switch a {
	case payments.Yes:
		return Yes
	case payments.No:
		return No
	}
	return Unknown
}

// What a transfer is of, as one bit each, so that a typology asks for several at
// once: e.Rail&(RailPrepaid|RailGiftCard) != 0. 0: not known.
type (
	Rail      uint16
	Funding   uint8
	Bought    uint8
	Classes   uint8 // several
	Exposures uint32
)

// The rails, as payments names them.
const (
	RailRemittance Rail = 1 << iota
	RailBank
	RailWallet
	RailP2P
	RailGiftCard
	RailPrepaid
	RailToken
	RailVirtual
	RailProcessor
	RailCard
)

// The ways of funding.
const (
	FundedByCash Funding = 1 << iota
	FundedByAccount
	FundedByCard
	FundedByPrepaid
)

// What a card purchase was for.
const (
	BoughtVPN Bought = 1 << iota
	BoughtCapture
	BoughtWiping
	BoughtAdult
	BoughtTravel
	BoughtWithdrawal
)

// The classes of a reference.
const (
	School Classes = 1 << iota
	Medical
	Accommodation
	FamilySupport
	Education
	SocialHandle

	// AllClasses is how many there are.
	AllClasses = 6
)

var (
	rails = []payments.Rail{payments.RailRemittance, payments.RailBank, payments.RailWallet, payments.RailP2P,
		payments.RailGiftCard, payments.RailPrepaid, payments.RailToken, payments.RailVirtual, payments.RailProcessor, payments.RailCard}
	fundings = []payments.Funding{payments.FundedByCash, payments.FundedByAccount, payments.FundedByCard, payments.FundedByPrepaid}
	boughts  = []payments.Purchase{payments.BoughtVPN, payments.BoughtCapture, payments.BoughtWiping, payments.BoughtAdult,
		payments.BoughtTravel, payments.BoughtWithdrawal}
	classes = []payments.Class{payments.School, payments.Medical, payments.Accommodation, payments.FamilySupport,
		payments.Education, payments.SocialHandle}
	// exposures are the categories that are told apart. Any other is "other".
	exposures = []string{"mixer", "instant-exchanger", "prepaid", "csam", "exchange", "p2p-exchange", "gambling",
		"darknet-market", "sanctioned", "scam", "gift-card", "atm", "other"}
)

func bit[C comparable](all []C, one C) uint32 {
	if i := slices.Index(all, one); i >= 0 {
		return 1 << i
	}
	return 0
}

// RailOf returns a rail's bit; 0 for none or an unknown one. So do the others below.
func RailOf(r payments.Rail) Rail { return Rail(bit(rails, r)) }

// FundingOf returns a funding's bit.
func FundingOf(f payments.Funding) Funding { return Funding(bit(fundings, f)) }

// BoughtOf returns a purchase's bit.
func BoughtOf(p payments.Purchase) Bought { return Bought(bit(boughts, p)) }

// ClassesOf returns the bits of classes.
func ClassesOf(cs ...payments.Class) Classes {
	var out Classes
	for _, c := range cs {
		out |= Classes(bit(classes, c))
	}
	return out
}

// ExposuresOf returns the bits of exposures as a transfer has them: "mixer" for
// one of any kind, "mixer:direct" for one that is direct.
//
// An exposure to "mixer" has the bits of "mixer"; a direct one has those of
// "mixer" and its own: so has, of an entry, e.Exposures.Has(ExposuresOf("mixer"))
// both kinds and Has(ExposuresOf("mixer:direct")) the direct ones.
func ExposuresOf(list ...string) Exposures {
	var out Exposures
	for _, e := range list {
		category, direct := strings.CutSuffix(e, ":direct")
		b := bit(exposures, category)
		if b == 0 {
			b = bit(exposures, "other")
		}
		out |= Exposures(b)
		if direct {
			out |= Exposures(b << 16)
		}
	}
	return out
}

// Has reports whether all of some bits are set.
func (e Exposures) Has(bits Exposures) bool { return bits != 0 && e&bits == bits }
