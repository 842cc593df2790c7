package engine

import (
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// A segment of the log begins with a new day of the clock.
type segment struct {
	day   int32
	first uint64
}

// read makes a profile of its records in the log.
func (p *Partition) read(s State, sl *slot, subject signal.Subject) error {
	if s == nil {
		return errors.New("it is no longer in memory, and there is no store")
	}
	p.bodies = p.bodies[:0]
	for seq := sl.seq; ; {
		data, err := s.Get(logKey(seq))
		if err != nil {
			return err
		}
		r, err := parseRecord(data)
		if err != nil || r.key != sl.key || r.prev >= seq {
			return errRecord
		}
		if r.prev == 0 {
			if err := p.scratch.Decode(r.body, subject, sl.key.role(), p.e.c.Marks); err != nil {
				return err
			}
			break
		}
		p.bodies = append(p.bodies, r.body)
		seq = r.prev
	}
	for i := len(p.bodies) - 1; i >= 0; i-- {
		if err := p.scratch.ApplyEncoded(p.bodies[i]); err != nil {
			return err
		}
	}
	return nil
}

var errOlder = errors.New("the state is of an earlier version of this program: delete the state folder and the checkpoints of the loop, and its topic is replayed")

// Open finds the newest record of each profile in the state, as does the first call
// of Process.
func (p *Partition) Open(s State) error {
	if s == nil || p.opened {
		return nil
	}
	err := s.Scan([]byte("profile/"), func(_, _ []byte) (bool, error) { return false, errOlder })
	if err != nil {
		return err
	}
	err = s.Scan([]byte{logPrefix}, func(k, value []byte) (bool, error) {
		seq, err := parseLogKey(k)
		if err != nil {
			return false, err
		}
		r, err := parseRecord(value)
		if err != nil {
			return false, err
		}
		sl := p.table.find(r.key)
		if sl == nil {
			sl = p.table.insert(r.key)
		}
		sl.seq, sl.chain, sl.based, sl.newest = seq, r.chain, r.based, int32(r.at/daySeconds)
		p.keepRecord(sl, &r)
		p.tick(r.day, seq)
		p.clock, p.next = r.day, seq+1
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("open the profiles' log: %w", err)
	}
	p.opened = true
	return nil
}

// tick begins a segment of the log where a new day begins with a record.
func (p *Partition) tick(day int32, seq uint64) {
	if until := p.expired(day); until > 0 {
		n := 0
		for n < len(p.segments) && p.segments[n].first < until {
			n++
		}
		p.segments = append(p.segments[:0], p.segments[n:]...)
	}
	if n := len(p.segments); n == 0 || p.segments[n-1].day < day {
		p.segments = append(p.segments, segment{day, seq})
	}
}

// expired returns the number of the first record that is kept on a day; 0: nothing
// has expired.
func (p *Partition) expired(day int32) uint64 {
	until := uint64(0)
	for i := 0; i+1 < len(p.segments) && p.segments[i].day < day-logDays; i++ {
		until = p.segments[i+1].first
	}
	return until
}
