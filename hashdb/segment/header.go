package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// A segment file is a header page and five sections, each padded with zeros to whole
// pages and following the one before at once. All numbers are little-endian.
//
//	header  0 magic, 8 format u32, 12 kind u8, 13 flags u8 (1: with tables), 14 width u16,
//	        16 rows u64, 24 dead u64, 32 for each section: offset u64, length u64,
//	        checksum u32, zero u32; the rest zero; 4092 CRC-32C of all before
//	codes   for each row the hash's words, most significant first: width/64 rounded up
//	lists   for each row its list u16
//	metas   for each row the place of its record in blob, in units of 8 bytes, u32
//	blob    records: flags u8 (1: dead), length of ref u8, length of attrs u16, ref,
//	        attrs, zeros up to a multiple of 8; rows may share one
//	tables  of package index over the codes, or nothing
//
// A section's checksum is the CRC-32C of the CRC-32Cs of its blocks of 1 MiB, padding
// included, so that every bit of the file is under a checksum and several processors
// can verify one section.
const (
	magic      = "vigilseg"
	format     = 1
	page       = 4096
	headerAt   = page - 4 // Of the header's own checksum.
	withTables = 1
	// maxBlob is as far as a u32 in units of 8 bytes reaches: 32 GiB.
	maxBlob = 8 << 32
)

// The sections in the order of the file.
const (
	codes = iota
	lists
	metas
	blob
	tables
	sections
)

var sectionNames = [sections]string{"codes", "lists", "metas", "blob", "tables"}

// header is the first page of a file.
type header struct {
	Options
	rows, dead int
	length     [sections]int64 // Without padding.
	sum        [sections]uint32
}

// words returns the number of words of a code in a file of the given width in bits, and
// 0 for a width that there is not.
func words(width int) int {
	switch width {
	case 64, 128, 160, 256:
		return (width + 63) / 64
	}
	return 0
}

// padded returns n rounded up to whole pages.
func padded(n int64) int64 { return (n + page - 1) &^ (page - 1) }

// layout returns where each section begins, and after them where the file ends.
func (h *header) layout() (at [sections + 1]int64) {
	at[0] = page
	for i, n := range h.length {
		at[i+1] = at[i] + padded(n)
	}
	return at
}

func (h *header) encode() []byte {
	b := make([]byte, page)
	copy(b, magic)
	le := binary.LittleEndian
	le.PutUint32(b[8:], format)
	b[12] = h.Kind
	if h.Tables {
		b[13] = withTables
	}
	le.PutUint16(b[14:], uint16(h.Width))
	le.PutUint64(b[16:], uint64(h.rows))
	le.PutUint64(b[24:], uint64(h.dead))
	at := h.layout()
	for i := range sections {
		s := b[32+24*i:]
		le.PutUint64(s, uint64(at[i]))
		le.PutUint64(s[8:], uint64(h.length[i]))
		le.PutUint32(s[16:], h.sum[i])
	}
	le.PutUint32(b[headerAt:], crc32.Checksum(b[:headerAt], castagnoli))
	return b
}

var errSum = errors.New("does not agree with its checksum")

// decodeHeader reads the header of a file of the given length. Whatever it accepts, the
// sections lie within the file one after another and have the lengths that the number of
// rows asks for.
func decodeHeader(b []byte, fileLength int64) (*header, error) {
	le := binary.LittleEndian
	if fileLength < page || len(b) < page {
		return nil, fmt.Errorf("%w header: the file ends after %d bytes", ErrDamaged, fileLength)
	}
	b = b[:page]
	if string(b[:8]) != magic {
		return nil, fmt.Errorf("%w header: not a segment file", ErrDamaged)
	}
	if le.Uint32(b[headerAt:]) != crc32.Checksum(b[:headerAt], castagnoli) {
		return nil, fmt.Errorf("%w header: it %w", ErrDamaged, errSum)
	}
	if f := le.Uint32(b[8:]); f != format {
		return nil, fmt.Errorf("format %d; this program reads format %d", f, format)
	}
	h := &header{Options: Options{Kind: b[12], Width: int(le.Uint16(b[14:])), Tables: b[13] == withTables}}
	rows, dead := le.Uint64(b[16:]), le.Uint64(b[24:])
	if words(h.Width) == 0 || rows > MaxRows || dead > rows {
		return nil, fmt.Errorf("%w header: width %d, %d rows, %d dead", ErrDamaged, h.Width, rows, dead)
	}
	h.rows, h.dead = int(rows), int(dead)
	blobLength := le.Uint64(b[32+24*blob+8:])
	if blobLength > maxBlob || blobLength%8 != 0 {
		return nil, fmt.Errorf("%w header: blob of %d bytes", ErrDamaged, blobLength)
	}
	h.length = lengths(h.Options, h.rows, int64(blobLength))
	for i := range sections {
		h.sum[i] = le.Uint32(b[32+24*i+16:])
	}
	// There is one way to write a header, so that all else is compared at once.
	if !bytes.Equal(h.encode(), b) {
		return nil, fmt.Errorf("%w header: sections are not where %d rows put them", ErrDamaged, rows)
	}
	if end := h.layout()[sections]; end != fileLength {
		return nil, fmt.Errorf("%w file: it has %d bytes in place of %d", ErrDamaged, fileLength, end)
	}
	return h, nil
}

// lengths returns the sections' lengths in bytes without padding.
func lengths(o Options, rows int, blobLength int64) (n [sections]int64) {
	r := int64(rows)
	n[codes], n[lists], n[metas], n[blob] = r*int64(words(o.Width))*8, r*2, r*4, blobLength
	if o.Tables {
		n[tables] = index.TablesSize(rows)
	}
	return n
}

// indexed reports whether a segment of that many rows has tables.
func (o *Options) indexed(rows int) bool {
	return o.Tables && o.Width == 256 && rows >= index.MinCodes
}
