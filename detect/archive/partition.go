package archive

import (
	"encoding/binary"
	"fmt"
	"math"
)

// partition is what is kept of a partition as a whole.
type partition struct {
	begun  bool // There was a print.
	newest int32
	// swept is the day of which expired prints are being deleted, or from which on
	// there are none, and slice the first byte of the streams whose turn it is.
	swept int32
	slice byte
	// recent are the searches that late prints are held to, oldest first.
	recent []recent

	saved string
}

// recent is a search that late prints are held to. The search itself is kept under its
// key.
type recent struct {
	at  int64 // Of the search, milliseconds since 1970.
	key id
}

func partitionKey() []byte { return []byte("a") }

const partitionVersion = 1

func loadPartition(s State) (*partition, error) {
	data, err := s.Get(partitionKey())
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	p := &partition{swept: math.MinInt32, saved: string(data)}
	if data == nil {
		return p, nil
	}
	r := reader{rest: data}
	r.want(r.byte() == partitionVersion)
	p.begun = r.byte() == 1
	p.newest, p.swept, p.slice = int32(r.varint()), int32(r.varint()), r.byte()
	for len(r.rest) > 0 && !r.bad {
		one := recent{at: r.varint()}
		copy(one.key[:], r.take(idSize))
		p.recent = append(p.recent, one)
	}
	if r.bad || len(p.recent) > maxRecent {
		return nil, fmt.Errorf("read archive: %w", errDamaged)
	}
	return p, nil
}

func (p *partition) save(s State) error {
	b := []byte{partitionVersion, 0}
	if p.begun {
		b[1] = 1
	}
	b = binary.AppendVarint(b, int64(p.newest))
	b = binary.AppendVarint(b, int64(p.swept))
	b = append(b, p.slice)
	for _, r := range p.recent {
		b = append(binary.AppendVarint(b, r.at), r.key[:]...)
	}
	if string(b) == p.saved {
		return nil
	}
	if err := s.Set(partitionKey(), b); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// reach moves the newest day.
func (p *partition) reach(day int32) {
	if !p.begun || day > p.newest {
		p.newest, p.begun = day, true
	}
}

// oldest returns the first day that is kept: before it prints are as good as deleted.
func (p *partition) oldest(days int) int32 {
	if !p.begun {
		return math.MinInt32
	}
	return int32(max(int64(p.newest)-int64(days), math.MinInt32))
}

// sweep deletes some of what is older than the oldest day, one 256th of a day with each
// print: a day as a whole would hold up the partition.
func (p *partition) sweep(s State, days int) error {
	oldest := p.oldest(days)
	if p.swept >= oldest {
		return nil
	}
	if p.slice == 0 {
		first := oldest
		err := s.Scan([]byte{printPrefix}, func(key, _ []byte) (bool, error) {
			if len(key) < dayKeySize {
				return false, errDamaged
			}
			first = min(first, dayOfKey(key))
			return false, nil
		})
		if err != nil {
			return fmt.Errorf("find expired prints: %w", err)
		}
		if p.swept = first; first >= oldest {
			return nil
		}
	}
	var expired [][]byte
	err := s.Scan(append(dayKey(p.swept), p.slice), func(key, _ []byte) (bool, error) {
		expired = append(expired, append([]byte(nil), key...))
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("find expired prints: %w", err)
	}
	for _, key := range expired {
		if err := s.Delete(key); err != nil {
			return fmt.Errorf("delete expired prints: %w", err)
		}
	}
	p.slice++ // After the last slice comes the first of the next day there is.
	return nil
}
