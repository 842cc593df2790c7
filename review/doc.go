// Package review holds the cases and what people concluded about them.
//
// It keeps a store (SQLite or PostgreSQL) that receives the cases correlate publishes,
// shows them to reviewers, and takes their decisions. A decision binds to the digest
// of the record the reviewer saw; when the case has changed since, it is
// refused. A decision, its entry for the audit log and, if it confirms, the
// order to alert a centre enter the store in one transaction: the outbox. The
// store itself refuses an order without a confirming decision. States and their
// legal transitions are one table, in state.go; who may do what, and how many it
// takes, is another, in rules.go.
//
// It does not score, does not choose a centre and sends nothing: a runner drains
// the outbox into the audit log and to report. It shows no pictures.
//
// It trusts the store it keeps, save that a record must still fit its digest, and
// it trusts its caller to say truly who the reviewer is. It does not trust the
// records: what does not fit the schema, or whose parts do not sum to its score,
// is rejected. Reviewers and viewers are pseudonymous ids; notes stay in the
// store and go neither to the audit log nor to a centre.
//
// What platforms are asked to do follows from decisions in the same transaction, and so
// does what takes it back on an appeal; packages action, webhook and service have its forms.
//
// report is the next room.
package review
