// Package edge keeps the last minutes of each stream where the stream is: a ring of
// frames that only the holder of a private key elsewhere can open. Nothing leaves it
// unless a signal asks to preserve a window; what no signal asks for is dropped unread.
//
// It looks at no picture, decides nothing and knows no topic: who runs the streams adds
// frames, whoever hears a signal calls [Ring.Preserve], and [Rings.Deliver] hands over
// what was preserved, with what the audit log has to say about it. The evidence store
// comes next, and there the reader with the key ([ReadSegment]).
//
// It trusts its caller for the times of frames: a frame whose time leaps ahead by more
// than Options.Keep empties the ring, as minutes without frames do. It trusts nobody
// with the folder but its own user. The process holds public keys only.
//
// # On disk
//
// A ring is a row of segments, each one age file (age-encryption.org/v1) that was
// encrypted as it was written: no pixel touches the disk in the clear. The key of each
// file was made for it and forgotten, so to drop a segment is to remove its file; there
// is nothing to overwrite. Names are random and tell of no stream. Of a stream that is
// being preserved one more file tells, as JSON, its platform and id, the windows, why
// they were asked for, and the sizes and digests of the files that await delivery; it
// holds no picture.
//
// What was preserved survives a crash from the moment that Preserve or, for frames that
// came later, the end of their segment was reported without error: the segment is made
// durable first, then the file that names it, by rename. A segment that no such file
// names is removed when the folder is opened next. So a crash takes at most the segment
// being written, Options.Segment of event time, and Preserve ends that one first.
//
// # Segment, version 1
//
// Inside of the age file, integers big-endian, times as nanoseconds since the Unix epoch,
// UTC:
//
//	"vigil edge segment 1\n"
//	u16 n, platform (n bytes, UTF-8)
//	u16 n, stream   (n bytes, UTF-8)
//	i64 start of the session
//	u32 number of the segment
//	then for each frame, in the order of arrival
//	    u8  1
//	    i64 event time
//	    u64 index of the frame in its stream
//	    u16 n, frame id (n bytes, UTF-8)
//	    SHA-256 of the picture (32 bytes)
//	    u32 n, the picture as it was added, a JPEG (n bytes)
//	at the end
//	    u8  0
//	    u32 frames in the segment
//
// After that comes nothing.
//
// # Limits
//
// A frame has at most [MaxFrame] bytes. A segment ends after Options.Segment of event
// time, 64 MiB (a quarter of Options.MaxBytes if that is less) or 4,096 frames. A ring
// has at most 1,024 segments that nobody asked for, and 64 windows: the two that lie
// closest become one, as often as needed. Options.MaxBytes bounds what nobody asked for;
// what was asked for is bounded by the windows alone, since to drop it would be to lose
// evidence.
package edge
