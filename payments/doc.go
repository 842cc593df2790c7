// Package payments turns what a financial institution sends into signals about
// the senders and recipients of money.
//
// A transaction comes in one of the formats of package intake, each of which has a
// package of its own beside it. Package split makes two transfers of it, one under
// the sender's subject token and one under the recipient's, and there every name,
// account, address and word of text is left behind. Package origin drops what is told
// twice and takes back what was rejected. The transfers of one subject in
// one role make its profile (package profile); package engine shows it to the
// patterns of package typology and to a deployment's own rules, and makes signals of
// what they find. This package has what they share: the transaction, the transfer,
// money, and the checks of single fields.
//
// It accuses nobody: most of those whose payments look like this are innocent,
// and payments alone must never make a case. It knows no stream and no hash.
// Package correlate comes next and puts payments beside what else was seen.
// It trusts no sender of a message: size, depth, count and length of all that
// comes from outside are limited. It trusts its own state.
//
// # Where it is
//
// The country of an end is the party's postal address, else its country of
// residence, else its IBAN's country, else its agent's, by BIC and then by
// address. Birth and nationality are not read. A transfer is cross-border where
// both countries are known and differ.
//
// # Time
//
// Time is the institution's. A transfer dated far ahead takes the window with it
// and empties the profile of what was before, and there is no clock here to
// notice: an intake that has one should refuse such a record.
//
// # Rejections
//
// What no retry can mend is a [signal.Rejection]; its text names the place, and
// the number of the transaction in its message, and quotes nothing.
//
//	content-type      of no format
//	charset           the content type names a character set other than UTF-8
//	record-too-large  more than MaxRecord bytes
//	xml               not well-formed, or cut off
//	xml-dtd           has a document type declaration or another directive
//	xml-charset       is not in UTF-8
//	xml-limit         too deep, or too many parts or too long a text
//	xml-namespace     of no message that package iso20022 reads
//	required-field    a field without which it is no payment is missing
//	text-too-long     a field is longer than ISO 20022 allows
//	time, time-zone   not a time of the years 2000 to 2099; has no zone
//	currency          not in ISO 4217
//	amount            not a decimal number
//	amount-decimals   is no whole number of the currency's minor unit
//	amount-negative, amount-zero, amount-too-large
//	country           not in ISO 3166-1
//	time-future       dated more than a day ahead of its arrival
//	reference-reused  the institution gave this reference to another transfer
//	withdrawal-ambiguous
//	                  what is withdrawn is named by a word that several payments have
//	json, schema, json-too-large
//	                  a JSON record that does not fit its schema; names the field
package payments
