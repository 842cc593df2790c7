// Package payments turns what a financial institution sends into signals about
// the senders and recipients of money.
//
// A transaction comes in one of the formats of package intake, each of which has a
// package of its own beside it. It is split into two transfers ([Transaction.Split]), one under
// the sender's subject token and one under the recipient's, and here every
// name, account and word of text is left behind: a transfer carries tokens,
// the institution's own reference, amounts, times, countries and the classes
// its text falls into. The transfers of one subject in one role make its
// profile, and each typology looks at a profile and either says in a sentence
// why it fired, or is silent ([Profiler]).
//
// It accuses nobody: most of those whose payments look like this are innocent,
// and payments alone must never make a case. It knows no stream and no hash.
// Package correlate comes next and puts payments beside what else was seen.
// It trusts no sender of a message: size, depth, count and length of all that
// comes from outside are limited. It trusts its own state.
//
// # Whose payment it is
//
// The subject of a party is the token of the first of these that it has:
// account proxy (Prxy/Id), IBAN, other account id (Othr/Id), mobile number,
// phone number, e-mail address; else its name at its agent, which is weak,
// since two namesakes at one bank are one subject then. An e-mail address, a
// number in international form and an IBAN stand alone. Anything else counts
// only beside its issuer: Othr/Issr, else Othr/SchmeNm/Prtry, else the agent
// (BICFI, ClrSysMmbId, LEI, Nm, Othr/Id, the first it has); without an issuer
// it is passed over. A platform's account A at platform P has the token
// Subject("P", "A"), so a payment names it by Othr/Id A with Issr P. An end
// that has none of these gets a token of its own for each transaction, and so
// joins nothing.
//
// # Where it is
//
// The country of an end is the party's postal address, else its country of
// residence, else its IBAN's country, else its agent's, by BIC and then by
// address. Birth and nationality are not read. A transfer is cross-border where
// both countries are known and differ.
//
// # Amounts
//
// Limits of amounts hold in the currency they were published for ([Limits]).
// Nothing is converted: for any other currency the typologies that look at
// amounts abstain.
//
// # State
//
// A profile is the set of the transfers of the last 90 days before the newest,
// by event time, and of at most 2,000 transfers; all else follows from the set
// ([Profiler.Process] says how). It is the same, byte for byte, in whatever
// order and how often the transfers arrive.
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
//	xml-namespace     not pacs.008.001.08 to .13
//	required-field    a field without which it is no payment is missing
//	text-too-long     a field is longer than ISO 20022 allows
//	time, time-zone   not a time of the years 2000 to 2099; has no zone
//	currency          not in ISO 4217
//	amount            not a decimal number
//	amount-decimals   is no whole number of the currency's minor unit
//	amount-negative, amount-zero, amount-too-large
//	country           not in ISO 3166-1
//	reference-reused  the institution gave this reference to another transfer
//	json, schema, json-too-large
//	                  a JSON record that does not fit its schema; names the field
package payments
