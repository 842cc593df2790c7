package columns

import (
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/payments"
)

// values are the cells of one row, by field.
type values struct {
	id, institution, at, date, clock, amount, debit, credit, currency, direction, status string
	purpose, rail, funding, paidOut                                                      string
	lines                                                                                []string
	merchant                                                                             payments.Merchant
	// ends are the debtor and the creditor, or the account's owner and the counterparty.
	ends [2]payments.Party
}

// A field is what a column may mean.
type field struct {
	name string
	most int // characters
	many bool
	of   func(*values) *string // nil for reference
}

// The ends of a row, in pairs of which a map uses one.
var (
	named     = [2]string{"debtor", "creditor"}
	statement = [2]string{"account", "counterparty"}
)

// partyFields are the fields of an end.
var partyFields = []struct {
	name string
	most int
	many bool
	of   func(*payments.Party) *string
}{
	{"name", payments.MaxName, true, func(p *payments.Party) *string { return &p.Name }},
	{"country", 2, false, func(p *payments.Party) *string { return &p.Country }},
	{"agent", payments.MaxName, false, func(p *payments.Party) *string { return &p.Agent }},
	{"proxy", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.Proxy }},
	{"iban", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.IBAN }},
	{"account", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.Account }},
	{"issuer", payments.MaxName, false, func(p *payments.Party) *string { return &p.Issuer }},
	{"mobile", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.Mobile }},
	{"phone", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.Phone }},
	{"email", payments.MaxIdentifier, false, func(p *payments.Party) *string { return &p.Email }},
	{"address", 500, true, func(p *payments.Party) *string { return &p.Address }},
	{"town", payments.MaxName, false, func(p *payments.Party) *string { return &p.Town }},
}

// maxLine is the most characters of a reference.
const maxLine = 1000

// fieldNames has the fields in the order of the package's text.
var fieldNames = fields()

func fields() []field {
	all := []field{
		{"id", payments.MaxName, false, func(v *values) *string { return &v.id }},
		{"institution", payments.MaxName, false, func(v *values) *string { return &v.institution }},
		{"amount", 64, false, func(v *values) *string { return &v.amount }},
		{"debit", 64, false, func(v *values) *string { return &v.debit }},
		{"credit", 64, false, func(v *values) *string { return &v.credit }},
		{"currency", 3, false, func(v *values) *string { return &v.currency }},
		{"at", 64, false, func(v *values) *string { return &v.at }},
		{"date", 64, false, func(v *values) *string { return &v.date }},
		{"clock", 64, false, func(v *values) *string { return &v.clock }},
		{"reference", maxLine, true, nil},
		{"purpose", maxLine, false, func(v *values) *string { return &v.purpose }},
		{"rail", 64, false, func(v *values) *string { return &v.rail }},
		{"funding", 64, false, func(v *values) *string { return &v.funding }},
		{"paid_out", 64, false, func(v *values) *string { return &v.paidOut }},
		{"status", 64, false, func(v *values) *string { return &v.status }},
		{"direction", 64, false, func(v *values) *string { return &v.direction }},
		{"merchant.mcc", 4, false, func(v *values) *string { return &v.merchant.MCC }},
		{"merchant.id", 40, false, func(v *values) *string { return &v.merchant.ID }},
		{"merchant.name", payments.MaxName, false, func(v *values) *string { return &v.merchant.Name }},
		{"merchant.town", payments.MaxName, false, func(v *values) *string { return &v.merchant.Town }},
	}
	for _, pair := range [][2]string{named, statement} {
		for i, end := range pair {
			for _, p := range partyFields {
				all = append(all, field{end + "." + p.name, p.most, p.many, func(v *values) *string { return p.of(&v.ends[i]) }})
			}
		}
	}
	return all
}

func fieldNamed(name string) (field, bool) {
	i := slices.IndexFunc(fieldNames, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fieldNames[i], true
}

// set puts a cell where it belongs. Several columns of one field are joined.
func (f field) set(v *values, cell string) error {
	if cell = payments.Clean(cell); cell == "" {
		return nil
	}
	if f.of == nil {
		v.lines = append(v.lines, cell)
		return payments.CheckLength(cell, f.most)
	}
	to := f.of(v)
	if *to != "" {
		cell = *to + " " + cell
	}
	*to = cell
	return payments.CheckLength(cell, f.most)
}

// isEndOf reports whether a field is of one of a pair of ends.
func isEndOf(pair [2]string, name string) bool {
	return strings.HasPrefix(name, pair[0]+".") || strings.HasPrefix(name, pair[1]+".")
}
