// Package rates converts amounts to a deployment's base currency by a dated table that
// the deployment supplies. It never guesses: what has no rate has none, and the rules
// that look at amounts abstain.
//
// # The table
//
// A file of CSV in UTF-8, with dots in numbers, in one of two forms; lines that begin
// with # are for people, but for the one that names the base:
//
//	# base: EUR
//	date,currency,rate,note
//	2026-01-02,USD,1.1721,
//	2026-01-02,PHP,69.005,
//	2026-01-05,XYZ,0.0831,jump
//
// or as the European Central Bank gives its history (eurofxref-hist.csv), which is read
// as it is:
//
//	Date,USD,JPY,BGN,CYP,…,
//	2026-01-02,1.1721,183.94,N/A,N/A,…,
//
// A rate is how many units of the currency one unit of the base is worth. Rows may come
// in any order. A currency of a row that payments do not know is passed over, for a
// history has many; in the first form it is an error.
//
// Refused, all at once and each with its line: two rates of one currency and date, a
// rate that is not above zero or no decimal number, a date that there is not, and a rate
// ten times or a tenth of that of a date at most a week before, which is mostly a slip
// of the decimal point. Where it is none, the note "jump" says so.
//
// # The look-up
//
// The rate of a payment is the newest of its date or before, in UTC, and not older than
// Options.Days. The amount is amount × 10^(decimals of base − decimals of currency) ÷
// rate, in integers, rounded half to even once, at the end. What rounds to zero or is
// beyond payments.MaxAmount is no amount.
//
// The version of a table is the beginning of the SHA-256 of its bytes.
//
// sample.csv beside this file is a sample and no table to work with: it says where its
// figures are from.
//
// It trusts the owner of the table to have its figures right. Package split asks it.
package rates
