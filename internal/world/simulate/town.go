package simulate

import (
	"math"
	"slices"
)

const (
	day    = 24 * hour
	minute = int64(60)
)

// A town is a part in the making: people and what they do. Times are seconds since the
// world began.
type town struct {
	die
	k      *Knobs
	lists  *lists
	size   int // people it may have
	span   int64
	days   float64
	seed   uint64
	people []Person
	pays   []payment
	meets  []session
	flags  []flag
	frames []frame
	scores []score
	circle int // that people are added to
}

type payment struct {
	at       int64
	from, to int32
	amount   int64 // minor units of the sender's currency
	text     string
	purpose  string
}

type session struct {
	at, end  int64
	host     int32
	private  bool
	audience int32
	guests   []int32
}

type flag struct {
	at      int64
	meeting int32 // index of the session
	source  string
	reason  string
}

type frame struct {
	at      int64
	meeting int32
	hash    [32]byte
}

type score struct {
	at      int64
	meeting int32
	value   float64
}

// A kind is what a session shows, as far as a classifier can tell.
type kind uint8

const (
	plain kind = iota
	homely
	adult
	offence
)

func (t *town) room(people int) bool { return len(t.people)+people <= t.size }

// add makes a person.
func (t *town) add(g Group, place, platform uint8, corridor int) int32 {
	pool := places[place].names
	t.people = append(t.people, Person{
		Group: g, Circle: t.circle, Corridor: corridor, place: place, platform: platform, linked: t.chance(t.k.Identity.Linked),
		given: pick(t.die, givenNames[pool]), surname: pick(t.die, surnameHeads[pool]) + pick(t.die, surnameTails[pool]),
	})
	return int32(len(t.people) - 1)
}

func (t *town) platform() uint8 { return uint8(t.IntN(len(platforms))) }

// across draws a corridor of the innocent.
func (t *town) across() (corridor int, from, to uint8) {
	corridor = t.weighted(t.k.Corridor[:])
	from, to = corridorEnds(corridor)
	return corridor, from, to
}

// home draws a place for those who cross no border.
func (t *town) home() uint8 { return uint8(t.IntN(len(places))) }

// local is a moment of a day, between two hours of the clock of a place.
func (t *town) local(place uint8, onDay float64, fromHour, hours float64) int64 {
	return int64(math.Floor(onDay))*day + int64((fromHour+t.Float64()*hours)*float64(hour)) - places[place].zone
}

// anyDay is a day of the world.
func (t *town) anyDay() float64 { return t.Float64() * t.days }

// waking is when ordinary people do things: mostly by day.
func (t *town) waking(place uint8, onDay float64) int64 {
	if t.chance(t.k.Ordinary.NightShare) {
		return t.local(place, onDay, 22, 6)
	}
	return t.local(place, onDay, 8, 14)
}

// money is an amount in a place's currency, minor units, from Australian dollars.
func money(place uint8, aud float64, round bool) int64 {
	p := places[place]
	units := aud * p.perAUD
	switch {
	case round && units >= 8*p.step:
		units = math.Round(units/(2*p.step)) * 2 * p.step
	case round:
		units = max(1, math.Round(units/p.step)) * p.step
	case p.step >= 50:
		units = max(1, math.Round(units))
	}
	return max(1, int64(math.Round(units*100)))
}

// pay books a payment, unless it lies outside the world's days.
func (t *town) pay(from, to int32, at, amount int64, text string) {
	if s := t.k.Timing.Shuffled; s > 0 {
		// The whole pair moves around the calendar by one amount, so that its habits stay.
		d := newDie(t.seed^0x5f1e, uint64(from)<<32|uint64(to))
		if d.chance(s) {
			at = ((at+d.Int64N(t.span))%t.span + t.span) % t.span
		}
	}
	if at >= 0 && at < t.span {
		t.pays = append(t.pays, payment{at: at, from: from, to: to, amount: amount, text: text})
	}
}

// meet opens a session of a host, and decides what becomes of it: who flags it, what a
// classifier says, what its frames match. It returns -1 outside the world's days.
func (t *town) meet(what kind, host int32, at int64, minutes float64, private bool, audience int, guests ...int32) int32 {
	end := at + max(30, int64(minutes*60))
	if at < 0 || end >= t.span {
		return -1
	}
	m := int32(len(t.meets))
	t.meets = append(t.meets, session{at: at, end: end, host: host, private: private, audience: int32(max(1, audience)), guests: guests})
	t.beFlagged(what, m)
	t.beScored(what, m)
	if what != offence {
		if t.chance(t.k.Hash.InnocentSessions) {
			t.show(m, t.lists.wrong(t.die), 3+t.IntN(10))
		} else if t.chance(t.k.Hash.Background) {
			t.background(m)
		}
	}
	return m
}

func (t *town) beFlagged(what kind, m int32) {
	s, f := t.meets[m], t.k.Flags
	p := f.PublicUser
	switch g := t.people[s.host].Group; {
	case what == offence:
		p = f.OffenceUser
	case g == Performer:
		p = f.PerformerUser
	case g == RomanceScammer || g == Extortionist:
		p = f.ScamUser
	case s.private:
		p = f.PrivateUser
	}
	if t.chance(p) {
		t.flag(m, "user", pick(t.die, []string{"worried-about-a-child", "nudity", "other"}))
	}
}

func (t *town) flag(m int32, source, reason string) {
	s := t.meets[m]
	t.flags = append(t.flags, flag{at: s.at + t.Int64N(s.end-s.at), meeting: m, source: source, reason: reason})
}

func (t *town) beScored(what kind, m int32) {
	k := t.k.Score
	if !t.chance(k.Scored) {
		return
	}
	a, b := k.OrdinaryA, k.OrdinaryB
	switch what {
	case homely:
		a, b = k.FamilyA, k.FamilyB
	case adult:
		a, b = k.AdultA, k.AdultB
	case offence:
		a, b = k.OffenceA, k.OffenceB
	}
	if v := t.beta(a, b); v >= k.Floor {
		s := t.meets[m]
		t.scores = append(t.scores, score{at: s.at + t.Int64N(s.end-s.at), meeting: m, value: math.Round(v*1000) / 1000})
	}
}

// show lets a session show the picture of a list entry in so many frames.
func (t *town) show(m int32, entry [32]byte, frames int) {
	s := t.meets[m]
	every := max(2, (s.end-s.at)/int64(frames+1))
	for i := range frames {
		// Near-duplicates lie well within the radius mostly; some are altered beyond it.
		bits := min(31, 2+t.poisson(10))
		if !t.chance(t.k.Hash.Within) {
			bits = 33 + t.poisson(8)
		}
		t.frames = append(t.frames, frame{at: s.at + int64(i+1)*every, meeting: m, hash: altered(t.die, entry, bits)})
	}
}

func (t *town) background(m int32) {
	s := t.meets[m]
	for i := range int64(3) {
		t.frames = append(t.frames, frame{at: s.at + 1 + i*min(10, (s.end-s.at)/4), meeting: m, hash: randomHash(t.die)})
	}
}

// calls are private meetings of two, so many a week, hosted by either.
func (t *town) calls(what kind, a, b int32, aWeek, minutes, fromHour, hours float64) {
	for range t.poisson(aWeek * t.days / 7) {
		host, guest := a, b
		if t.chance(0.5) {
			host, guest = b, a
		}
		t.meet(what, host, t.local(t.people[a].place, t.anyDay(), fromHour, hours), t.logNormal(minutes, 0.6), true, 1, guest)
	}
}

// rhythm are the days of a standing habit: every so many days, now and then a day off.
func (t *town) rhythm(every float64) []float64 {
	var days []float64
	for at := t.Float64() * every; at < t.days; at += every {
		late := 0.0
		if t.chance(0.25) {
			late = float64(t.IntN(3) - 1)
		}
		days = append(days, at+late)
	}
	return days
}

// settle sorts what happened by time and gives everybody a number that says nothing of
// their group.
func (t *town) settle(part int) {
	for i, n := range newDie(t.seed, uint64(part)<<8|0xff).Perm(len(t.people)) {
		t.people[i].number = uint32(part*int(t.k.PartPeople) + n)
	}
	order := make([]int32, len(t.meets))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return compare(t.meets[a].at, t.meets[b].at) })
	meets, to := make([]session, len(order)), make([]int32, len(order))
	for i, o := range order {
		meets[i], to[o] = t.meets[o], int32(i)
	}
	t.meets = meets
	for i := range t.flags {
		t.flags[i].meeting = to[t.flags[i].meeting]
	}
	for i := range t.frames {
		t.frames[i].meeting = to[t.frames[i].meeting]
	}
	for i := range t.scores {
		t.scores[i].meeting = to[t.scores[i].meeting]
	}
	slices.SortStableFunc(t.pays, func(a, b payment) int { return compare(a.at, b.at) })
	slices.SortStableFunc(t.flags, func(a, b flag) int { return compare(a.at, b.at) })
	slices.SortStableFunc(t.frames, func(a, b frame) int { return compare(a.at, b.at) })
	slices.SortStableFunc(t.scores, func(a, b score) int { return compare(a.at, b.at) })
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
