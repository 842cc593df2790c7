// Package profile keeps what is known of the transfers of one subject in one
// role, and shows it to typologies.
//
// A [Profile] is a function of the set of transfers and withdrawals that came.
// It reaches back 90 days before the newest of them. The newest 256 transfers,
// and up to 1,024 while they are younger than two days, are kept exactly; what
// is older is summed up ("sealed"). A transfer may come up to two days late, in a
// profile without sums as late as it may be old, and joins as if it had come in
// time; one that comes again changes nothing; a withdrawn one is taken out, also
// where the withdrawal comes first. What is sealed is not taken out any more.
//
// Of what is older than 90 days one time is left, that of the newest (View.Before):
// how long an account was silent.
//
// A [View] is what a typology gets: flat entries by time, a summary of each
// counterparty, sums over 1, 7, 30 and 90 days, quantiles and slopes. What it
// sees of names, addresses and text is whether they tie the two ends, and
// classes.
//
// It decides nothing and knows no typology: package engine comes next. It trusts
// the bytes of its own store, and notices where they are damaged.
package profile
