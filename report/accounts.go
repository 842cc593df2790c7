package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/vigil-stream/vigil/review/account"
)

// AccountData are what a platform said of an account, as an alert has it. They are outside of
// the statement, since nobody decided on them.
type AccountData struct {
	Platform string    `json:"platform"` // the source
	At       time.Time `json:"at"`       // when it said so
	SHA256   string    `json:"sha256"`   // of account, byte for byte as it stands here
	// Account is what account's schema says.
	Account json.RawMessage `json:"account"`
}

// checkAccounts says whether accounts are what they are said to be: of the alert's subject, of
// their platform, with their digest.
func checkAccounts(a Alert) (ok bool) {
	for _, one := range a.Accounts {
		sum := sha256.Sum256(one.Account)
		got, err := account.Decode(one.Account)
		if err != nil || hex.EncodeToString(sum[:]) != one.SHA256 || got.Subject != a.Statement.Subject || got.Platform != one.Platform {
			return false
		}
	}
	return true
}

// goesOn reports whether a platform says whether the account goes on.
func goesOn(a Alert) bool {
	for _, one := range a.Accounts {
		if got, err := account.Decode(one.Account); err == nil && (got.Ongoing != nil || got.LastActive != nil) {
			return true
		}
	}
	return false
}
