package engine

import (
	"encoding/binary"
	"errors"

	"github.com/vigil-stream/vigil/payments/profile"
)

// The store of a partition is a log: records under numbers that ascend, and so
// are written once, in order, and not moved about. A profile's newest record has
// either the whole profile, or one change and the number of the record before.
// Where each profile's newest record is, is known in memory and found again by
// reading the log through.

// logPrefix begins the keys of records; the number follows, big-endian.
const logPrefix = 'l'

func logKey(seq uint64) []byte {
	k := make([]byte, 9)
	k[0] = logPrefix
	binary.BigEndian.PutUint64(k[1:], seq)
	return k
}

func parseLogKey(k []byte) (seq uint64, err error) {
	if len(k) != 9 || k[0] != logPrefix {
		return 0, errRecord
	}
	return binary.BigEndian.Uint64(k[1:]), nil
}

// A record is one of the log. Its fields are followed by the profile, or by the
// change.
type record struct {
	key  key
	at   int64  // the newest time that the profile had heard of, in seconds since 1970
	day  int32  // the partition's, see Partition.clock
	prev uint64 // the record before; 0: this one has the whole profile
	// chain and based are those of the slot, of a record that has one change.
	chain uint16
	based int32
	body  []byte
}

const (
	recordRecipient = 1 << iota
	recordWhole
	recordFormat = 0x10 // in the upper four bits
)

func (r *record) append(b []byte) []byte {
	flags := byte(recordFormat)
	if r.key.recipient {
		flags |= recordRecipient
	}
	if r.prev == 0 {
		flags |= recordWhole
	}
	b = append(b, flags)
	b = append(b, r.key.token[:]...)
	b = binary.AppendVarint(b, r.at)
	b = binary.AppendVarint(b, int64(r.day))
	if r.prev != 0 {
		b = binary.AppendUvarint(b, r.prev)
		b = binary.AppendUvarint(b, uint64(r.chain))
		b = binary.AppendVarint(b, int64(r.based))
	}
	return b
}

var errRecord = errors.New("a record of the profiles' log is damaged")

// parseRecord reads a record; its body is a part of data.
func parseRecord(data []byte) (r record, err error) {
	const fixed = 1 + len(profile.Token{})
	if len(data) < fixed {
		return r, errRecord
	}
	flags := data[0]
	if flags&0xf0 != recordFormat {
		return r, errRecord
	}
	r.key.recipient = flags&recordRecipient != 0
	copy(r.key.token[:], data[1:fixed])
	rest := data[fixed:]
	varint := func() int64 {
		v, n := binary.Varint(rest)
		if n <= 0 {
			err, rest = errRecord, nil
			return 0
		}
		rest = rest[n:]
		return v
	}
	uvarint := func() uint64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			err, rest = errRecord, nil
			return 0
		}
		rest = rest[n:]
		return v
	}
	r.at = varint()
	r.day = int32(varint())
	r.based = r.day
	if flags&recordWhole == 0 {
		r.prev = uvarint()
		r.chain = uint16(uvarint())
		r.based = int32(varint())
		if r.prev == 0 && err == nil {
			err = errRecord
		}
	}
	r.body = rest
	return r, err
}
