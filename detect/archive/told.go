package archive

import (
	"encoding/binary"
	"fmt"

	"github.com/vigil-stream/vigil/detect"
)

// What live detection found when a print came is told already: as a look-back it would be
// the same frames counted twice, against the same person. So of each stream, day and entry
// the times are kept at which live detection matched it, and what is found within them is
// no news. They lie under p day stream 3 match: pairs of varints, each the distance from
// the number before, from the day's beginning on.

// toldPart is that of the keys.
const toldPart = 3

// maxTold limits the times of a stream, day and entry; beyond it the latest are kept.
const maxTold = 256

// span is a time, its ends included, in milliseconds since 1970.
type span struct{ from, to int64 }

func toldKey(day int32, stream, match id) []byte {
	return append(append(headKey(day, stream), toldPart), match[:]...)
}

// note keeps that live detection told of a print.
func (a *Archive) note(s State, st *streamDay, at int64, matched []detect.Matched) error {
	for _, m := range matched {
		key := toldKey(st.day, st.stream, id(m))
		data, err := s.Get(key)
		if err != nil {
			return fmt.Errorf("read what was told: %w", err)
		}
		told, err := decodeTold(st.day, data)
		if err != nil {
			return err
		}
		if err := s.Set(key, encodeTold(st.day, joinTold(told, at, a.options.Gap.Milliseconds()))); err != nil {
			return fmt.Errorf("write what was told: %w", err)
		}
	}
	return nil
}

// joinTold adds a time to those that are told, in their order.
func joinTold(told []span, at, gap int64) []span {
	i := len(told)
	for i > 0 && told[i-1].from > at {
		i--
	}
	before, after := i > 0 && at-told[i-1].to <= gap, i < len(told) && told[i].from-at <= gap
	switch {
	case before && after:
		told[i-1].to = max(told[i-1].to, told[i].to)
		return append(told[:i], told[i+1:]...)
	case before:
		told[i-1].to = max(told[i-1].to, at)
		return told
	case after:
		told[i].from = at
		return told
	}
	told = append(told, span{})
	copy(told[i+1:], told[i:])
	told[i] = span{at, at}
	return told[max(0, len(told)-maxTold):]
}

func encodeTold(day int32, told []span) (data []byte) {
	prev := int64(day) * dayMillis
	for _, t := range told {
		data = binary.AppendVarint(data, t.from-prev)
		data = binary.AppendVarint(data, t.to-t.from)
		prev = t.to
	}
	return data
}

func decodeTold(day int32, data []byte) (told []span, err error) {
	r, prev := reader{rest: data}, int64(day)*dayMillis
	for len(r.rest) > 0 && !r.bad && len(told) <= maxTold {
		from := prev + r.varint()
		to := from + r.varint()
		r.want(from >= prev && to >= from && to < int64(day+1)*dayMillis)
		told, prev = append(told, span{from, to}), to
	}
	if r.bad || len(told) > maxTold {
		return nil, fmt.Errorf("read what was told: %w", errDamaged)
	}
	return told, nil
}

// isTold reports whether a time is among those told.
func isTold(told []span, at int64) bool {
	for _, t := range told {
		if t.from <= at && at <= t.to {
			return true
		}
	}
	return false
}
