// Package correlate makes signals about one subject into one scored, explained
// case: sessions, list matches, users' flags and payment typologies within a
// window add up to a natural-log likelihood ratio whose every part has a name,
// a weight, a sentence and the signals behind it.
//
// It decides nothing about a person: a case says what is worth a reviewer's
// time, and a part may speak against it. Payments and sessions together, however
// many, stay below the bar by the weights it ships; the people who look alike,
// and whom a false case would harm, are in its tests. Nothing weighs a corridor,
// a nationality, a sex or an age.
//
// A case's content is a function of the set of signals seen, not of the order
// in which they came; set.go says how, and where that ends. There is no clock
// here: the window ends on the UTC day of the subject's newest signal. A signal
// dated far into the future would therefore push a subject's past out of the
// window, so the rooms that take event times from outside must bound them.
//
// It trusts that signals were checked by signal.Decode and that its State is
// durable together with the record's offset. Cases go to review.
package correlate
