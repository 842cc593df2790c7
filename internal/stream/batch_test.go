package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// batch returns a record batch as kafka-go writes it, whose records begin at
// offset base.
func batch(t testing.TB, base int64, codec kafka.Compression, values ...string) []byte {
	t.Helper()
	var records []protocol.Record
	for _, v := range values {
		records = append(records, protocol.Record{Key: protocol.NewBytes([]byte("k")), Value: protocol.NewBytes([]byte(v)), Headers: []protocol.Header{{Key: "h", Value: []byte("x")}, {Key: "null"}}})
	}
	var b bytes.Buffer
	set := protocol.RecordSet{Version: 2, Attributes: protocol.Attributes(codec), Records: protocol.NewRecordReader(records...)}
	if _, err := set.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()[4:] // without the size of the set
	binary.BigEndian.PutUint64(out, uint64(base))
	return out
}

// seal makes the checksum of a batch right again.
func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[batchCRCAt:], crc32.Checksum(b[batchDataAt:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func summary(rs []record) string {
	var out []string
	for _, r := range rs {
		if r.fault != nil {
			out = append(out, fmt.Sprintf("%d!", r.offset))
			continue
		}
		out = append(out, fmt.Sprintf("%d=%s", r.offset, r.value))
	}
	return strings.Join(out, " ")
}

func join(bs ...[]byte) []byte { return bytes.Join(bs, nil) }

func TestBatches(t *testing.T) {
	control := seal(edit(batch(t, 13, 0, "x"), func(b []byte) { b[22] |= batchControl }))
	empty := seal(edit(batch(t, 13, 0, "x"), func(b []byte) { // compaction left nothing of offsets 13 to 17
		binary.BigEndian.PutUint32(b[23:], 4)
		binary.BigEndian.PutUint32(b[57:], 0)
	}))
	head := batch(t, 10, 0, "a", "b", "c")
	tail := batch(t, 14, kafka.Zstd, "d")
	for name, c := range map[string]struct {
		data []byte
		from int64
		want string
		next int64
	}{
		"nothing":           {nil, 10, "", 10},
		"one batch":         {head, 10, "10=a 11=b 12=c", 13},
		"from its middle":   {head, 11, "11=b 12=c", 13},
		"before from":       {join(head, tail), 13, "14=d", 15},
		"all before from":   {head, 20, "", 20},
		"control batch":     {join(head, control, tail), 10, "10=a 11=b 12=c 14=d", 15},
		"control at end":    {join(head, control), 10, "10=a 11=b 12=c", 14},
		"compacted at end":  {join(head, empty), 10, "10=a 11=b 12=c", 18},
		"cut short":         {join(head, tail[:len(tail)-1]), 10, "10=a 11=b 12=c", 13},
		"cut in the header": {join(head, tail[:30]), 10, "10=a 11=b 12=c", 13},
		"bomb between":      {join(head, batch(t, 13, kafka.Gzip, strings.Repeat("x", 2000)), tail), 10, "10=a 11=b 12=c 13! 14=d", 15},
		"record cut short":  {join(seal(edit(batch(t, 9, 0, "a"), func(b []byte) { b[batchHeader] = 126 })), head), 9, "9! 10=a 11=b 12=c", 13},
		"too many records":  {join(seal(edit(batch(t, 9, 0, "a"), func(b []byte) { b[57] = 0x7f })), head), 9, "9! 10=a 11=b 12=c", 13},
		"offset beyond":     {join(seal(edit(batch(t, 8, 0, "a", "b"), func(b []byte) { b[26] = 0 })), head), 8, "8! 10=a 11=b 12=c", 13},
		"unknown codec":     {join(seal(edit(batch(t, 9, 0, "a"), func(b []byte) { b[22] = 7 })), head), 9, "9! 10=a 11=b 12=c", 13},
		"no codec's bytes":  {join(seal(edit(batch(t, 9, 0, "a"), func(b []byte) { b[22] = 4 })), head), 9, "9! 10=a 11=b 12=c", 13},
	} {
		t.Run(name, func(t *testing.T) {
			rs, next, err := batches(c.data, c.from, 1000)
			if err != nil || summary(rs) != c.want || next != c.next {
				t.Errorf("got %q, next %d, %v; want %q, next %d", summary(rs), next, err, c.want, c.next)
			}
			for _, r := range rs {
				if r.fault == nil && (string(r.key) != "k" || len(r.headers) != 2 || r.headers[0].Key != "h" || r.headers[1].Value != nil) {
					t.Errorf("record %d has key %q and headers %v", r.offset, r.key, r.headers)
				}
				if _, is := permanentReason(r.fault); r.fault != nil && !is {
					t.Errorf("%v is not permanent", r.fault)
				}
			}
		})
	}
}

func edit(b []byte, change func([]byte)) []byte {
	change(b)
	return b
}

func TestDamagedBatchesAreAskedForAgain(t *testing.T) {
	head := batch(t, 10, 0, "a")
	for name, damage := range map[string]func(b []byte){
		"value":   func(b []byte) { b[len(b)-4] ^= 1 },
		"header":  func(b []byte) { b[batchDataAt] ^= 1 },
		"format":  func(b []byte) { b[batchMagicAt] = 1 },
		"length":  func(b []byte) { copy(b[8:], []byte{0, 0, 0, 1}) },
		"minus":   func(b []byte) { b[8] = 0xff },
		"ends":    func(b []byte) { b[23] = 0xff; seal(b) },
		"ancient": func(b []byte) { b[0] = 0xff; seal(b) },
	} {
		rs, next, err := batches(join(head, edit(batch(t, 11, 0, "b"), damage)), 10, 1000)
		if err == nil || summary(rs) != "10=a" || next != 11 {
			t.Errorf("%s: got %q, next %d, %v; want the records before it and an error", name, summary(rs), next, err)
		}
		if _, is := permanentReason(err); is {
			t.Errorf("%s: %v is permanent, and records would be skipped", name, err)
		}
	}
}

func FuzzBatches(f *testing.F) {
	for _, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		f.Add(batch(f, 5, codec, "a", "b"), int64(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		if len(data) >= batchHeader && from >= 0 { // or nothing gets past the checksum
			seal(data)
		}
		rs, next, _ := batches(data, from, 1<<16)
		if next < from {
			t.Fatalf("next is %d, before %d", next, from)
		}
		last := from - 1
		for _, r := range rs {
			if r.offset <= last || r.offset >= next {
				t.Fatalf("offset %d after %d, next %d", r.offset, last, next)
			}
			last = r.offset
		}
	})
}

func fetchResponse(code int16, batches []byte) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = append(binary.BigEndian.AppendUint16(b, 2), "in"...)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	b = binary.BigEndian.AppendUint64(b, 30)
	b = binary.BigEndian.AppendUint64(b, 29)
	b = binary.BigEndian.AppendUint64(b, 3)
	b = binary.BigEndian.AppendUint32(b, 1) // one aborted transaction
	b = binary.BigEndian.AppendUint64(b, 1)
	b = binary.BigEndian.AppendUint64(b, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(batches)))
	return append(b, batches...)
}

func TestParseFetch(t *testing.T) {
	whole := fetchResponse(0, []byte("batches"))
	f, err := parseFetch(whole)
	if err != nil || f.highWatermark != 30 || f.logStart != 3 || string(f.batches) != "batches" {
		t.Errorf("got %+v, %v", f, err)
	}
	for n := range whole {
		if _, err := parseFetch(whole[:n]); err == nil {
			t.Errorf("a response cut to %d bytes is read", n)
		}
	}
	if _, err := parseFetch(fetchResponse(1, nil)); !errors.Is(err, errOutOfRange) {
		t.Errorf("got %v, want %v", err, errOutOfRange)
	}
	if _, err := parseFetch(fetchResponse(6, nil)); !contains(err, "Not Leader") {
		t.Errorf("got %v, want the broker's error", err)
	}
}

func FuzzParseFetch(f *testing.F) {
	f.Add(fetchResponse(0, []byte("batches")))
	f.Add(fetchResponse(1, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := parseFetch(data); err == nil && len(got.batches) > len(data) {
			t.Fatal("more batches than bytes")
		}
	})
}
