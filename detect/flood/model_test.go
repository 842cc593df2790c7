package flood

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A model is the gate as one would say it: maps of everything, and no bound.
type model struct {
	limit          int
	within, exempt time.Duration

	state               string
	newest, exemptUntil time.Time
	decided             time.Time
	streams             map[string]time.Time // newest end of each
	latest              map[string]signal.Signal
	stands, held        map[string]bool // by signal
}

func newModel(o Options) *model {
	m := &model{limit: o.Streams, within: o.Within, exempt: o.Exempt}
	m.clear()
	return m
}

func (m *model) clear() {
	m.streams, m.latest = map[string]time.Time{}, map[string]signal.Signal{}
	m.stands, m.held = map[string]bool{}, map[string]bool{}
}

// said is what of a signal given matters.
type said struct {
	id       string
	revision uint64
	held     bool
}

func (m *model) match(s signal.Signal) (out []said) {
	if was, ok := m.latest[s.ID]; ok && was.Revision >= s.Revision {
		return nil
	}
	if s.End.After(m.newest) {
		m.newest = s.End
	}
	if m.state == Retracted {
		return nil
	}
	if m.state != Quarantined && s.End.Before(m.exemptUntil) {
		return []said{{s.ID, 4 * s.Revision, false}}
	}
	m.latest[s.ID] = s
	if m.state != Quarantined {
		if s.End.After(m.streams[s.Match.Stream]) {
			m.streams[s.Match.Stream] = s.End
		}
		end, crowded := m.crowded()
		if !crowded {
			m.stands[s.ID] = true
			return []said{{s.ID, 4 * s.Revision, false}}
		}
		m.state = Quarantined
		for id, known := range m.latest {
			if id != s.ID && m.stands[id] && known.End.After(end.Add(-m.within)) {
				out = append(out, m.withdraw(id))
			}
		}
	}
	if m.stands[s.ID] {
		return append(out, m.withdraw(s.ID))
	}
	m.held[s.ID] = true
	return out
}

func (m *model) withdraw(id string) said {
	m.stands[id], m.held[id] = false, true
	return said{id, 4*m.latest[id].Revision + 1, true}
}

// crowded returns the earliest time up to which too many streams matched.
func (m *model) crowded() (end time.Time, yes bool) {
	for _, t := range m.streams {
		n := 0
		for _, u := range m.streams {
			if !u.After(t) && u.After(t.Add(-m.within)) {
				n++
			}
		}
		if n > m.limit && (!yes || t.Before(end)) {
			end, yes = t, true
		}
	}
	return end, yes
}

func (m *model) verdict(v Verdict) (out []said) {
	if !v.At.After(m.decided) {
		return nil
	}
	m.decided = v.At
	for id, s := range m.latest {
		if v.Release && m.held[id] {
			out = append(out, said{id, 4*s.Revision + 2, false})
		}
		if !v.Release && m.stands[id] {
			out = append(out, said{id, 4*s.Revision + 1, true})
		}
	}
	m.clear()
	m.state, m.exemptUntil = Retracted, time.Time{}
	if v.Release {
		m.state, m.exemptUntil = Released, m.newest
		if v.At.After(m.newest) {
			m.exemptUntil = v.At
		}
		m.exemptUntil = m.exemptUntil.Add(m.exempt)
	}
	return out
}

func sorted(out []said) []said {
	slices.SortFunc(out, func(a, b said) int { return cmp.Compare(a.id, b.id) })
	return out
}

func saidOf(signals []signal.Signal) (out []said) {
	for _, s := range signals {
		out = append(out, said{s.ID, s.Revision, s.Match.Held})
	}
	return sorted(out)
}

// TestTheGateDoesWhatTheModelSays on signals in any order, with repeats, late and
// skewed ones, and verdicts between them.
func TestTheGateDoesWhatTheModelSays(t *testing.T) {
	o := Options{Streams: 4, Within: time.Hour, Exempt: 3 * time.Hour}
	quarantines, withdrawals, releases, retractions, standing := 0, 0, 0, 0, 0
	for seed := range uint64(80) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		r, m := newRoom(t, o), newModel(o)
		revisions, now := map[string]uint64{}, time.Duration(0)
		spread := []time.Duration{0, time.Minute, 30 * time.Minute, 5 * time.Hour}[rnd.IntN(4)]
		for i := range 150 {
			now += time.Duration(rnd.Int64N(int64(20 * time.Minute)))
			var got, want []said
			var what string
			if rnd.IntN(25) == 0 {
				v := verdict(rnd.IntN(3) > 0, now)
				v.Reason = fmt.Sprint(i)
				what = fmt.Sprintf("verdict %t at %s", v.Release, now)
				got, want = saidOf(r.verdict(v).Signals), sorted(m.verdict(v))
				if v.Release {
					releases += len(got)
				} else {
					retractions += len(got)
				}
			} else {
				s := segment(rnd.IntN(keepStreams(o.Streams)), rnd.IntN(2), 1, now-time.Duration(rnd.Int64N(int64(spread)+1)))
				if known := revisions[s.ID]; known > 0 { // go on, repeat, or come late
					s.Revision = max(1, known+2-min(known, rnd.Uint64N(4)))
				}
				revisions[s.ID] = max(revisions[s.ID], s.Revision)
				what = fmt.Sprintf("%s of revision %d, %s", s.Match.Stream, s.Revision, s.End)
				got, want = saidOf(r.match(s).Signals), sorted(m.match(s))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, record %d (%s): got %v, want %v", seed, i, what, got, want)
			}
			for _, s := range got {
				if s.held {
					withdrawals++
				}
			}
		}
		// The last word tells everything that was said and what is kept.
		state, held := m.state, len(m.held)
		for _, is := range m.stands {
			if is {
				standing++
			}
		}
		r.verdict(verdict(true, now+1))
		q := r.last()
		if state == Quarantined && q.Held != held {
			t.Fatalf("seed %d: %d held, want %d", seed, q.Held, held)
		}
		if len(r.state) != 1 {
			t.Fatalf("seed %d: %d keys are left", seed, len(r.state))
		}
		for _, q := range r.told {
			if q.State == Quarantined {
				quarantines++
			}
		}
	}
	if quarantines < 100 || withdrawals < 700 || releases < 500 || retractions < 60 || standing < 20 {
		t.Errorf("only %d quarantines, %d withdrawals, %d released, %d retracted, %d standing", quarantines, withdrawals, releases, retractions, standing)
	}
}

// TestNewStreamsInOrderAreCountedExactly however many there are.
func TestNewStreamsInOrderAreCountedExactly(t *testing.T) {
	o := Options{Streams: 5, Within: time.Hour, Exempt: time.Hour}
	floods := 0
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		r, m := newRoom(t, o), newModel(o)
		step, now := int64(6+2*seed)*int64(time.Minute), time.Duration(0)
		for i := range 100 {
			now += time.Duration(rnd.Int64N(step))
			s := segment(i/2, i%2, 1, now)
			out := r.match(s)
			m.match(s)
			if got := len(r.told) > 0; got != (m.state == Quarantined) {
				t.Fatalf("seed %d, record %d: quarantined is %t", seed, i, got)
			}
			if out.Quarantine == nil {
				continue
			}
			floods++
			for _, s := range r.receive {
				if s.End.After(noon.Add(now-o.Within)) && !s.Match.Held {
					t.Fatalf("seed %d: %s stands", seed, s.Match.Stream)
				}
			}
			break
		}
	}
	if floods < 5 || floods > 25 {
		t.Errorf("%d of 30 were floods", floods)
	}
}

// TestOrderDoesNotMatter within one window: the same signals end up standing, the same
// held, and the same given back.
func TestOrderDoesNotMatter(t *testing.T) {
	o := Options{Streams: 6}
	for streams := 5; streams < 9; streams++ {
		rnd := rand.New(rand.NewPCG(uint64(streams), 9))
		var in []signal.Signal
		for i := range streams {
			for n := range 2 {
				for revision := range uint64(3) {
					in = append(in, segment(i, n, revision+1, time.Duration(rnd.Int64N(int64(50*time.Minute)))))
				}
			}
		}
		var first, firstBack []said
		for try := range 20 {
			rnd.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
			r := newRoom(t, o)
			for _, s := range in {
				r.match(s)
				r.match(s) // a repeat
			}
			stands := r.standing()
			r.verdict(verdict(true, time.Hour))
			back := r.standing()
			if try == 0 {
				first, firstBack = stands, back
			}
			if !slices.Equal(stands, first) || !slices.Equal(back, firstBack) {
				t.Fatalf("%d streams: %v stand and %v in another order; after the release %v and %v", streams, stands, first, back, firstBack)
			}
		}
		want := 2 * streams
		if streams > o.Streams {
			want = 0
		}
		if len(first) != want || len(firstBack) != 2*streams {
			t.Errorf("of %d streams %d signals stand, and %d after the release", streams, len(first), len(firstBack))
		}
	}
}

// standing tells what stands, by the revision of detect.
func (r *room) standing() (out []said) {
	for id, s := range r.receive {
		if !s.Match.Held {
			out = append(out, said{id: id, revision: s.Revision / 4})
		}
	}
	return sorted(out)
}
