// Package virtual reads transfers of virtual assets as providers of virtual-asset
// services and analysts of chains tell of them: two addresses, the chain, the asset, what
// it was worth, what each address had to do with, where it is used from, and the people
// of the travel rule (IVMS101). The form is published: payments.SchemaText("virtual").
//
// # Amounts
//
// No asset is a currency of ISO 4217, not even a stable one, and no price is looked up.
// The value in a currency is the sender's to tell. Where it is told, rules of amounts
// look at it as at any other; where it is not, the transaction is of payments.NoCurrency
// and they abstain. The quantity of the asset is read and looked at by nothing.
// Amounts of exposures are in the currency of the value.
//
// # Whose address
//
// The account of an end is its address, with the chain as issuer, whether or not the
// travel rule names its owner: so that a transfer with those data and one without join.
// Only where there is no address it is the travel rule's account number, beside the chain
// too, or else the customer's number beside the provider that gave it.
//
// # The travel rule
//
// IVMS101 of 2020 and of 2023 are read, whose members differ in names. Of several
// persons the first counts; of several names the legal one, else the first; of several
// addresses the home or place of business, else the first. National ids, dates and
// places of birth are not read, since nothing may look at them.
//
// By themselves these data are refused (travel-rule-alone): they have no reference, time or
// amount, so that there is no transfer to which they could be joined, neither one told
// before nor one to come. A provider that has both sends them in one record.
//
// The country of an end is that of its postal address, else of its residence or
// registration, else what the analysis says of the address; its town likewise.
//
// It trusts no sender. Package jsonlines calls it, and intake comes next.
package virtual
