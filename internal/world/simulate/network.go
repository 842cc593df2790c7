package simulate

import "math"

// A plan is what is known of a network before its part is made.
type plan struct {
	number    int
	ends      []end
	offenders int
	unseen    bool
}

// An end is where money goes and a stream comes from.
type end struct{ facilitator, streamsItself bool }

func (p plan) people() int {
	n := p.offenders
	for _, e := range p.ends {
		n++
		if !e.streamsItself {
			n++
		}
	}
	if p.unseen {
		n++
	}
	return n
}

// planNetworks draws networks until they have the people that the prevalence asks for,
// and spreads them over the parts.
func planNetworks(seed uint64, k *Knobs, people, parts int) [][]plan {
	d := newDie(seed, 0x9e7)
	plans := make([][]plan, parts)
	target := int(math.Round(k.Prevalence * float64(people)))
	for n, number := 0, 1; n < target; number++ {
		p := plan{number: number, unseen: d.chance(k.Offender.Unseen)}
		for more := true; more && len(p.ends) < 12; more = d.chance(k.Offender.MoreEnds) {
			e := end{facilitator: d.chance(k.Offender.Facilitator), streamsItself: true}
			if e.facilitator {
				e.streamsItself = d.chance(k.Offender.FacilitatorStreams)
			}
			p.ends = append(p.ends, e)
		}
		for range p.ends {
			p.offenders += d.atLeastOne(k.Offender.PerEnd)
		}
		at := d.IntN(parts)
		plans[at] = append(plans[at], p)
		n += p.people()
	}
	return plans
}

// A Network is what was planted, as the labels tell it.
type Network struct {
	Number      int     `json:"network"`
	Unseen      bool    `json:"unseen"` // pays in a way outside the typologies
	Listed      bool    `json:"listed"` // shows listed pictures now and then
	Destination string  `json:"destination"`
	People      []int32 `json:"-"`
}

var covers = []string{
	"school uniform", "medicine", "tuition fee", "room rent", "family support", "school books",
	"hospital bill", "groceries", "school project", "house rent",
}

// network makes the people of a plan and lets them deal.
func (t *town) network(p plan) Network {
	o := t.k.Offender
	t.circle++
	first := len(t.people)
	corridor := t.weighted(t.k.OffenderCorridor[:])
	_, dest := corridorEnds(corridor)
	platform := t.platform()
	net := Network{Number: p.number, Unseen: p.unseen, Listed: t.chance(t.k.Hash.Networks), Destination: places[dest].code}

	paid, streams := make([]int32, len(p.ends)), make([]int32, len(p.ends))
	for i, e := range p.ends {
		g := Streamer
		if e.facilitator {
			g = Facilitator
		}
		paid[i] = t.add(g, dest, platform, corridor)
		if streams[i] = paid[i]; !e.streamsItself {
			streams[i] = t.add(Streamer, dest, platform, corridor)
		}
	}
	collector := int32(-1)
	meetings := make([][]int32, len(p.ends))
	for range p.offenders {
		c := t.corridorTo(dest)
		from, _ := corridorEnds(c)
		who := t.add(Offender, from, platform, c)
		if p.unseen && collector < 0 {
			collector = t.add(Facilitator, from, platform, -1)
			t.people[collector].surname = t.people[paid[0]].surname
		}
		main := t.IntN(len(p.ends))
		deals := t.career()
		for i, at := range deals.times {
			e := main
			if deals.prolific && t.chance(o.SeveralOf) {
				e = t.IntN(len(p.ends))
			}
			start, end, m := t.commission(net, streams[e], who, at)
			if m >= 0 {
				meetings[e] = append(meetings[e], m)
			}
			if !p.unseen {
				t.payFor(who, paid[e], start, end, deals.amounts[i])
			} else if bundle := max(1, int(o.UnseenBundle)); i%bundle == 0 {
				sum := 0.0
				for _, a := range deals.amounts[i:min(len(deals.amounts), i+bundle)] {
					sum += a
				}
				t.pay(who, collector, t.waking(from, float64(start)/float64(day)-t.uniform(1, 12)), money(from, sum*t.uniform(0.93, 1.07), false), "")
			}
		}
	}
	for e, ms := range meetings {
		_ = e
		if len(ms) == 0 {
			continue
		}
		if t.chance(t.k.Flags.OffenceTrusted) {
			t.flag(pick(t.die, ms), "trusted", "worried-about-a-child")
		}
		if t.chance(t.k.Flags.OffenceModerator) {
			t.flag(pick(t.die, ms), "moderator", "worried-about-a-child")
		}
	}
	for i := first; i < len(t.people); i++ {
		t.people[i].Network = p.number
		net.People = append(net.People, int32(i))
	}
	return net
}

// corridorTo draws a corridor of offenders that ends at a place.
func (t *town) corridorTo(dest uint8) int {
	var w [len(corridorNames)]float64
	for i := range w {
		if _, to := corridorEnds(i); to == dest {
			w[i] = t.k.OffenderCorridor[i]
			if w[i] == 0 {
				w[i] = 1e-9
			}
		}
	}
	return t.weighted(w[:])
}

// A career is what of a sender's commissions lies in the world's days: fractional days,
// and amounts in AUD. How many there ever were is drawn first, as published; the window
// then falls anywhere on them, so that it sees at least one.
type career struct {
	times, amounts []float64
	prolific       bool
	ever           int
}

func (t *town) career() career {
	o := t.k.Offender
	c := career{ever: t.everPaid()}
	c.prolific = float64(c.ever) >= o.ProlificFrom
	gap := t.uniform(o.CasualGapLow, o.CasualGapHigh)
	if c.prolific {
		gap = t.uniform(o.ProlificGapLow, o.ProlificGapHigh)
	}
	escalates := t.chance(o.Escalating)
	amount, shrink := 1.0, 1.0
	at := 0.0
	times, amounts := make([]float64, c.ever), make([]float64, c.ever)
	for i := range c.ever {
		times[i] = at
		v := t.logNormal(o.AmountMedian, o.AmountSigma)
		if t.chance(o.TailShare) {
			v = t.uniform(o.TailLow, o.TailHigh)
		}
		amounts[i] = min(v*amount, 4*max(o.TailHigh, v))
		at += max(0.1, t.logNormal(gap*shrink, o.GapSigma))
		if escalates {
			amount, shrink = min(amount*o.AmountDrift, 3), max(shrink*o.GapDrift, 0.3)
		}
	}
	shift := t.anyDay() - times[t.IntN(c.ever)]
	if o.Whole > 0 && t.chance(o.Whole) {
		shift = t.anyDay() / 3
	}
	for i := range times {
		if d := times[i] + shift; d >= 0 && d < t.days {
			c.times, c.amounts = append(c.times, d), append(c.amounts, amounts[i])
		}
	}
	return c
}

// everPaid is how often a sender ever pays.
func (t *town) everPaid() int {
	o := t.k.Offender
	return int(min(1e5, max(1, math.Round(math.Exp(o.CountMu+o.CountSigma*t.NormFloat64())))))
}

// commission lets an end stream for a sender, on the day given; whether any platform tells
// of it is another matter, then the meeting is -1.
func (t *town) commission(net Network, streamer, viewer int32, onDay float64) (start, end int64, meeting int32) {
	o, from := t.k.Offender, t.people[viewer].place
	start = t.local(from, onDay, 8, 11)
	if t.chance(o.Night) {
		start = t.local(from, onDay, 19, 8)
	}
	minutes := max(3, t.logNormal(o.Minutes, 0.6))
	end = start + int64(minutes*60)
	seen, guests := t.chance(o.Seen), 1
	if !t.chance(o.OneGuest) {
		guests += 1 + t.IntN(2)
	}
	if !seen {
		return start, end, -1
	}
	meeting = t.meet(offence, streamer, start, minutes, true, guests, viewer)
	if meeting >= 0 && net.Listed && t.chance(t.k.Hash.Sessions) {
		t.show(meeting, t.lists.right(t.die), 3+t.IntN(10))
	}
	return start, end, meeting
}

// payFor pays for a stream by the kernel of timing.
func (t *town) payFor(from, to int32, start, end int64, aud float64) {
	k, place := t.k.Timing, t.people[from].place
	var at int64
	switch u := t.Float64(); {
	case u < k.Before:
		at = start - int64(t.logNormal(k.LagMedian*k.LagScale, k.LagSigma)*60)
	case u < k.Before+k.During:
		at = start + t.Int64N(end-start)
	case u < k.Before+k.During+k.After:
		at = end + int64(t.exponential(k.AfterHours*k.LagScale)*float64(hour))
	default:
		at = start + int64(t.uniform(-1, 1)*k.AnywhereDays*k.LagScale*float64(day))
	}
	text := ""
	if t.chance(t.k.Offender.Cover) {
		text = pick(t.die, covers)
	}
	t.pay(from, to, at, money(place, aud, t.chance(t.k.Offender.Round)), text)
}
