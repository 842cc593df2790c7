package account

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// An Account is what a platform says of an account. It is the only way in which what
// identifies a person comes into what a centre is told.
type Account struct {
	// Subject is the token of the account, so that no answer is taken for another's.
	Subject      signal.Subject `json:"subject"`
	Platform     string         `json:"platform"` // as its signals name it
	ID           string         `json:"id"`       // the platform's own
	Service      string         `json:"service,omitempty"`
	ScreenName   string         `json:"screen_name,omitempty"`
	DisplayNames []string       `json:"display_names,omitempty"`
	ProfileURLs  []string       `json:"profile_urls,omitempty"`
	StreamURLs   []string       `json:"stream_urls,omitempty"` // where the streams of the case could be seen
	Emails       []Text         `json:"emails,omitempty"`
	Phones       []Text         `json:"phones,omitempty"`
	IPs          []IP           `json:"ips,omitempty"`
	Devices      []Device       `json:"devices,omitempty"`
	Suspended    *Stop          `json:"suspended,omitempty"` // for a time
	Disabled     *Stop          `json:"disabled,omitempty"`  // for good
	// Prior are CyberTipline reports that the platform filed on the account itself.
	Prior []int64 `json:"prior_reports,omitempty"`
	// LastActive is when the account was last active, and Ongoing whether it goes on.
	LastActive *time.Time `json:"last_active,omitempty"`
	Ongoing    *bool      `json:"ongoing,omitempty"`

	digest string // SHA-256 of the bytes it was read from
}

// Text is an address or a number, and whether the platform verified it, if it says.
type Text struct {
	Value    string `json:"value"`
	Verified *bool  `json:"verified,omitempty"`
}

// IP is an address that the account used.
type IP struct {
	Address string    `json:"address"`
	Event   string    `json:"event,omitempty"` // as the CyberTipline names them: Login, Upload…
	At      time.Time `json:"at"`              // with its zone
	Port    int       `json:"port,omitempty"`
	Proxy   *bool     `json:"possible_proxy,omitempty"`
}

// Device is a device that the account used.
type Device struct {
	Type  string     `json:"type,omitempty"`
	Value string     `json:"value"`
	Event string     `json:"event,omitempty"`
	At    *time.Time `json:"at,omitempty"`
}

// Stop is when an account was stopped.
type Stop struct {
	At time.Time `json:"at"`
}

// Digest is the SHA-256 of the bytes that the account was read from, lower-case hex.
func (a Account) Digest() string { return a.digest }

// Least is the account by its id and nothing more of a person, as of the same answer.
func (a Account) Least() Account {
	return Account{Subject: a.Subject, Platform: a.Platform, ID: a.ID, Service: a.Service, ScreenName: a.ScreenName, digest: a.digest}
}

//go:embed schema/*.json
var schemas embed.FS

var (
	accountSchema = signal.MustSchema(schemas, "schema/account.json").Quiet()
	answerSchema  = signal.MustSchema(schemas, "schema/answer.json").Quiet()
	requestSchema = signal.MustSchema(schemas, "schema/request.json")
)

// SchemaText returns a published schema: account, answer or request. It panics for another.
func SchemaText(name string) []byte {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		panic(err)
	}
	return text
}

// Decode reads an account. What does not fit the schema is a Rejection that names the field.
func Decode(data []byte) (a Account, err error) {
	if err := accountSchema.Decode(data, &a); err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	a.digest = digest(data)
	return a, nil
}

// Encode returns an account's JSON, the same bytes for the same account.
func Encode(a Account) ([]byte, error) { return encode(a) }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func encode(v any) ([]byte, error) {
	data, err := signal.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return data, nil
}
