// Package formats reads hash lists in the forms in which their owners hand them
// out, and writes lists in the forms that others read.
//
//	lines           one hash in hexadecimal a line
//	csv             a header row, columns by name, comma or semicolon
//	vics            Project VIC's VICS 1.3 and 2.0 JSON
//	icse            the semicolon-separated export of INTERPOL's ICSE
//	ncmec           a query result of NCMEC's hash sharing, version 2, XML
//	threatexchange  pages of ThreatExchange's /threat_updates, arrays or lines of their records
//	vpdq            the frames of one video: JSON, or the reference program's text
//
// Readers stream: they hold one record at a time and satisfy hashdb.RecordReader.
// Records are the caller's to keep. Kinds of hash that hashdb does not know, PhotoDNA
// above all, are passed over: a record that holds nothing else has no entries and is
// no error. Words longer than a tag may be are cut, and those beyond the sixteenth
// left out, since to lose a hash for a long word would be worse.
//
// It trusts no byte of what it reads. Lengths, nesting and counts are bounded, a bad
// record is an error with its number that repeats neither hash nor id, and an input
// that just ends is hashdb.ErrTruncated wherever the format can tell: JSON and XML
// always can, text only when its last line lacks its end.
//
// It opens no file or connection, unpacks no archive, and stores nothing. The next
// room is hashdb, whose imports take what is read here.
package formats
