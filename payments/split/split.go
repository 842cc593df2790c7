package split

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

//go:embed data/*.csv
var shipped embed.FS

// Rates convert amounts to the deployment's base currency. They are asked for every
// transfer, from several goroutines.
type Rates interface {
	// Base returns an amount in minor units of the base currency, by the rate of its
	// day, and false where there is none. It never guesses.
	Base(minor int64, currency string, at time.Time) (int64, bool)
}

// Options are what a deployment may replace.
type Options struct {
	// Rates may be nil: then nothing is converted.
	Rates Rates
	// Tables is a folder of data files that stand in for the shipped ones of the same
	// names: zones.csv, merchants.csv, tourists.csv. It may be nil, and lack any.
	Tables fs.FS
}

// A Splitter turns transactions into transfers. It is safe for concurrent use.
type Splitter struct {
	tok       *signal.Tokenizer
	rates     Rates
	clocks    *clocks
	merchants *merchants
	resorts   *resorts
}

// New reads the data files. An error names the file and the line.
func New(tok *signal.Tokenizer, o Options) (*Splitter, error) {
	s := &Splitter{tok: tok, rates: o.Rates}
	for _, t := range []struct {
		name string
		read func([]byte) (err error)
	}{
		{"zones.csv", func(data []byte) (err error) { s.clocks, err = newClocks(data); return err }},
		{"merchants.csv", func(data []byte) (err error) { s.merchants, err = newMerchants(data); return err }},
		{"tourists.csv", func(data []byte) (err error) { s.resorts, err = newResorts(data); return err }},
	} {
		data, err := tableFile(o.Tables, t.name)
		if err != nil {
			return nil, err
		}
		if err := t.read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return s, nil
}

func tableFile(tables fs.FS, name string) ([]byte, error) {
	if tables != nil {
		data, err := fs.ReadFile(tables, name)
		if err == nil || !isNotExist(err) {
			return data, err
		}
	}
	return fs.ReadFile(shipped, "data/"+name)
}

// Versions name the data files in use.
func (s *Splitter) Versions() string {
	return fmt.Sprintf("zones %s, merchants %s, tourists %s", s.clocks.version, s.merchants.version, s.resorts.version)
}

// Split makes the two transfers of a transaction: first the sender's, then the
// recipient's.
func (s *Splitter) Split(t *payments.Transaction) [2]payments.Transfer {
	from, to := s.end(t, t.Debtor, signal.Sender), s.end(t, t.Creditor, signal.Recipient)
	var scratch [2][64]byte
	fromTown := appendPlace(scratch[0][:0], t.Debtor.Town)
	toTown := appendPlace(scratch[1][:0], cmp.Or(t.Creditor.Town, t.Merchant.Town))

	sender := payments.Transfer{
		ID:      payments.TransferID(t.Institution, t.Ref, signal.Sender),
		Subject: from.subject, Role: signal.Sender, Other: to.subject,
		Institution: t.Institution, Ref: t.Ref,
		At: t.At.UTC().Truncate(time.Second), Amount: t.Amount, Currency: t.Currency,
		Country: t.Debtor.Country, OtherCountry: t.Creditor.Country,
		Names: from.names, OtherNames: to.names,
		Classes: classify(t.Remittance), Purpose: t.Purpose,
		Base: s.base(t), Rail: rail(t), Funding: t.Funding,
		Night: from.night, OtherNight: to.night,
		Town: s.town(t.Debtor.Country, fromTown), OtherTown: s.town(t.Creditor.Country, toTown),
		OneAddress: oneAddress(t.Debtor, t.Creditor),
		Bought:     s.merchants.bought(t.Merchant),
		Tourists:   s.resorts.tourists(t.Creditor.Country, toTown),
		// A purchase is paid out to nobody.
		PaidOutAfter: paidOutAfter(t),
		Account:      from.account,
		Exposures:    exposures(t.Virtual, signal.Recipient),
	}
	recipient := sender
	recipient.Role, recipient.ID = signal.Recipient, payments.TransferID(t.Institution, t.Ref, signal.Recipient)
	recipient.Subject, recipient.Other = sender.Other, sender.Subject
	recipient.Country, recipient.OtherCountry = sender.OtherCountry, sender.Country
	recipient.Names, recipient.OtherNames = sender.OtherNames, sender.Names
	recipient.Night, recipient.OtherNight = sender.OtherNight, sender.Night
	recipient.Town, recipient.OtherTown = sender.OtherTown, sender.Town
	recipient.Account = to.account
	recipient.Tourists = s.resorts.tourists(t.Debtor.Country, fromTown)
	recipient.Exposures = exposures(t.Virtual, signal.Sender)
	return [2]payments.Transfer{sender, recipient}
}

// An end is what is said of a party alone.
type end struct {
	subject signal.Subject
	account string
	names   []string
	night   payments.Answer
}

func (s *Splitter) end(t *payments.Transaction, p payments.Party, role signal.Role) end {
	return end{
		subject: s.subject(t, p, role),
		account: s.account(p),
		names:   nameTokens(s.tok, p.Name),
		night:   s.clocks.night(p.Country, t.At),
	}
}

// account is the token of a party's account, where its subject is that of an alias; else
// empty.
func (s *Splitter) account(p payments.Party) string {
	id, issuer := p.IBAN, p.Agent
	if strings.TrimSpace(id) == "" {
		id, issuer = p.Account, cmp.Or(p.Issuer, p.Agent)
	}
	if strings.TrimSpace(p.Proxy) == "" || strings.TrimSpace(id) == "" || issuer == "" && strings.HasPrefix(signal.Normalise("", id), "id:") {
		return ""
	}
	account := s.tok.Subject(issuer, id)
	if account == s.tok.Subject(p.Agent, p.Proxy) {
		return "" // one and the same
	}
	return strings.TrimPrefix(string(account), "sub_")
}

// subject is the token of a party by the order that the package's text gives.
func (s *Splitter) subject(t *payments.Transaction, p payments.Party, role signal.Role) signal.Subject {
	issuer := cmp.Or(p.Issuer, p.Agent)
	for _, c := range [...]struct{ issuer, id string }{
		{p.Agent, p.Proxy}, {p.Agent, p.IBAN}, {issuer, p.Account},
		{p.Agent, p.Mobile}, {p.Agent, p.Phone}, {p.Agent, p.Email},
	} {
		if strings.TrimSpace(c.id) == "" {
			continue
		}
		// Without an issuer only an id that is one everywhere names an account.
		if c.issuer != "" || !strings.HasPrefix(signal.Normalise("", c.id), "id:") {
			return s.tok.Subject(c.issuer, c.id)
		}
	}
	if p.Agent != "" {
		if words := nameWords(p.Name); words != "" {
			return s.tok.Subject("name at "+p.Agent, words)
		}
	}
	// Nobody can be told from this end, so it must join nothing.
	return s.tok.Subject("unknown end at "+t.Institution, string(role)+" of "+t.Ref)
}

// maxBase is the most that a transfer's amounts may be.
const maxBase = 1_000_000_000_000_000

// base is 0 where there is no rate, or where it makes an amount that is none.
func (s *Splitter) base(t *payments.Transaction) int64 {
	if s.rates == nil {
		return 0
	}
	minor, ok := s.rates.Base(t.Amount, t.Currency, t.At)
	if !ok || minor < 1 || minor > maxBase {
		return 0
	}
	return minor
}

// rail is what the institution says, or what follows from the kind of record.
func rail(t *payments.Transaction) payments.Rail {
	switch {
	case t.Rail != "":
		return t.Rail
	case t.Virtual != nil:
		return payments.RailVirtual
	case t.Merchant != payments.Merchant{}:
		return payments.RailCard
	}
	return ""
}
