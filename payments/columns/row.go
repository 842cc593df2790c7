package columns

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// A row turns cells into a record. Its errors name the column, and quote no cell.
type row struct {
	m       *Map
	columns []column
	v       values
	decoder *encoding.Decoder // nil for UTF-8
	// statement says that the ends are an account's owner and a counterparty.
	statement bool
}

// where is the column of a field, as the file's owner knows it.
func (r *row) where(name string) string {
	for _, c := range r.columns {
		if c.field.name == name {
			if !r.m.header {
				return "column " + c.name
			}
			return "column " + strconv.Quote(c.name)
		}
	}
	return "constant " + name
}

func (r *row) at(name string, err error) error { return payments.At(r.where(name), err) }

// read fills the fields.
func (r *row) read(cells []string) error {
	r.v = r.m.constants
	r.v.lines = slices.Clone(r.v.lines)
	for _, c := range r.columns {
		if c.index >= len(cells) {
			return r.at(c.field.name, signal.Reject("csv-cells", "is not there: the row has %d cells", len(cells)))
		}
		cell := cells[c.index]
		switch {
		case isASCII(cell): // Which is the same in every encoding.
		case r.decoder != nil:
			var err error
			if cell, err = r.decoder.String(cell); err != nil {
				return r.at(c.field.name, signal.Reject("charset", "is not in the map's encoding"))
			}
		case !utf8.ValidString(cell):
			return r.at(c.field.name, signal.Reject("charset", "is not UTF-8; the map's encoding may be another"))
		}
		if err := c.field.set(&r.v, cell); err != nil {
			return r.at(c.field.name, err)
		}
	}
	for _, name := range []string{"id", "institution"} {
		if f, _ := fieldNamed(name); *f.of(&r.v) == "" {
			return r.at(name, signal.Reject("required-field", "is empty"))
		}
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// record makes what the row says.
func (r *row) record() (payments.Record, error) {
	at, err := r.time()
	if err != nil {
		return payments.Record{}, err
	}
	if slices.Contains(r.m.withdrawn, r.v.status) {
		return payments.Record{Withdrawal: &payments.Withdrawal{Institution: r.v.institution, Ref: r.v.id, At: at}}, nil
	}
	t := &payments.Transaction{
		Institution: r.v.institution, Ref: r.v.id, At: at, Currency: r.v.currency, Merchant: r.v.merchant, Remittance: r.v.lines,
		Rail: payments.Rail(r.m.rail(r.v.rail)), Funding: payments.Funding(r.v.funding),
	}
	leaves, err := r.money(t)
	if err != nil {
		return payments.Record{}, err
	}
	if r.statement && r.v.ends[0].Agent == "" {
		r.v.ends[0].Agent = t.Institution // Who keeps the account.
	}
	t.Debtor, t.Creditor = r.v.ends[0], r.v.ends[1]
	if !leaves {
		t.Debtor, t.Creditor = t.Creditor, t.Debtor
	}
	if err := r.rest(t); err != nil {
		return payments.Record{}, err
	}
	return payments.Record{Transaction: t}, nil
}

func (r *row) time() (time.Time, error) {
	if r.m.used["at"] {
		at, err := r.m.layout.read(r.v.at, r.m.zone)
		if err == nil {
			err = payments.CheckTime(at)
		}
		return at.Truncate(time.Second), r.at("at", err)
	}
	name, clock := "clock", r.v.clock
	if r.m.assume != "" {
		name, clock = "date", r.m.assume
	}
	// Each by itself first, to name the right column.
	day, err := r.m.date.read(r.v.date, time.UTC)
	if err != nil {
		return time.Time{}, r.at("date", err)
	}
	hour, err := r.m.clock.readClock(clock)
	if err != nil {
		return time.Time{}, r.at(name, err)
	}
	shown := time.Date(day.Year(), day.Month(), day.Day(), hour.Hour(), hour.Minute(), hour.Second(), 0, time.UTC)
	if r.m.clock.hasZone {
		_, offset := hour.Zone()
		shown = shown.Add(-time.Duration(offset) * time.Second)
	} else if shown, err = place(shown, r.m.zone); err != nil {
		return time.Time{}, r.at(name, err)
	}
	return shown, r.at("date", payments.CheckTime(shown))
}

// readClock reads an hour, in the zone that it says.
func (l layout) readClock(text string) (time.Time, error) {
	at, err := time.Parse(l.theirs, text)
	if err != nil {
		return at, signal.Reject("time", "is not written as the map's layout says")
	}
	return at, nil
}

// money reads the amount, and whether it leaves the account, or goes from debtor to
// creditor.
func (r *row) money(t *payments.Transaction) (leaves bool, err error) {
	name, cell := "amount", r.v.amount
	leaves = true
	if r.m.used["debit"] {
		zero := func(s string) bool { return strings.Trim(s, "0.,-+ ") == "" }
		if zero(r.v.debit) == zero(r.v.credit) {
			return false, payments.At(r.where("debit")+" and "+r.where("credit"), signal.Reject("amount", "one of them must have an amount, and not both"))
		}
		if name, cell = "debit", r.v.debit; zero(cell) {
			name, cell, leaves = "credit", r.v.credit, false
		}
	}
	number, negative, err := r.m.numbers.plain(cell)
	if err != nil {
		return false, r.at(name, err)
	}
	switch {
	case r.m.sign != "":
		leaves = negative == (r.m.sign == "negative")
	case negative && (!r.m.used["debit"] || !leaves):
		// Money that leaves may be written with a minus in its own column.
		return false, r.at(name, signal.Reject("amount-negative", "is below zero"))
	}
	if r.m.used["direction"] {
		switch {
		case slices.Contains(r.m.debit, r.v.direction):
		case slices.Contains(r.m.credit, r.v.direction):
			leaves = false
		default:
			return false, r.at("direction", signal.Reject("direction", "is in neither list of the map"))
		}
	}
	if _, known := payments.MinorDigits(t.Currency); !known {
		return false, r.at("currency", signal.Reject("currency", "is not a currency of ISO 4217"))
	}
	t.Amount, err = payments.ParseAmount(number, t.Currency)
	return leaves, r.at(name, err)
}

// rest checks what else a row may have.
func (r *row) rest(t *payments.Transaction) error {
	if t.Rail != "" && !isRail(string(t.Rail)) {
		return r.at("rail", signal.Reject("rail", "is none of ours, and none of the map's rails"))
	}
	if t.Funding != "" && !isFunding(string(t.Funding)) {
		return r.at("funding", signal.Reject("funding", "is none of cash, account, card, prepaid"))
	}
	if mcc := t.Merchant.MCC; mcc != "" && (len(mcc) != 4 || strings.Trim(mcc, "0123456789") != "") {
		return r.at("merchant.mcc", signal.Reject("mcc", "is not four digits"))
	}
	if r.v.paidOut != "" {
		at, err := r.m.layout.read(r.v.paidOut, r.m.zone)
		if err == nil {
			err = payments.CheckTime(at)
		}
		if t.PaidOut = at.Truncate(time.Second); err != nil {
			return r.at("paid_out", err)
		}
	}
	// A purpose outside the published list is text like any other.
	if isPurpose(r.v.purpose) {
		t.Purpose = r.v.purpose
	} else if r.v.purpose != "" {
		t.Remittance = append(t.Remittance, r.v.purpose)
	}
	pair := named
	if r.statement {
		pair = statement
	}
	for i, p := range r.v.ends {
		if err := payments.CheckCountry(p.Country); err != nil {
			return r.at(pair[i]+".country", err)
		}
	}
	return nil
}

func isPurpose(text string) bool {
	return len(text) == 4 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
