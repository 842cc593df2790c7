package card

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// approvals are the answers of field 39 by which money moves: approved, with
// identification, in part, for VIPs, and with track 3 updated.
var approvals = []string{"00", "08", "10", "11", "16"}

// errNoPayment says that a message moves no money, and is passed over.
var errNoPayment = signal.Reject("no-payment", "moves no money")

// record makes what a message says.
func (o Options) record(m message) (r payments.Record, ref string, err error) {
	kind := m.kind[1]
	if kind != '1' && kind != '2' && kind != '4' {
		return r, "", errNoPayment
	}
	ref, at, err := o.reference(m)
	if err != nil {
		return r, ref, err
	}
	answer, answered := m.fields[39]
	approved := !answered || slices.Contains(approvals, answer)
	if kind == '4' {
		if !approved {
			return r, ref, errNoPayment // The reversal was declined.
		}
		if left := m.fields[95]; strings.Trim(left, "0 ") != "" {
			return r, ref, signal.Reject("partial-reversal", "field 95: leaves a part of the purchase, and only a whole one can be withdrawn")
		}
		return payments.Record{Withdrawal: &payments.Withdrawal{Institution: o.Institution, Ref: ref, At: at, Reason: "reversal"}}, ref, nil
	}
	if !approved {
		return payments.Record{Withdrawal: &payments.Withdrawal{Institution: o.Institution, Ref: ref, At: at, Reason: "declined"}}, ref, nil
	}
	t, err := o.purchase(m, at)
	if err != nil {
		return r, ref, err
	}
	t.Ref = ref
	return payments.Record{Transaction: t}, ref, nil
}

// reference names the purchase that a message is about, and reads when the message was
// sent.
func (o Options) reference(m message) (ref string, at time.Time, err error) {
	acquirer := strings.TrimLeft(m.fields[32], "0")
	stan, sent := m.fields[11], m.fields[7]
	if sent == "" {
		return "", at, signal.Reject("required-field", "field 7: is missing")
	}
	if at, err = Time(sent, o.AsOf); err != nil {
		return "", at, payments.At("field 7", err)
	}
	if rrn := strings.TrimSpace(m.fields[37]); rrn != "" {
		return strings.Join([]string{acquirer, m.fields[41], rrn}, "/"), at, nil
	}
	if m.kind[1] == '4' {
		original := m.fields[90]
		if original == "" {
			return "", at, signal.Reject("required-field", "fields 37 and 90: are missing, so that it is not known what is reversed")
		}
		stan, sent, acquirer = original[4:10], original[10:20], strings.TrimLeft(original[20:31], "0")
	}
	if stan == "" {
		return "", at, signal.Reject("required-field", "fields 37 and 11: are missing, so that nothing names the purchase")
	}
	return strings.Join([]string{acquirer, "stan " + stan, sent}, "/"), at, nil
}

func (o Options) purchase(m message, at time.Time) (*payments.Transaction, error) {
	toCard := false
	if code := m.fields[3]; code != "" {
		switch code[0] {
		case '0', '1', '4', '5':
		case '2':
			toCard = true
		default:
			return nil, errNoPayment
		}
	}
	for _, f := range []int{4, 49} {
		if m.fields[f] == "" {
			return nil, signal.Reject("required-field", "field %d: is missing", f)
		}
	}
	amount, err := strconv.ParseInt(m.fields[4], 10, 64)
	if err != nil || amount > payments.MaxAmount {
		return nil, signal.Reject("amount", "field 4: is no amount")
	}
	if amount == 0 {
		return nil, errNoPayment
	}
	t := &payments.Transaction{
		Institution: o.Institution, At: at, Amount: amount, Currency: currencyOf(m.fields[49]),
		Rail: payments.RailCard, Funding: payments.FundedByCard,
	}
	if t.Currency == "" {
		return nil, signal.Reject("currency", "field 49: is no currency of ISO 4217")
	}
	number := m.fields[2]
	if number == "" {
		number, _, _ = strings.Cut(strings.ReplaceAll(strings.ToUpper(m.fields[35]), "D", "="), "=")
	}
	if len(number) < 8 || len(number) > 19 || strings.Trim(number, "0123456789") != "" {
		return nil, signal.Reject("required-field", "fields 2 and 35: have no card number of 8 to 19 digits")
	}
	holder := payments.Party{Account: o.Token(number), Issuer: TokenIssuer, Agent: o.Institution}
	name, town, country := o.Names.split(m.fields[43])
	t.Merchant = payments.Merchant{MCC: m.fields[18], ID: payments.Clean(m.fields[42]), Name: name, Town: town}
	shop := payments.Party{Name: name, Country: country, Account: t.Merchant.ID, Town: town}
	if shop.Account != "" {
		shop.Issuer = "acquirer " + strings.TrimLeft(m.fields[32], "0") // Which gave the id.
	}
	t.Debtor, t.Creditor = holder, shop
	if toCard {
		t.Debtor, t.Creditor = shop, holder
	}
	return t, nil
}

// TokenIssuer is the issuer of the tokens of cards. A card is one account everywhere.
const TokenIssuer = "card"

// Time gives a field 7 its year: the one that makes it the newest moment not more than a
// day after asOf.
func Time(field string, asOf time.Time) (time.Time, error) {
	wrong := signal.Reject("time", "is no month, day, hour, minute and second of the year in question")
	if len(field) != 10 || strings.Trim(field, "0123456789") != "" {
		return time.Time{}, wrong
	}
	var n [5]int
	for i := range n {
		n[i] = int(field[2*i]-'0')*10 + int(field[2*i+1]-'0')
	}
	if n[0] < 1 || n[0] > 12 || n[1] < 1 || n[2] > 23 || n[3] > 59 || n[4] > 59 {
		return time.Time{}, wrong
	}
	latest := asOf.UTC().Add(24 * time.Hour)
	in := func(year int) time.Time {
		return time.Date(year, time.Month(n[0]), n[1], n[2], n[3], n[4], 0, time.UTC)
	}
	// Of a day that a year has not, as 29 February, Date makes one of the next month: near
	// enough to choose the year by, which then refuses it.
	at := in(latest.Year())
	if at.After(latest) {
		at = in(latest.Year() - 1)
	}
	if at.Day() != n[1] {
		return time.Time{}, wrong
	}
	return at, payments.CheckTime(at)
}

// Names says how field 43 is laid out.
type Names int

// The layouts of field 43.
const (
	Names25 Names = iota // name 25, town 13, country 2: as Visa has it
	Names22              // name 22, blank, town 13, blank, country 3: as Mastercard has it
	Names23              // street or name 23, town 13, state 2, country 2: as ISO 8583:1987 suggests
)

// split takes field 43 apart. What is not there is empty.
func (n Names) split(field string) (name, town, country string) {
	part := func(from, to int) string {
		from, to = min(from, len(field)), min(to, len(field))
		return payments.Clean(field[from:to])
	}
	switch n {
	case Names22:
		name, town, country = part(0, 22), part(23, 36), part(37, 40)
	case Names23:
		name, town, country = part(0, 23), part(23, 36), part(38, 40)
	default:
		name, town, country = part(0, 25), part(25, 38), part(38, 40)
	}
	if country = strings.ToUpper(country); len(country) == 3 {
		if region, err := language.ParseRegion(country); err == nil {
			country = region.String()
		}
	}
	if !payments.IsCountry(country) {
		country = ""
	}
	return name, town, country
}
