// Package webhook signs actions and delivers them to platforms over HTTP.
//
// The scheme is that of Standard Webhooks (spec version 1.0.0, standardwebhooks.com), for
// which there are libraries in most languages: the headers webhook-id, webhook-timestamp
// (seconds since 1970) and webhook-signature, whose signature is of "id.timestamp.body", by
// HMAC-SHA256 (v1) or Ed25519 (v1a). Two secrets at once make two signatures, so that one can
// be changed without a gap.
//
// A delivery has a limit in time, follows no redirect, reads a bounded answer, and goes to
// https alone, or to loopback. What failed is tried again later and later, each time at
// a random moment; a platform that fails again and again is left alone for a while.
//
// It keeps nothing: the store has what waits, and a caller runs it. It trusts the
// configuration and no platform.
package webhook
