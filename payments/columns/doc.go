// Package columns reads CSV of any institution, by a map that says what its columns
// mean. A map is YAML:
//
//	encoding: windows-1252        # or utf-8 (with or without a byte order mark), iso-8859-1
//	delimiter: ";"                # one character, "\t" for a tab; a comma
//	header: true                  # false: columns are numbers, the first is 1
//	skip: 0                       # lines before the header, or before the first row
//	decimal: ","                  # a dot
//	grouping: "."                 # none; " " is any kind of blank
//	time: {layout: dd.MM.yyyy HH:mm, zone: Europe/Berlin}
//	direction: {sign: negative}   # negative amounts leave the account; or positive
//	withdrawn: [STORNO, RJCT]     # what the column "status" says of what did not happen
//	rails: {SEPA: bank}           # what the column "rail" says, in words of ours
//	columns:                      # column: field
//	  Referenz: id
//	  Buchung: at
//	  Betrag: amount
//	  Name: counterparty.name
//	constants:                    # field: what it is in every row
//	  institution: DEMODEFFXXX
//	  currency: EUR
//
// # Fields
//
//	id, institution, amount, currency
//	              required; amount may be in two columns, debit and credit
//	at            date and time, by time.layout; or date and clock in two columns, whose
//	              layouts are time.date and time.clock. Where there is a date alone,
//	              time.assume names the hour: nothing then knows night from day
//	reference, purpose, rail, funding, paid_out, status, direction
//	debtor.*, creditor.*          who sends, who receives
//	account.*, counterparty.*     the two ends of a statement: who sends follows from the
//	                              direction
//	merchant.mcc, merchant.id, merchant.name, merchant.town
//
// The institution is the debtor's agent, or the agent of the account, unless a column says
// otherwise. An end has name, country, agent, proxy, iban, account, issuer, mobile, phone, email,
// address and town. Of reference, name and address there may be several columns.
//
// # Directions
//
// With account and counterparty a row is money that leaves the account or comes in. It
// follows from the sign of the amount (direction.sign), from a column "direction" whose
// cells direction.debit and direction.credit list, or from which of the columns debit and
// credit has an amount. With debtor and creditor amounts have no sign.
//
// # Layouts
//
// yyyy yy MM M dd d HH mm ss SSS, MMM (Jan), a (AM) with hh, XXX (+01:00 or Z); other
// characters stand for themselves, letters within quotes; and the words iso8601 and unix.
// Without XXX the zone is required. A time that the zone has twice, when clocks are set
// back, is the first of the two; one that it has not is refused.
//
// # Amounts
//
// Nothing is guessed: a grouping mark counts only before three digits (two or three
// within), so that "1.5" where dots group is an error and not 15. A minus may stand
// before or behind, or parentheses around.
//
// A wrong map is refused with all its faults, each with its line, and one that does not
// fit the file's header with every column that is missing. A bad row is an item that
// names its line and column, and the rows around it are read. Memory does not grow with
// the file. Rows go on as JSON lines.
//
// It trusts the map's author, and no file. Package intake comes next.
package columns
