package payments

import (
	"fmt"
	"mime"
	"strings"
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
// personal data and goes no further than [Transaction.Split].
type Transaction struct {
	// Institution holds the record: the sender's agent. Ref is its own
	// reference, by which it can find the transfer and no other.
	Institution string
	Ref         string
	At          time.Time // when the sender's agent accepted it, UTC, whole seconds
	Amount      int64     // in minor units of Currency, above zero
	Currency    string    // ISO 4217
	Debtor      Party     // who sends
	Creditor    Party     // who receives
	Remittance  []string  // unstructured text
	Purpose     string    // external purpose code, such as EDUC
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
}

// Bad says which transaction of a message is bad, and why.
type Bad struct {
	Index int // the first is 1
	Err   error
}

func (b Bad) Error() string { return fmt.Sprintf("CdtTrfTxInf[%d]/%v", b.Index, b.Err) }

func (b Bad) Unwrap() error { return b.Err }

// ID names the transaction: the same institution and reference, the same ID.
func (t Transaction) ID() string { return signal.ID("transaction", t.Institution, t.Ref) }

// Parse reads one record of the transactions topic: a pacs.008 message, which
// may hold many transactions, or one JSON object. bad joins one Rejection for
// each transaction that cannot be read, as a [Bad] where it has a number; the
// good ones around it are still returned.
func Parse(contentType string, data []byte) (good []Transaction, bad error) {
	if len(data) > MaxRecord {
		return nil, signal.Reject("record-too-large", "%d bytes, and the limit is %d", len(data), MaxRecord)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, signal.Reject("content-type", "is not a media type")
	}
	switch kind {
	case ContentXML, "text/xml":
		if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil, signal.Reject("xml-charset", "the content type names a character set other than UTF-8")
		}
		return parsePacs008(data)
	case ContentJSON:
		t, err := parseJSON(data)
		if err != nil {
			return nil, err
		}
		return []Transaction{t}, nil
	default:
		return nil, signal.Reject("content-type", "is neither %s nor %s", ContentXML, ContentJSON)
	}
}
