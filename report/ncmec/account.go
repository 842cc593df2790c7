package ncmec

import said "github.com/vigil-stream/vigil/review/account"

// What a platform says of an account is package account's of review; a report is made of it.
type (
	Account       = said.Account
	AccountText   = said.Text
	AccountIP     = said.IP
	AccountDevice = said.Device
	AccountStop   = said.Stop
)

// DecodeAccount reads a platform's answer.
func DecodeAccount(data []byte) (Account, error) { return said.Decode(data) }
