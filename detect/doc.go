// Package detect turns what a platform sends (frames of live streams, the
// streams' sessions, users' flags) into signals about the streamer.
//
// A frame is one picture, or hashes of one. The package checks its format and
// its size before it decodes a single pixel, hashes it in all its views, looks
// the hashes up in the lists of package hashdb, and keeps for each stream how
// many frames were seen and how many matched which list entry.
//
// It judges nothing: whether a match means anything is for package correlate,
// which comes next, and for the reviewer after it. It keeps no picture and no
// hash but that of the stream's newest picture; of the others digests of the
// original bytes. It trusts no sender: every length, dimension and count comes
// from outside and has a limit. It trusts the lists: what hashdb finds within a
// list's radius is a match.
//
// # Views
//
// A picture is looked up as all eight turns of its PDQ, which come from one
// transform, and if it has bars at its sides, again as all eight of what lies
// within them. The other kinds of hash are looked up as the picture came and
// without its bars. A [HashRecord] brings its views along: [Hasher.Fingerprint]
// makes one at the edge, by the code that hashes pictures here. Bars are black
// or of any one colour, on any side. All of them are trimmed: a listed picture
// that has bars itself is not found within more bars.
//
// Pictures below [MinQuality] are counted as seen, and never looked up. A frame
// whose hash is within two bits of the stream's picture before holds that
// picture: it is looked up, and counted as matched if it matches, but it is no
// other picture.
//
// # Segments
//
// A match is a segment of a stream and an entry of a list: from the first frame
// that matches until none did for Options.SegmentGap, in event time. Its signal
// is revised, the revision being the number of frames matched, when the number
// of different pictures reaches a power of two or that of frames a power of
// four, three minutes after it was revised last, and when the stream's next
// frame, or a record that the stream is over ([EndType]), shows that it has
// ended. A match after that is another segment, with a signal of its own.
//
// The frames of a listed video (vPDQ) are one target: the segment counts the
// stream's frames that match any of them, and which of them were matched. It
// says whether the published shares are reached; a signal is given in any case.
// A share is of the segment, so that one frame alone is all of it: how much a
// few frames weigh is for package correlate.
//
// # The temporal skip
//
// A look-up is skipped when an earlier one of the stream proved that nothing is
// near; see skip.go. That is exact: the signals and the state are the same to
// the byte. It is worth something for cameras that stand still, and nothing for
// those in motion.
//
// # State
//
// The state of a stream is a pure function of its frames in their order and of
// the answers of the lists at that time, with no clock and no chance in it. It
// is bounded for each stream (see maxRecent, maxTracked, maxClipFrames and
// signal.MaxEvidence), not in the number of streams: the store that holds it
// decides how long an ended stream stays. State of version 1, of before there
// were segments, is dropped: the stream begins anew.
//
// # Rejections
//
// What no retry can mend is a [signal.Rejection]. Everything else, a failed
// look-up above all, is an error to be retried: a look-up that fails is never
// "no match".
//
//	missing-attribute  the record lacks id, stream, platform or time
//	bad-attribute      an attribute is too long, not UTF-8, no subject token,
//	                   or a time outside the years 1 to 9999
//	content-type       none of the four that are taken
//	image-too-large    more bytes than Limits.Bytes, or a lossless WebP of more
//	                   than a quarter of that
//	image-format       the bytes are not what the content type says
//	image-pixels       more pixels than Limits.Pixels, or none
//	image-animated     an animated WebP or PNG: a frame is one picture
//	image-scans        a JPEG of more than maxScans scans
//	image-broken       the header or the picture does not decode
//	image-too-small    too few pixels a side to hash
//	json, schema,      a hash record, session or flag that does not fit its
//	json-too-large     schema; names the field
//	print              the value of a print cannot be read
package detect
