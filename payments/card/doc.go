// Package card reads card purchases and withdrawals of cash as issuers have them:
// messages of ISO 8583, version 1987, in files in which each comes behind its length.
//
// # The file
//
// A length is 2 bytes (big-endian) or 4 (ASCII digits, or big-endian). Messages are ASCII
// (type and numbers as digits; the bitmap as 16 hexadecimal digits, or as 8 bytes) or
// binary (type, numbers and lengths as BCD, the bitmap as 8 bytes, texts as ASCII). Which
// of these a file is follows from its beginning, or is said by [Options]. Fields are
// read by moov-io/iso8583, by the table of fields.go: a field ends where its spec says,
// and the next begins there. Fields that are not read are passed over without a copy.
//
// # The card's number
//
// The primary account number (field 2, else track 2 in field 35) becomes a token as soon as
// it is read, by [Options.Token], and the bytes of the message are wiped. No error, item or
// record holds it; a message that is refused is an item without its data, so no
// dead letter does either: it says which message it was, and why.
//
// # What is read
//
//	2, 35   the card: the token is the debtor's account
//	3       what it is: 00 to 19 and 40 to 59 take money from the card, 20 to 29 give it
//	        back, others (an inquiry) move none and are passed over; without it, a purchase
//	4, 49   amount, in minor units of the currency (numeric or letters, ISO 4217); an
//	        amount of zero checks a card, moves no money, and is passed over
//	7       when, in UTC, without a year: see below
//	11, 32, 37, 41   the reference, see below
//	18      merchant category; 6010 and 6011 are withdrawals of cash
//	39      the answer: 00, 08, 10, 11 and 16 are approvals
//	42, 43  the merchant: id, name, town and country
//	90, 95  of a reversal: the original, and what is left of it
//
// Fields 12 and 13 are the merchant's own time, in a zone that no field tells, and are not
// read. Messages of types x1xx and x2xx are purchases; those whose field 39 declines say
// that the purchase did not happen. Types x4xx (reversals) are withdrawals of what they
// reverse, and one that leaves a part (field 95) is refused: it withdraws nothing whole.
// All other types (network management, reconciliation) are passed over. Numbers of items
// count every message of the file.
//
// # The year
//
// Field 7 is MMDDhhmmss. Its year is the one that makes it the newest moment not more
// than a day after Options.AsOf, the time that the file was made: a file of 2 January has
// purchases of 31 December of the year before. 29 February in a year that has none is
// refused. Nothing depends on a clock, so that a file read again is the same records.
//
// # The reference
//
// It must be the same for a purchase, its answer and its reversal: acquirer (32),
// terminal (41) and retrieval reference number (37). Without field 37 it is acquirer, trace
// number (11) and time (7), which a reversal has in field 90.
//
// It trusts no file. Package intake comes next.
package card
