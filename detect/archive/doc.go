// Package archive keeps the prints of streams for some days and looks through them when
// a list gains entries, so that what was streamed last week is found by what became
// known today; and it makes entries of the prints of a confirmed case.
//
// It reads one topic, on which lie prints, searches and harvests. A print goes to the
// partition of its stream ([Archive.Keep]), a search to every partition
// ([Archive.Search]), a harvest to that of its stream ([Archive.Harvest]). What it finds
// are match signals; package correlate comes next, after the flood control that all
// match signals pass. What it harvests goes to the deployment's own list, by way of
// hashdb, and from there as any change of a list into a search.
//
// # What is kept
//
// Of each stream and day the pictures that differ from the one before: 32 bytes of PDQ
// as the frame came, 32 more trimmed of its bars, and some two bytes of time. No picture
// can be shown from them, but parts of one can be guessed: the store is as sensitive as
// a hash list. Days go by event time, whole days in UTC: when a partition sees a newer
// day, the one that falls out of Options.Days counts as gone at once, and its bytes
// are deleted with the next 256 prints, a part with each. A partition that gets no
// prints forgets nothing; and a print dated ahead ends what is old too soon: who makes
// prints must refuse such frames.
//
// # What is found
//
// A search tells by what was gained, in all turns, which kept pictures are worth a
// look-up, at some 3 microseconds a picture for 1,000 hashes and 6 for 10,000; these the lists themselves are asked about, with their states, radii
// and allow-lists, exactly as live detection asks. So nothing is found that the lists do
// not say, and what the kept pictures show is found, with two differences to live:
//
//   - Turned and mirrored views are derived from the kept hash (pdq.Hash.Turned), which
//     is some 6 bits off: a view at the edge of the radius can be missed or found. The
//     signal's view says "-derived".
//   - Frames within Options.Distinct bits of the kept one stand for it, and so may have
//     been nearer or further by as much.
//
// Signals are one for each stream, list entry (or video of a list) and segment. Their
// ids say "look-back", so that they are other signals than those of live detection. A print
// says what live detection found of it, and that is not told again: the same frames would
// count twice against the same person. An entry that was on the list all the time is never
// sought.
//
// Prints and searches travel in one log: what comes after a search in it may still have
// been looked up among the lists of before. Prints whose event time says that this can
// be are looked up again as they come (see Options.Late), if the search is among the
// last maxRecent of the partition.
//
// # State
//
// It is a pure function of the partition's records and of the answers of the lists at
// the time, with no clock and no chance in it. Prints that come twice are known among
// some 240 of their stream; those out of order are kept and searched in the order of
// their times. Sizes are bounded for each stream and day (maxStreamDay), search
// (maxSignals) and case (MaxHarvest); what is over them is counted in Stats.
//
// # Rejections
//
//	missing-attribute, bad-attribute  a print's names or time
//	print                             a print of no or too many hashes
//	schema, json, json-too-large      a search or harvest that does not fit its schema;
//	                                  names the field
//
// Everything else is an error to be retried, a failed look-up above all.
package archive
