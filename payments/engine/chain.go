package engine

import (
	"encoding/binary"

	"github.com/vigil-stream/vigil/signal"
)

// A log that is read through has each profile's records at hand, and to read them again
// one by one, when the profile is asked for, takes many times as long. So their bodies
// stay in memory as they are, one after the other, until then.

// keepRecord adds the body of a record to what memory has of its profile, while there is
// room: the memory of a profile that has none is one to be read from the log.
func (p *Partition) keepRecord(sl *slot, r *record) {
	p.data = p.data[:0]
	if r.prev != 0 {
		if sl.mem == 0 {
			return // the whole profile found no room
		}
		p.data = append(p.data, p.slab.get(sl.mem)...)
	}
	p.data = binary.AppendUvarint(p.data, uint64(len(r.body)))
	p.data = append(p.data, r.body...)
	if !p.slab.fits(sl.mem, len(p.data)) && p.slab.bytes >= p.slabBytes() {
		p.slab.drop(sl.mem)
		sl.mem = 0
		return
	}
	sl.mem = p.slab.put(sl.mem, p.data)
	sl.chained = sl.mem != 0
}

// unchain makes the profile of the bodies that keepRecord kept.
func (p *Partition) unchain(data []byte, k key, subject signal.Subject) error {
	for first := true; len(data) > 0; first = false {
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return errRecord
		}
		body := data[size : size+int(n)]
		data = data[size+int(n):]
		var err error
		if first {
			err = p.scratch.Decode(body, subject, k.role(), p.e.c.Marks)
		} else {
			err = p.scratch.ApplyEncoded(body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
