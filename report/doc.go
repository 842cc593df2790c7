// Package report turns confirmed decisions into alerts for reporting centres.
//
// Package route says which centres are told and why. An
// alert states what was decided, refers to evidence by its holder, reference and
// digest, and carries the audit log's proof that the decision is in the log.
// The package also has the receiving side: checking an alert against a log key
// that the centre already has, printing it, and dropping repeats.
//
// It sends nothing and keeps nothing: a runner takes decisions from review's
// outbox and puts alerts into the topic alerts.<centre>. It names no person:
// accounts are subject tokens, a bank's customers are references that the bank
// alone can resolve.
//
// It trusts review for decisions and still refuses one that does not confirm or
// that the log's entry does not fit. As the receiving side it trusts only the
// key: not the alert, nor who sent it.
//
// A centre's inbox comes next.
package report
