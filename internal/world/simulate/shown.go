package simulate

// A Lack is why nothing is told by which somebody in a network could be told from others.
type Lack string

// The lacks.
const (
	NoStream Lack = "no-stream" // no platform tells of a private stream of theirs: there are payments alone
	Unlinked Lack = "unlinked"  // streams are told; no payment names the account that streams, and nothing else lies beside them
	Outside  Lack = "outside"   // streams and payments are told of one account; no payment lies shortly before a stream or in it
	NoTie    Lack = "no-tie"    // who streams could be told; that this one paid or watched is not
)

// paidWithin is how long before a stream a payment may come and be taken for one for it.
const paidWithin = 6 * hour

// A trace is what is told of somebody in a network by which they could be found.
type trace struct {
	shown bool
	lack  Lack // of those who are not shown
	// streams are commissioned streams with something beside them, hosted or watched.
	streams int
}

// traces tell of whom in a network anything is told that sets them apart. Of whoever
// streams that is a commissioned stream with something beside it: a classifier's score, a
// listed picture, a flag, or a payment from the network into the account that the platform
// knows, shortly before. Of whoever pays it is being told as a guest of somebody so shown,
// or paying somebody so shown into the account that the platform knows. Others who are paid
// need three payments from abroad. It is generous: all of that happens to the innocent too.
func (p *Part) traces() []trace {
	out := make([]trace, len(p.People))
	paid := make(map[int32][]int64) // times of payments from the network, by who is paid
	for _, x := range p.t.pays {
		if p.within(x.from, x.to) {
			paid[x.to] = append(paid[x.to], x.at)
		}
	}
	beside := p.beside(paid)
	for i := range out {
		out[i].lack = NoStream
	}
	for i, x := range p.t.meets {
		if !p.commissioned(x) {
			continue
		}
		host := &out[x.host]
		switch {
		case beside[i]:
			host.shown = true
			host.streams++
		case len(paid[x.host]) > 0 && p.People[x.host].linked:
			host.lack = Outside
		default:
			host.lack = Unlinked
		}
	}
	p.tie(out, beside)
	for who, times := range paid {
		out[who].shown = out[who].shown || len(times) >= 3
	}
	return out
}

// beside tells of each private stream whether anything lies beside it.
func (p *Part) beside(paid map[int32][]int64) []bool {
	out := make([]bool, len(p.t.meets))
	for _, x := range p.t.scores {
		out[x.meeting] = true
	}
	for _, x := range p.t.frames {
		out[x.meeting] = true
	}
	for _, x := range p.t.flags {
		out[x.meeting] = true
	}
	for i, x := range p.t.meets {
		for _, at := range paid[x.host] {
			out[i] = out[i] || p.People[x.host].linked && at >= x.at-paidWithin && at <= x.end
		}
	}
	return out
}

// tie tells of those who watch and pay, beside hosts who are shown or not.
func (p *Part) tie(out []trace, beside []bool) {
	for i, x := range p.t.meets {
		if !p.commissioned(x) {
			continue
		}
		for _, g := range x.guests {
			if !p.within(g, x.host) {
				continue
			}
			guest, host := &out[g], &out[x.host]
			if beside[i] {
				guest.streams++
			}
			switch {
			case host.shown && tells(p.People[x.host].platform, p.t.k.Identity.TellsGuests):
				guest.shown = true
			case host.shown:
				guest.lack = NoTie
			case guest.lack != NoTie:
				guest.lack = host.lack
			}
		}
	}
	for _, x := range p.t.pays {
		if p.within(x.from, x.to) && out[x.to].shown && p.People[x.to].linked {
			out[x.from].shown = true
		}
	}
}

// within reports whether two people are of one network.
func (p *Part) within(a, b int32) bool {
	return p.People[a].Network != 0 && p.People[a].Network == p.People[b].Network
}

// commissioned reports whether a session is a private one that somebody of the host's network
// watched.
func (p *Part) commissioned(x session) bool {
	return x.private && len(x.guests) > 0 && p.within(x.host, x.guests[0])
}
