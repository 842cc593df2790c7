package archive

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// MaxHarvest limits the entries that one case yields.
	MaxHarvest = 500
	// maxCompared limits the hashes that are compared with each other for that: 0.2 s.
	maxCompared = 10_000
)

// Harvest returns what is kept of a case's stream as entries of a list: of the pictures
// that stood within the spans the different ones, in the order of their times. Where
// there are more than MaxHarvest, it takes them evenly over time. Its entries are frames of
// one video, "case/" and the case. It changes nothing;
// the same harvest of the same prints gives the same entries.
func (a *Archive) Harvest(ctx context.Context, s State, h Harvest) ([]hashdb.Entry, error) {
	if _, err := h.Encode(); err != nil {
		return nil, fmt.Errorf("harvest: %w", signal.Reject("schema", "%w", err))
	}
	part, err := loadPartition(s)
	if err != nil {
		return nil, err
	}
	var hashes []pdq.Hash
	for day := part.oldest(a.options.Days); part.begun && day <= part.newest; day++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !h.touches(day) {
			continue
		}
		all, err := readDay(s, streamID(h.Platform, h.Stream, h.Subject), day)
		if err != nil {
			return nil, fmt.Errorf("harvest: %w", err)
		}
		slices.SortStableFunc(all, func(a, b kept) int { return cmp.Compare(a.from, b.from) })
		for i := range all {
			if h.covers(all[i].from, all[i].to) {
				hashes = append(hashes, all[i].hashes[:all[i].n]...)
			}
		}
	}
	chosen := evenly(distinct(evenly(hashes, maxCompared), a.options.HarvestDistinct), MaxHarvest)
	entries := make([]hashdb.Entry, len(chosen))
	for i, hash := range chosen {
		entries[i] = hashdb.Entry{
			Hash:       hashdb.Hash{Kind: hashdb.KindPDQ, Bits: hash},
			Ref:        fmt.Sprintf("case/%s#%d/%d", h.Case, i, len(chosen)),
			Time:       h.At.UTC().Truncate(time.Second),
			Tags:       []string{"confirmed", originTag(streamID(h.Platform, h.Stream, h.Subject))},
			Provenance: "case/" + h.Case,
		}
		if err := entries[i].Check(); err != nil {
			return nil, fmt.Errorf("harvest: %w", signal.Reject("schema", "entry %d: %w", i, err))
		}
	}
	return entries, nil
}

// originTag marks entries that came from a stream, without telling which it is.
func originTag(stream id) string { return "origin:" + hex.EncodeToString(stream[:]) }

// covers reports whether some span has a part of a time.
func (h *Harvest) covers(from, to int64) bool {
	return slices.ContainsFunc(h.Spans, func(sp Span) bool {
		return sp.From.UnixMilli() <= to && from <= sp.To.UnixMilli()
	})
}

func (h *Harvest) touches(day int32) bool {
	return h.covers(int64(day)*dayMillis, int64(day+1)*dayMillis-1)
}

// readDay returns what is kept of a stream and day, in the order of arrival.
func readDay(s State, stream id, day int32) ([]kept, error) {
	var all []kept
	err := s.Scan(append(headKey(day, stream), chunkPart), func(_, value []byte) (more bool, err error) {
		all, err = appendChunk(all, day, value)
		return len(all) <= maxStreamDay, err
	})
	return all, err
}

// distinct returns the first of the hashes and every next that differs from all returned
// so far by at least so many bits.
func distinct(hashes []pdq.Hash, bits int) []pdq.Hash {
	var out []pdq.Hash
	for i := range hashes {
		if !slices.ContainsFunc(out, func(o pdq.Hash) bool { return distance(&o, &hashes[i]) < bits }) {
			out = append(out, hashes[i])
		}
	}
	return out
}

// evenly returns at most so many of the hashes, the same distance apart in their order.
func evenly(hashes []pdq.Hash, most int) []pdq.Hash {
	if len(hashes) <= most {
		return hashes
	}
	out := make([]pdq.Hash, most)
	for i := range out {
		out[i] = hashes[i*len(hashes)/most]
	}
	return out
}
