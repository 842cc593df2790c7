// Package flood holds back the matches of a list entry that suddenly matches in many
// streams, until a person has looked at it.
//
// A logo, a loading screen or a mistaken entry of a list matches everywhere at once,
// and without a gate each stream would become a case. The gate stands between detect
// and correlate: it reads the match signals of one entry, counts the streams they come
// from, and passes them on while there are few. When more than Options.Streams match
// within Options.Within of event time, the entry is quarantined: what was passed on of
// it within that time is withdrawn, so that the cases it opened fall, everything that
// follows is held, and a [Quarantine] record tells the operator at once.
//
// An entry that is right and a stream that really is sent on everywhere look the same
// from here. That is why matches are held and not dropped, why the operator is told
// with the first record and not in a report, and why a release passes on all that was
// held. Nobody but a person ends a quarantine: no time does. One account that starts
// many streams can bring a quarantine about, even on purpose to hide in it, which is a
// reason more to look soon.
//
// It judges no match, keeps no picture and no hash, and neither tells owners of lists
// nor shows anything: internal/app carries Quarantine records to the operator and, as
// feedback, to the list's owner. It trusts that signals were checked by signal.Decode,
// that all records of an entry come in one partition ([Key]), that a [Verdict] is of
// somebody who may give it, and that event times lie within a day or so of the truth.
// Correlate comes next.
//
// # Verdicts
//
// A release passes on everything that was held and exempts the entry for a while (7
// days of event time unless the verdict says otherwise), after which it counts anew. A
// retraction says that the entry is wrong: what was held is dropped, what of it still
// stands is withdrawn, and every further match is dropped and counted until a later
// verdict releases the entry. It has no term, since a wrong entry does not become right;
// the cure is that the list's owner takes it off. Either can be given before an entry
// was ever quarantined. A release cannot be taken back for what it passed on, nor a
// retraction for what it dropped; either holds for what comes after it.
//
// # Revisions
//
// Of a signal of revision r the gate makes 4r when it passes it on, 4r+1 when it
// withdraws it (the same signal with Match.Held set) and 4r+2 when it passes it on after
// a release. A receiver that keeps the highest revision, as all do, ends with the last
// word, in whatever order it hears them.
//
// # State
//
// The state is a pure function of the records of an entry in their order, without clock
// or chance. Of an entry it keeps the last few streams (about four times
// Options.Streams) with the time of their newest match, and of these streams the newest
// revision of each signal; when it is quarantined, up to Options.MaxHeld signals. The
// counting is by any window of Options.Within, not only the newest, so that late
// records and platforms whose clocks differ count as well, as long as a flood's streams
// are among the last that are kept. The same records of one window in another order end
// with the same signals standing and the same held. A repeat gives nothing that a
// receiver has not seen.
//
// # Limits
//
// An entry that matches in new streams slowly, never more than Options.Streams within
// Options.Within, is no flood however long it goes on. What was passed on before the
// window stands until it has a new revision, which is held, or until a retraction.
// Signals beyond Options.MaxHeld are counted and not kept; a stream that goes on is
// found again by its next revision after the release.
package flood
