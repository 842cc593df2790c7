// Package detect turns what a platform sends (frames of live streams, the
// streams' sessions, users' flags) into signals about the streamer.
//
// A frame is one picture, or a hash of one. The package checks its format and
// its size before it decodes a single pixel, hashes it, looks the hash up in
// the lists of package hashdb, and keeps for each stream how many frames were
// seen and how many matched which list entry. One stream and one entry make
// one signal, whose revision is the number of frames matched; it is given at
// 1, 2, 4, 8, … frames, so that an hour of replay is a dozen signals and a
// count is at most a factor of two behind.
//
// It judges nothing: whether a match means anything is for package correlate,
// which comes next, and for the reviewer after it. It keeps no picture and no
// hash, only digests of the original bytes. It trusts no sender: every length,
// dimension and count comes from outside and has a limit. It trusts the lists:
// what hashdb finds within a list's radius is a match.
//
// # State
//
// The state of a stream is a pure function of its frames in their order and of
// the answers of the lists at that time, with no clock and no chance in it. It
// is bounded for each stream (see maxRecent, maxTracked and
// signal.MaxEvidence), not in the number of streams: the store that holds it
// decides how long an ended stream stays.
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
package detect
