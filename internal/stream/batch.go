package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/segmentio/kafka-go"
)

// Layout of a record batch, magic 2, as in the Kafka protocol guide: the offset
// of the first record, the length of what follows, and then these.
const (
	batchPrefix  = 12 // base offset and length
	batchHeader  = 61 // all of the header, with the prefix
	batchMagicAt = 16
	batchCRCAt   = 17
	batchDataAt  = 21 // where the CRC begins to count
)

// Attribute bits of a batch.
const (
	batchCompression = 0x07
	batchAppendTime  = 0x08 // the times are the broker's
	batchControl     = 0x20
)

// maxRecords limits the records of one batch: producers send far fewer, and a
// record is at least seven bytes.
const maxRecords = 1 << 20

// batches splits what a fetch returned into records with offsets from `from` on
// and says which offset comes next, also when no record is left there: control
// batches and compacted ones are stepped over. A batch that cannot be
// decompressed within limit bytes, or is not what it says, becomes one record
// with a fault at its last offset, so that it is dead-lettered and not skipped.
//
// An error means that the bytes are damaged on their way or on the broker's
// disc; the fetch is worth repeating. Records before the damage are returned.
func batches(data []byte, from int64, limit int) (rs []record, next int64, err error) {
	next = from
	for len(data) >= batchHeader {
		base := int64(binary.BigEndian.Uint64(data))
		length := int64(int32(binary.BigEndian.Uint32(data[8:])))
		if length < batchHeader-batchPrefix {
			return rs, next, fmt.Errorf("batch at offset %d: a length of %d bytes", base, length)
		}
		if length > int64(len(data)-batchPrefix) {
			break // a broker may cut the last batch short; it comes again
		}
		batch := data[:batchPrefix+length]
		data = data[len(batch):]
		last := base + int64(int32(binary.BigEndian.Uint32(batch[23:])))
		if magic := batch[batchMagicAt]; magic != 2 {
			return rs, next, fmt.Errorf("batch at offset %d: format %d, and only format 2 (Kafka 0.11) is read", base, magic)
		}
		want := binary.BigEndian.Uint32(batch[batchCRCAt:])
		if got := crc32.Checksum(batch[batchDataAt:], crc32.MakeTable(crc32.Castagnoli)); got != want {
			return rs, next, fmt.Errorf("batch at offset %d: its checksum is wrong", base)
		}
		if base < 0 || last < base {
			return rs, next, fmt.Errorf("batch at offset %d: it ends at offset %d", base, last)
		}
		if last < next {
			continue
		}
		if attributes := binary.BigEndian.Uint16(batch[21:]); attributes&batchControl == 0 {
			records, err := batchRecords(batch, base, last, limit)
			if err != nil {
				fault := reject(reasonBatch, "offsets %d to %d: %w", base, last, err)
				records = []record{{offset: last, fault: fault}}
			}
			for _, r := range records {
				if r.offset >= next {
					rs = append(rs, r)
				}
			}
		}
		next = last + 1
	}
	return rs, next, nil
}

// batchRecords returns the records of one batch whose checksum is right.
func batchRecords(batch []byte, base, last int64, limit int) ([]record, error) {
	attributes := binary.BigEndian.Uint16(batch[21:])
	codec := kafka.Compression(attributes & batchCompression)
	firstSent, appended := int64(binary.BigEndian.Uint64(batch[27:])), int64(binary.BigEndian.Uint64(batch[35:]))
	count := int32(binary.BigEndian.Uint32(batch[57:]))
	if count < 0 || count > maxRecords {
		return nil, fmt.Errorf("%d records, and the limit is %d", count, maxRecords)
	}
	data, err := decompress(codec, batch[batchHeader:], limit)
	if err != nil {
		return nil, err
	}
	r := reader{rest: data}
	rs := make([]record, 0, min(int(count), len(data)/7))
	for range count {
		body := reader{rest: r.take(r.varint())}
		body.take(1) // attributes, unused
		rec := record{arrived: firstSent + body.varint(), offset: base + body.varint()}
		if attributes&batchAppendTime != 0 {
			rec.arrived = appended
		}
		rec.key = body.bytes()
		rec.value = body.bytes()
		n := min(body.varint(), maxHeaders+1)                                          // one beyond the limit is enough to be rejected
		rec.headers = make([]kafka.Header, 0, max(0, min(n, int64(len(body.rest))/2))) // a header has two bytes or more
		for range n {
			name := headerName(body.bytes())
			rec.headers = append(rec.headers, kafka.Header{Key: name, Value: body.bytes()})
		}
		if err := errors.Join(r.err, body.err); err != nil {
			return nil, err
		}
		if rec.offset < base || rec.offset > last || (len(rs) > 0 && rec.offset <= rs[len(rs)-1].offset) {
			return nil, errors.New("the offsets of its records do not ascend")
		}
		rs = append(rs, rec)
	}
	return rs, nil
}

// headerName is string(name), without a copy of those that every event has.
func headerName(name []byte) string {
	for _, known := range [...]string{"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", contentType} {
		if string(name) == known {
			return known
		}
	}
	return string(name)
}

// A reader takes the primitives of the Kafka protocol from a slice. After the
// first error it returns zeros; err is checked once at the end.
type reader struct {
	rest []byte
	err  error
}

var errShort = errors.New("it ends too soon")

func (r *reader) take(n int64) []byte {
	if r.err != nil || n < 0 || n > int64(len(r.rest)) {
		if r.err == nil {
			r.err = errShort
		}
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *reader) varint() int64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.err = errShort
		return 0
	}
	r.take(int64(n))
	return v
}

// bytes reads a length and that many bytes; a length of -1 is null.
func (r *reader) bytes() []byte {
	n := r.varint()
	if n == -1 || r.err != nil {
		return nil
	}
	return r.take(n)
}
