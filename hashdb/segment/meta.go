package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"unsafe"
)

const (
	metaHead = 4 // Bytes of a record before its ref.
	metaDead = 1
)

// metaWriter writes what rows have beside code and list, equal ones once where they
// are near each other: rows of a list often differ in nothing else, and where lists are
// mixed a few sets of attributes alternate.
type metaWriter struct {
	blob    *column
	scratch []byte
	recent  [256]struct { // By the record's checksum.
		record []byte
		at     uint32
	}
}

// add returns the place, in units of 8 bytes, of a record with the row's meta.
func (m *metaWriter) add(r *Row) (uint32, error) {
	var flags byte
	if r.Dead {
		flags = metaDead
	}
	b := append(m.scratch[:0], flags, byte(len(r.Ref)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Attrs)))
	b = append(b, r.Ref...)
	b = append(b, r.Attrs...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	m.scratch = b
	known := &m.recent[byte(crc32.Checksum(b, castagnoli))]
	if bytes.Equal(known.record, b) {
		return known.at, nil
	}
	at := m.blob.size
	if at+int64(len(b)) > maxBlob {
		return 0, fmt.Errorf("references and attributes take more than %d GiB", int64(maxBlob)>>30)
	}
	if err := m.blob.add(b); err != nil {
		return 0, err
	}
	known.record, known.at = append(known.record[:0], b...), uint32(at/8)
	return known.at, nil
}

// meta is a record as it lies in a blob.
type meta struct {
	dead       bool
	ref, attrs []byte
}

// readMeta returns the record at the given place and whether there is one.
func readMeta(blob []byte, place uint32) (meta, bool) {
	at := int64(place) * 8
	if at+metaHead > int64(len(blob)) {
		return meta{}, false
	}
	b := blob[at:]
	ref, attrs := int(b[1]), int(binary.LittleEndian.Uint16(b[2:]))
	if b[0] > metaDead || ref > MaxRef || attrs > MaxAttrs || metaHead+ref+attrs > len(b) {
		return meta{}, false
	}
	b, dead := b[metaHead:], b[0] == metaDead
	return meta{dead, b[:ref:ref], b[ref : ref+attrs : ref+attrs]}, true
}

// text returns b as a string without a copy.
func text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
