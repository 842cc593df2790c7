package payments

import (
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// MaxRecord limits one record of the transactions topic, in bytes.
const MaxRecord = 1 << 20

// The content types of a record of the transactions topic.
const (
	ContentXML  = "application/xml"
	ContentJSON = "application/json"
)

// A Transaction is one credit transfer as an institution tells of it. It holds
// personal data and goes no further than package split.
type Transaction struct {
	// Institution holds the record: the sender's agent. Ref is its own
	// reference, by which it can find the transfer and no other.
	Institution string
	Ref         string
	At          time.Time // when the sender's agent accepted it, UTC, whole seconds
	Amount      int64     // in minor units of Currency, above zero; 0 with NoCurrency
	Currency    string    // ISO 4217
	Debtor      Party     // who sends
	Creditor    Party     // who receives
	Remittance  []string  // unstructured text
	Purpose     string    // external purpose code, such as EDUC

	// References are all the names that the message has for the payment.
	References References `json:",omitzero"`
	// Ordered says that this is the sender's order to pay, which the payment itself may
	// follow in a message of its own.
	Ordered bool `json:",omitempty"`

	Rail     Rail    // how the money moves, if known
	Funding  Funding // what the sender paid with, if known
	Merchant Merchant
	// PaidOut is when the recipient took the money out as cash, if known.
	PaidOut time.Time
	// Virtual is set for a transfer of a virtual asset. The addresses are the parties'
	// Accounts, with the chain as their Issuer.
	Virtual *Virtual
}

// References are the names by which messages about one payment find each other. Each may
// be empty.
type References struct {
	UETR        string // one for the whole way of the payment
	Transaction string // TxId: of the first agent, kept on the whole way
	EndToEnd    string // of the sender, kept on the whole way; may be NOTPROVIDED
	Instruction string // of one pair of agents
	Message     string // of the message that the payment came in
}

// A Rail is how money moves: the classes of AMLC, ECPAT and FinCEN (P09).
type Rail string

// The rails.
const (
	RailRemittance Rail = "remittance" // over a counter or an app, paid out as cash or into a wallet
	RailBank       Rail = "bank"
	RailWallet     Rail = "e-wallet"
	RailP2P        Rail = "p2p" // between persons, within one service
	RailGiftCard   Rail = "gift-card"
	RailPrepaid    Rail = "prepaid-card"
	RailToken      Rail = "platform-token"
	RailVirtual    Rail = "virtual-asset"
	RailProcessor  Rail = "processor" // a third party that collects for others
	RailCard       Rail = "card"      // a purchase with a payment card
)

// Funding is what a sender pays with.
type Funding string

// The ways of funding.
const (
	FundedByCash    Funding = "cash"
	FundedByAccount Funding = "account"
	FundedByCard    Funding = "card"
	FundedByPrepaid Funding = "prepaid"
)

// A Merchant is whom a card purchase went to. The zero value is none.
type Merchant struct {
	MCC  string // ISO 18245, four digits
	ID   string // of the acquirer, field 42 of ISO 8583
	Name string // field 43, first part
	Town string // field 43, second part
}

// Virtual is what is known of a transfer of a virtual asset besides its ends.
type Virtual struct {
	Asset      string // ticker, such as BTC
	TxHash     string
	Provider   string // who said so: an analytics provider
	Confidence string // in the provider's words
	Exposures  []Exposure
}

// An Exposure is what an address had to do with, as an analytics provider says.
type Exposure struct {
	Of       Role   // whose address
	Category string // mixer, instant-exchanger, prepaid, csam, …, in lower case
	Direct   bool
	Amount   int64 // minor units of the transaction's currency; 0 is unknown
}

// A Role is the end of a transaction that something is said of.
type Role = signal.Role

// A Withdrawal says that an earlier transaction did not happen: it was rejected
// or returned whole. Which one, the original's Institution and Ref say or, where a
// message has not got them, its References.
type Withdrawal struct {
	Institution string     // of the original; may be empty where there are References
	Ref         string     // the original's Ref, as far as the References tell it
	References  References `json:",omitzero"`
	// Whole says that all payments of the message References.Message are withdrawn.
	Whole  bool      `json:",omitempty"`
	At     time.Time // when it was said
	Reason string    // a code, such as AC04
}

// ID is that of the transaction that did not happen.
func (w Withdrawal) ID() string { return signal.ID("transaction", w.Institution, w.Ref) }

// A Record is what an institution says: one of the two is set.
type Record struct {
	Transaction *Transaction
	Withdrawal  *Withdrawal
}

// ID is that of the transaction that the record is about.
func (r Record) ID() string {
	if r.Withdrawal != nil {
		return r.Withdrawal.ID()
	}
	return r.Transaction.ID()
}

// At is when it was paid, or was said to be withdrawn.
func (r Record) At() time.Time {
	if r.Withdrawal != nil {
		return r.Withdrawal.At
	}
	return r.Transaction.At
}

// Institution is that of the transaction that the record is about.
func (r Record) Institution() string {
	if r.Withdrawal != nil {
		return r.Withdrawal.Institution
	}
	return r.Transaction.Institution
}

// A Party is one end of a transaction. Every field may be empty.
type Party struct {
	Name    string
	Country string // ISO 3166-1 alpha-2, see the package's text
	Agent   string // its bank: a BIC, else another name for it
	Proxy   string // account proxy: a phone number, e-mail address or alias
	IBAN    string
	Account string // any other account id
	Issuer  string // who gave Account: a platform, a wallet, a scheme
	Mobile  string
	Phone   string
	Email   string
	// Address and Town are of its postal address, in one line and without the name;
	// tokens alone are made of them.
	Address string
	Town    string
}

// Bad says which record of a message is bad, and why.
type Bad struct {
	Index int    // the first is 1
	Place string // its path in the message, such as CdtTrfTxInf[2]; may be empty
	Err   error
}

func (b Bad) Error() string {
	if b.Place == "" {
		return fmt.Sprintf("record %d: %v", b.Index, b.Err)
	}
	return fmt.Sprintf("%s/%v", b.Place, b.Err)
}

func (b Bad) Unwrap() error { return b.Err }

// ID names the transaction: the same institution and reference, the same ID.
func (t Transaction) ID() string { return signal.ID("transaction", t.Institution, t.Ref) }
