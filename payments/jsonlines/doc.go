// Package jsonlines reads and writes transactions as JSON, one object a line, for
// institutions that have no message of a standard to send, and for what other packages
// have read of forms that do not travel (CSV, ISO 8583).
//
// A line has a type, and each type a published schema (payments.SchemaText):
//
//	"transaction", or none   a transfer, a purchase: all that payments.Transaction holds
//	"withdrawal"             an earlier one did not happen
//	"virtual-asset"          a transfer of a virtual asset as analysts tell of it: package virtual
//
// What does not fit is a Rejection that names the field and quotes nothing. A line as most
// writers of JSON write it is read by hand; any other by the schema, which takes some
// ten times as long, and says the same of it: a test holds one against the other.
//
// Texts lose control and formatting characters, and runs of blanks become one, as in
// every other format; references keep what they have, and are refused where that is
// such a character.
//
// It trusts no line. Package intake comes next, and calls this one.
package jsonlines
