package origin

import (
	"encoding/binary"
	"fmt"
)

// about is what the partition says of itself. It is a function of the records that came,
// however often each came: what came before moves nothing on. (Of two withdrawals that
// name one payment by the same reference and differ elsewhere the newer waits; when the
// older comes again, it counts again.)
type about struct {
	today   int64  // the newest day of any record, since 1970
	records uint64 // that were not there before
	bucket  uint16 // to be swept next
	waits   uint64 // withdrawals that came everywhere and are remembered, at most
	pending []hash // messages that are withdrawn whole, and not done
}

var aboutKey = []byte("about")

// A bucket is swept with every sweepEvery-th record: all that was not touched for the days
// that are remembered goes. All buckets have had their turn after four million records.
const sweepEvery = 64

const secondsADay = 24 * 60 * 60

// begin reads what the partition says of itself, and moves its day on.
func (p *process) begin(at int64) error {
	data, err := p.Get(aboutKey)
	if err != nil {
		return fmt.Errorf("read the state of payments: %w", err)
	}
	if data != nil {
		d := decoder{rest: string(data)}
		p.about.today = d.varint()
		p.about.records = uint64(d.varint())
		p.about.bucket = uint16(d.varint())
		p.about.waits = uint64(d.varint())
		for n := d.count(); n > 0 && !d.broken; n-- {
			p.about.pending = append(p.about.pending, d.hash())
		}
		if d.broken || d.rest != "" {
			return fmt.Errorf("the state of payments: %w", errDamaged)
		}
	}
	p.about.today = max(p.about.today, at/secondsADay)
	return nil
}

// end counts the record, goes on with what is not done, and writes what the partition says
// of itself.
func (p *process) end() error {
	if p.about.records++; p.about.records%sweepEvery == 0 {
		if err := p.sweep(p.about.bucket); err != nil {
			return err
		}
		p.about.bucket++
	}
	if err := p.drain(p.more); err != nil {
		return err
	}
	b := binary.AppendVarint(make([]byte, 0, 32), p.about.today)
	b = binary.AppendVarint(b, int64(p.about.records))
	b = binary.AppendVarint(b, int64(p.about.bucket))
	b = binary.AppendVarint(b, int64(p.about.waits))
	b = binary.AppendUvarint(b, uint64(len(p.about.pending)))
	for _, h := range p.about.pending {
		b = append(b, h[:]...)
	}
	return p.set(aboutKey, b)
}

// sweep forgets what is old in a bucket.
func (p *process) sweep(bucket uint16) error {
	var old [][]byte
	waits := uint64(0)
	err := p.Scan([]byte{'k', byte(bucket >> 8), byte(bucket)}, func(key, value []byte) (bool, error) {
		d := decoder{rest: string(value[:min(len(value), binary.MaxVarintLen64)])}
		day := d.varint()
		if d.broken {
			return false, errDamaged
		}
		if day < p.about.today-p.days {
			old = append(old, append([]byte{}, key...))
			if key[3] == 'w' {
				waits++
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("forget payments: %w", err)
	}
	for _, key := range old {
		if err := p.Delete(key); err != nil {
			return fmt.Errorf("forget payments: %w", err)
		}
	}
	p.about.waits -= min(waits, p.about.waits)
	return nil
}
