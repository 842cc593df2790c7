// Package correlate makes signals about one subject into one scored, explained
// case: sessions, list matches, flags, classifiers' scores and payment typologies within
// a window add up to a natural-log likelihood ratio of commissioned live abuse against
// each innocent explanation of the same: a family, a tutor, a performer, a donor, a couple
// and so on. The case's score is against all of them, and is told as a sum of parts against
// the one that fits best, each with a name, a weight, a sentence and the signals behind
// it. docs/score.md has every part with its formula and source.
//
// It decides nothing about a person: a case says what is worth a reviewer's
// time, and a part may speak against it. The people who look alike, and whom a false case
// would harm, are in its tests. Nothing weighs a corridor, a nationality, a sex or an age,
// and weights that would are refused. Who pays under threat is told as a possible victim
// (Help), and never as a suspect.
//
// A pair of payer and streamer is reasoned about at the end where the streams are: the
// payment signals of the paid name their payers, with their transfers, and its sessions
// their guests.
//
// A case's content is a function of the set of signals seen, not of the order
// in which they came; set.go says how, and where that ends. There is no clock
// here: the window ends on the UTC day of the subject's newest signal. A signal
// dated far into the future would therefore push a subject's past out of the
// window, so the rooms that take event times from outside must bound them.
//
// It trusts that signals were checked by signal.Decode and that its State is
// durable together with the record's offset. Cases go to review. Weights are fitted by
// package correlate/fit.
package correlate
