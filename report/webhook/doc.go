// Package webhook delivers alerts over HTTPS to a centre that has no form of its own: the
// alert's JSON, signed, under an idempotency key that is the alert's id.
//
// It follows no redirect, bounds time and answer, and tells apart what the centre did not
// take, what it will never take, and what it may have. An alert that the centre may have is
// asked for (Ask) and not sent again by this package, nor behind its back by Go's transport,
// which repeats requests that have such a key.
//
// It keeps nothing, does not wait and does not retry: delivery, which runs it, does. It
// trusts the configuration for the address and no answer.
package webhook
