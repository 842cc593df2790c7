// Package origin remembers which payments passed, so that one that is told of twice
// counts once, and one that is taken back is withdrawn from the profiles.
//
// Profiles are kept by subject, and a rejection (pacs.002) names a payment by its
// references alone. So each payment goes, with its two transfers, through one record of
// the topic origins ([OfTransaction]), by a key that its rejection has too, and a
// withdrawal goes there as well ([OfWithdrawal]). A [Ledger] of each partition passes the
// transfers on, remembers whose they were, and finds the original of a withdrawal.
//
// # Which are one payment
//
//   - Two that have one ID, of institution and Ref: the second is dropped. Where its
//     amount or ends differ it is a Rejection, reference-reused, and the first stands.
//   - An order (pain.001) and a payment (pacs.008) of one institution that have one UETR;
//     or, where not both have one, the same EndToEndId, sender, and recipient or amount.
//     NOTPROVIDED is no EndToEndId. One order goes with one payment. The payment
//     stands, whichever comes first: an order that came first is withdrawn.
//
// # Which payment a withdrawal means
//
// It means the payments with its UETR, or its TxId, or its InstrId or EndToEndId in the
// message that it names, or its institution and Ref; none that has another UETR, TxId,
// EndToEndId or institution than the withdrawal says. Where EndToEndId is all that it
// says, it means the one payment that has it; of two, neither: that is a Rejection,
// withdrawal-ambiguous. One that means a whole message withdraws all of it.
//
// A withdrawal that comes before its payment waits for it. A payment that is told of again
// after its withdrawal stays withdrawn.
//
// # How long
//
// What is remembered is forgotten after so many days of the partition's event time
// (`origin_days`, ten unless said otherwise). A payment told of twice over
// a longer time is left to the profiles, which drop what they have.
//
// [Memory] is a state for payments of the past, in a backtest.
//
// It trusts the topic, which the same deployment writes, and its own state; it sees no
// names, accounts or texts. internal/app joins it to the topics; package engine is next.
package origin
