package ncmec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// An Account is what a platform says of an account when a report is made. It is the only
// way in which what identifies a person comes into one.
type Account struct {
	// Subject is the token of the account, so that no answer is taken for another's.
	Subject      signal.Subject  `json:"subject"`
	Platform     string          `json:"platform"` // as its signals name it
	ID           string          `json:"id"`       // the platform's own
	Service      string          `json:"service,omitempty"`
	ScreenName   string          `json:"screen_name,omitempty"`
	DisplayNames []string        `json:"display_names,omitempty"`
	ProfileURLs  []string        `json:"profile_urls,omitempty"`
	StreamURLs   []string        `json:"stream_urls,omitempty"` // where the streams of the case could be seen
	Emails       []AccountText   `json:"emails,omitempty"`
	Phones       []AccountText   `json:"phones,omitempty"`
	IPs          []AccountIP     `json:"ips,omitempty"`
	Devices      []AccountDevice `json:"devices,omitempty"`
	Suspended    *AccountStop    `json:"suspended,omitempty"` // for a time
	Disabled     *AccountStop    `json:"disabled,omitempty"`  // for good
	// Prior are CyberTipline reports that the platform filed on the account itself.
	Prior []int64 `json:"prior_reports,omitempty"`

	digest string // SHA-256 of the answer's bytes
}

// AccountText is an address or a number, and whether the platform verified it, if it says.
type AccountText struct {
	Value    string `json:"value"`
	Verified *bool  `json:"verified,omitempty"`
}

// AccountIP is an address that the account used.
type AccountIP struct {
	Address string    `json:"address"`
	Event   string    `json:"event,omitempty"` // one of Events
	At      time.Time `json:"at"`
	Port    int       `json:"port,omitempty"`
	Proxy   *bool     `json:"possible_proxy,omitempty"`
}

// AccountDevice is a device that the account used.
type AccountDevice struct {
	Type  string     `json:"type,omitempty"`
	Value string     `json:"value"`
	Event string     `json:"event,omitempty"`
	At    *time.Time `json:"at,omitempty"`
}

// AccountStop is when an account was stopped.
type AccountStop struct {
	At time.Time `json:"at"`
}

// Limits of a platform's answer.
const (
	maxAccount = 1 << 20 // bytes
	maxOfEach  = 200     // addresses, devices and the like
)

// DecodeAccount reads a platform's answer. It takes no unknown field and nothing behind it.
func DecodeAccount(data []byte) (Account, error) {
	if len(data) > maxAccount {
		return Account{}, fmt.Errorf("account: %d bytes, and the limit is %d", len(data), maxAccount)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var a Account
	if err := dec.Decode(&a); err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Account{}, errors.New("account: something follows the JSON value")
	}
	for name, n := range map[string]int{
		"display_names": len(a.DisplayNames), "profile_urls": len(a.ProfileURLs), "stream_urls": len(a.StreamURLs), "emails": len(a.Emails),
		"phones": len(a.Phones), "ips": len(a.IPs), "devices": len(a.Devices), "prior_reports": len(a.Prior),
	} {
		if n > maxOfEach {
			return Account{}, fmt.Errorf("account: %s: %d, and the limit is %d", name, n, maxOfEach)
		}
	}
	sum := sha256.Sum256(data)
	a.digest = hex.EncodeToString(sum[:])
	return a, nil
}
