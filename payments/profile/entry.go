package profile

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A Token is a subject's, in bytes.
type Token [16]byte

// TokenOf reads a subject's token; what is none is the zero Token.
func TokenOf(s signal.Subject) Token {
	var t Token
	digits := strings.TrimPrefix(string(s), "sub_")
	if len(digits) == 2*len(t) {
		for i := 0; i < len(t); i += 4 { // digits only, by the transfer's schema
			binary.BigEndian.PutUint32(t[i:], eight(digits[2*i:]))
		}
	}
	return t
}

// Subject returns the subject whose token it is.
func (t Token) Subject() signal.Subject {
	var b [4 + 2*len(t)]byte
	copy(b[:], "sub_")
	hex.Encode(b[4:], t[:])
	return signal.Subject(b[:])
}

// An Entry is a transfer as a profile keeps it. Fields mean what those of
// [payments.Transfer] do; 0 is not known.
type Entry struct {
	ID     uint64 // the first eight bytes of the transfer's
	At     int64  // seconds since 1970
	Amount int64  // minor units of Currency
	Base   int64  // minor units of the base currency; 0: there was no rate
	// OtherTown is the first eight bytes of the token of the other end's municipality.
	OtherTown    uint64
	Account      uint64 // the first eight bytes of the account's token, where the subject is an alias
	Exposures    Exposures
	PaidOutAfter int32 // minutes
	Purpose      [4]byte
	Currency     Currency
	Country      Country
	OtherCountry Country
	Rail         Rail
	// Other is the place of the counterparty in [View.Others].
	Other      uint16
	Tie        Tie // of this transfer alone; see Other.Tie
	Night      Answer
	OtherNight Answer
	Tourists   Answer
	Funding    Funding
	Bought     Bought
	Classes    Classes
	Marks      Marks

	// Where its reference lies in the profile's text, and its institution among the
	// profile's.
	refAt       uint32
	refLen      uint16
	institution uint16
}

// Marks are what a deployment's limits say of one transfer's amount.
type Marks uint8

// The marks.
const (
	Low    Marks = 1 << iota // of low value across a border, in a currency that has a limit
	Round                    // a round amount, in a currency that has a unit
	Marked                   // the currency has limits at all
)

// NewEntry makes an entry of a transfer, without its place in a profile.
func NewEntry(t *payments.Transfer) Entry {
	e := Entry{
		ID: first8(t.ID), At: t.At.Unix(), Amount: t.Amount, Base: t.Base, OtherTown: first8(t.OtherTown), Account: first8(t.Account),
		PaidOutAfter: int32(t.PaidOutAfter), Currency: CurrencyOf(t.Currency),
		Country: CountryOf(t.Country), OtherCountry: CountryOf(t.OtherCountry),
		Night: answerOf(t.Night), OtherNight: answerOf(t.OtherNight), Tourists: answerOf(t.Tourists),
	}
	copy(e.Purpose[:], t.Purpose)
	if t.Rail != "" {
		e.Rail = RailOf(t.Rail)
	}
	if t.Funding != "" {
		e.Funding = FundingOf(t.Funding)
	}
	if t.Bought != "" {
		e.Bought = BoughtOf(t.Bought)
	}
	if len(t.Classes) > 0 {
		e.Classes = ClassesOf(t.Classes...)
	}
	if len(t.Exposures) > 0 {
		e.Exposures = ExposuresOf(t.Exposures...)
	}
	switch {
	case t.OneAddress:
		e.Tie = TieAddress
	case len(t.Names) > 0 && len(t.OtherNames) > 0:
		e.Tie = TieNone
		if slices.ContainsFunc(t.Names, func(name string) bool { return slices.Contains(t.OtherNames, name) }) {
			e.Tie = TieName
		}
	}
	return e
}

// Abroad reports whether both countries are known and differ.
func (e *Entry) Abroad() bool {
	return e.Country != 0 && e.OtherCountry != 0 && e.Country != e.OtherCountry
}

// before orders entries by time and id.
func (e *Entry) before(at int64, id uint64) bool {
	return e.At < at || e.At == at && e.ID < id
}

// first8 reads 16 hex digits.
func first8(s string) uint64 {
	if len(s) < 16 {
		return 0
	}
	return uint64(eight(s))<<32 | uint64(eight(s[8:]))
}

// eight reads eight hex digits, all at once, each in its byte of a word.
func eight(s string) uint32 {
	_ = s[7]
	w := uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
		uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	const each = 0x0101010101010101
	w = w&(0x0f*each) + 9*(w>>6&each) // letters have bit 6, and their lowest bits begin with 1
	w = (w | w>>4) & 0x00ff00ff00ff00ff
	w = (w | w>>8) & 0x0000ffff0000ffff
	return uint32(w | w>>16)
}
