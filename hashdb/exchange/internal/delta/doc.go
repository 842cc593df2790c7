// Package delta turns what an owner sends into batches of changes: it collects
// records into batches whose order does not matter, and finds what a store still
// holds of a list that was received whole and no longer has it.
//
// It reads no format and speaks to nobody; the exchanges do both. It trusts its
// callers to hand records over in the owner's order.
package delta
