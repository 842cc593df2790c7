package correlate

import (
	"cmp"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// evidence is what is scored: the signals in the window, by kind. Sessions and
// flags, of which there may be many, are scored by what the index says of them.
type evidence struct {
	since, until int64 // the window, Unix nanoseconds, until excluded
	matches      []signal.Signal
	payments     []signal.Signal // one a typology and role, in that order
	flags        []entry
	sessions     []entry
}

// gather collects the evidence of a subject's set.
func (s subject) gather(have set) (evidence, error) {
	ev := evidence{since: have.since(windowDays), until: have.until()}
	for _, e := range have.window() {
		switch e.kind {
		case kindFlag:
			ev.flags = append(ev.flags, e)
		case kindSession:
			ev.sessions = append(ev.sessions, e)
		default:
			in, _, err := s.read(e)
			if err != nil {
				return evidence{}, err
			}
			if e.kind == kindMatch {
				ev.matches = append(ev.matches, in)
			} else {
				ev.payments = append(ev.payments, in)
			}
		}
	}
	ev.payments = current(ev.payments)
	return ev, nil
}

// current keeps, of the payment signals of each typology and role, the one that
// ended last: after a change of the rules there is one a version, and they tell
// of the same transfers.
func current(all []signal.Signal) []signal.Signal {
	slices.SortFunc(all, func(a, b signal.Signal) int {
		return cmp.Or(
			cmp.Compare(a.Payment.Typology, b.Payment.Typology),
			cmp.Compare(a.Payment.Role, b.Payment.Role),
			b.End.Compare(a.End),
			cmp.Compare(b.Payment.Rules, a.Payment.Rules),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return slices.CompactFunc(all, func(a, b signal.Signal) bool {
		return a.Payment.Typology == b.Payment.Typology && a.Payment.Role == b.Payment.Role
	})
}

// What a case record shows: its signals are at most so many, and so many bytes
// of JSON together, so that the record stays well below a broker's usual 1 MiB.
const (
	maxShown      = 200
	maxShownBytes = 512 << 10
)

// show returns the signals of a case record, ordered by start and id, and how
// many in the window it leaves out. Where there are too many, matches go before
// payments, payments before flags, flags before sessions, and within a kind the
// newest first.
func (s subject) show(have set) (shown []signal.Signal, omitted int, err error) {
	all := have.window()
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.end, a.end), a.compare(b))
	})
	shown = make([]signal.Signal, 0, min(len(all), maxShown))
	size := 0
	for _, e := range all[:min(len(all), maxShown)] {
		in, n, err := s.read(e)
		if err != nil {
			return nil, 0, err
		}
		if size += n; size > maxShownBytes {
			break
		}
		shown = append(shown, in)
	}
	slices.SortFunc(shown, func(a, b signal.Signal) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	return shown, len(all) - len(shown), nil
}
