// Package console is the pages on which people decide cases: a queue, a case with its
// explanation first, a form for a decision, and what a supervisor looks at.
//
// Pages are made on the server and work without scripts; htmx keeps the queue up to date,
// and a small script of our own adds keys. It decides nothing about who may do what: it
// asks the store, whose rules are one table. Who somebody is, an Identity says.
//
// It shows no image. What was preserved of a stream lies encrypted in the evidence store,
// to whose keys the console has no access; `vigil evidence open` is for who has them. The
// limits on how much a person sees in a day, and their pauses, are kept already.
//
// It trusts the store and the Identity. It trusts no text in a case: templates escape it,
// and the content security policy lets no script or style run that is not a file of ours.
package console
