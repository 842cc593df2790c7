// Package console is the pages on which people decide cases: a queue, a case with its
// explanation first, a form for a decision, and what a supervisor looks at.
//
// Pages are made on the server and work without scripts; htmx keeps the queue up to date,
// and a small script of our own adds keys. It decides nothing about who may do what: it
// asks the store, whose rules are one table. Who somebody is, package signin says.
//
// Images, where Frames opens them, are small, grey and blurred when they leave, and go to
// who has the case in hand. In the clear one goes out at a time, once, after a fresh
// authentication, with a reason, within the limits of the person, and after it was noted
// who sees what and why. There is no sound.
//
// It trusts the store and package signin. It trusts no text in a case: templates escape it,
// and the content security policy lets no script or style run that is not a file of ours.
package console
