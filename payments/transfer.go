package payments

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/internal/quickjson"
	"github.com/vigil-stream/vigil/signal"
)

// A Transfer is one end of a transaction: what its subject's profile may know.
type Transfer struct {
	ID      string         `json:"id"` // of institution, reference and role
	Subject signal.Subject `json:"subject"`
	Role    signal.Role    `json:"role"`  // what the subject is in it
	Other   signal.Subject `json:"other"` // the other end
	// Institution and Ref are where the whole transaction can be found.
	Institution string    `json:"institution"`
	Ref         string    `json:"ref"`
	At          time.Time `json:"at"`     // UTC, whole seconds
	Amount      int64     `json:"amount"` // minor units
	Currency    string    `json:"currency"`
	// Country is that of the subject's end, OtherCountry of the other, if known.
	Country      string `json:"country,omitempty"`
	OtherCountry string `json:"other_country,omitempty"`
	// Names and OtherNames are tokens of the words of the two names, sorted: see
	// nameWords. They can be compared and not read.
	Names      []string `json:"names,omitempty"`
	OtherNames []string `json:"other_names,omitempty"`
	// Classes are what the text speaks of; the text stays behind.
	Classes []Class `json:"classes,omitempty"`
	Purpose string  `json:"purpose,omitempty"` // external purpose code

	// Base is Amount in minor units of the deployment's base currency, by its dated
	// table of rates. 0: there was no rate, and rules of amounts abstain.
	Base    int64   `json:"base,omitempty"`
	Rail    Rail    `json:"rail,omitempty"`
	Funding Funding `json:"funding,omitempty"`
	// Night and OtherNight say whether it was between 23:00 and 05:00 at the subject's
	// and at the other end: "yes" or "no" where every zone of the country agrees.
	Night      Answer `json:"night,omitempty"`
	OtherNight Answer `json:"other_night,omitempty"`
	// Town and OtherTown are tokens of the municipalities of the two ends.
	Town      string `json:"town,omitempty"`
	OtherTown string `json:"other_town,omitempty"`
	// OneAddress says that both ends have the same postal address.
	OneAddress bool `json:"one_address,omitempty"`
	// Bought is what a card purchase was for, of the kinds that rules look at.
	Bought Purchase `json:"bought,omitempty"`
	// Tourists says whether the other end lies where tourists go.
	Tourists Answer `json:"tourists,omitempty"`
	// PaidOutAfter is how many minutes after At the recipient took cash; 0 is unknown.
	PaidOutAfter int `json:"paid_out_after,omitempty"`
	// Account is the token of the subject's account where the subject is that of an alias
	// (a phone number, an address), which may have several accounts, and both are told.
	Account string `json:"account,omitempty"`
	// Exposures are those of the other end's address, sorted: "mixer", "mixer:direct".
	Exposures []string `json:"exposures,omitempty"`
	// Withdrawn says that this transfer was rejected: whatever came of it is taken back.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// An Answer is yes, no, or empty: not known.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// A Purchase is what a card purchase was for, by merchant category and by a list
// of merchants, as far as P10 and P11 look at it.
type Purchase string

// The kinds of purchase.
const (
	BoughtVPN        Purchase = "vpn"
	BoughtCapture    Purchase = "screen-capture" // of screen or video
	BoughtWiping     Purchase = "metadata-wiping"
	BoughtAdult      Purchase = "adult-tokens"
	BoughtTravel     Purchase = "travel"
	BoughtWithdrawal Purchase = "cash-withdrawal"
)

var transferSchema = signal.MustSchema(schemas, "schema/transfer.json")

// EncodeTransfer returns t as the JSON value of a record, the same bytes for the
// same transfer.
func EncodeTransfer(t Transfer) ([]byte, error) {
	if data, ok := appendTransfer(make([]byte, 0, 1024), &t); ok {
		return data, nil
	}
	data, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode transfer %s: %w", t.ID, err)
	}
	return data, nil
}

// DecodeTransfer reads a transfer; what does not fit the schema, or is no
// transfer that Split makes, is a Rejection that names the field.
func DecodeTransfer(data []byte) (Transfer, error) {
	q := quick{Reader: quickjson.New(data, maxQuick), words: make([]string, 0, 6)}
	var t Transfer
	err := q.decode(data, &t)
	return t, err
}

// A Decoder is DecodeTransfer without copies, for those who read many transfers and keep
// none: what it returns holds until its next call, and its strings are parts of the data,
// which may not change meanwhile. It is for one goroutine.
type Decoder struct {
	words [8 + 8 + 6]string // of the lists of one transfer
	t     Transfer
}

// Decode does what DecodeTransfer does.
func (d *Decoder) Decode(data []byte) (*Transfer, error) {
	q := quick{Reader: quickjson.Borrow(data, maxQuick), words: d.words[:0]}
	d.t = Transfer{}
	err := q.decode(data, &d.t)
	return &d.t, err
}

// decode reads a transfer into t, which is zero and stays so where there is an error.
func (q *quick) decode(data []byte, t *Transfer) error {
	if !q.transfer(t) {
		*t = Transfer{}
		if err := transferSchema.Decode(data, t); err != nil {
			*t = Transfer{}
			return fmt.Errorf("transfer: %w", err)
		}
		t.At = t.At.UTC().Truncate(time.Second)
	}
	if err := t.check(); err != nil {
		*t = Transfer{}
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

func (t *Transfer) check() error {
	if !signal.IsID(t.ID, "transfer", t.Institution, t.Ref, string(t.Role)) {
		return signal.Reject("schema", "/id: is not that of institution, ref and role")
	}
	if _, ok := MinorDigits(t.Currency); !ok && t.Currency != NoCurrency {
		return At("/currency", signal.Reject("currency", "is not a currency of ISO 4217"))
	}
	if (t.Amount == 0) != (t.Currency == NoCurrency) {
		return At("/amount", signal.Reject("schema", "is zero where there is a currency, or not zero where there is none"))
	}
	if err := CheckTime(t.At); err != nil {
		return At("/at", err)
	}
	if err := CheckCountry(t.Country); err != nil {
		return At("/country", err)
	}
	return At("/other_country", CheckCountry(t.OtherCountry))
}

// TransferID names one end of a transaction: the same institution, reference and role,
// the same ID.
func TransferID(institution, ref string, role signal.Role) string {
	return signal.ID("transfer", institution, ref, string(role))
}
