// Package blind compares identifiers that nobody wants to show: what a centre's own
// investigations are about, and what alerts name. An identifier is written in one way,
// and its HMAC-SHA256 under a key stands for it; equal identifiers have equal ones.
//
// Who has the key can try out guesses: a blinded set is as secret as its key, and hides
// nothing from who has both. Without the key it tells how many identifiers of which kind
// there are, under which labels, and nothing else. Two centres compare under a key of
// their own for the purpose, never under that of their inboxes.
//
// It keeps nothing, and knows no alert.
package blind
