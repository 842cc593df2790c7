// Package split turns a transaction into two transfers, one under each end's
// subject, and here every name, account, address and word of text is left behind:
// a transfer carries tokens, the institution's own reference, amounts, times,
// countries, classes and answers.
//
// What it adds of its own: the amount in the deployment's base currency, whether it
// was night at either end, what a card purchase was for, whether the other end lies
// where tourists go, what the other end's address had to do with, and how long after
// the transfer cash was taken. All of it is looked up in data files that name their
// version and sources and that a deployment may replace ([Options]). What is not
// known stays empty, and the typologies that look at it abstain.
//
// It decides nothing: package profile comes next. It trusts that package payments
// has checked the transaction's fields, and no data file.
//
// The same transaction gives the same transfers, byte for byte, as long as key, rates
// and data files are the same, the time zone database of the machine among them (the
// one in the binary is used where a machine has none).
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
// Where it is the account proxy that names the party, and an account is told besides, the
// transfer has the account's token too: an alias may move from one account to another.
package split
