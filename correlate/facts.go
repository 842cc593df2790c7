package correlate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// kind is signal.Kind in the order in which the kinds matter to a reader.
type kind uint8

const (
	kindMatch kind = iota + 1
	kindPayment
	kindFlag
	kindSession
	kindScore
	kindGuest // a session that the subject watched
	kindEnd   // one more than the last
)

func kindOf(s *signal.Signal) kind {
	switch s.Kind {
	case signal.KindMatch:
		return kindMatch
	case signal.KindPayment:
		return kindPayment
	case signal.KindFlag:
		return kindFlag
	case signal.KindSession:
		if s.Session != nil && s.Session.Host != "" {
			return kindGuest
		}
		return kindSession
	case signal.KindScore:
		return kindScore
	}
	return 0
}

// A token is the digits of a subject's token.
type token [16]byte

// tokenOf reads a subject's token; false where it is none.
func tokenOf(s signal.Subject) (t token, ok bool) {
	const prefix = "sub_"
	if len(s) != len(prefix)+2*len(t) || s[:len(prefix)] != prefix {
		return t, false
	}
	_, err := hex.Decode(t[:], []byte(s[len(prefix):]))
	return t, err == nil
}

func (t token) subject() signal.Subject { return signal.Subject("sub_" + hex.EncodeToString(t[:])) }

// An entry is what is kept of a signal to score it; its JSON lies beside it, to be shown.
// Kind and id are its identity.
type entry struct {
	kind     kind
	private  bool   // of a session
	ended    bool   // of a session
	source   source // of a flag
	size     uint16 // encoded, at most largest
	id       [16]byte
	revision uint64
	start    int64 // Unix nanoseconds, as end
	end      int64

	session *sessionFacts // where there is more to say of one
	match   *matchFacts
	payment *paymentFacts
	score   *scoreFacts
}

type sessionFacts struct {
	audience int
	guests   []token // of the subject's own session
	host     token   // of one that the subject watched
}

type matchFacts struct {
	stream       string // platform and stream
	kind         string // of the hash
	list, entry  string
	category     string
	distance     int
	frames, seen uint64
	pictures     uint64
	held         bool
}

type scoreFacts struct {
	stream     string // platform and stream
	classifier string
	thousandth int
}

type paymentFacts struct {
	typology, rules           string
	sender                    bool
	victim                    bool // the sender may be one
	strength                  float64
	counterparties, unrelated int
	times                     []int64
	pairs                     []pairFacts
}

type pairFacts struct {
	other     token
	transfers int
	first     int64
	times     []int64
	related   bool
}

// compare orders entries by identity. Ids are hashes, so that eight bytes nearly always
// tell two of them apart.
func (e *entry) compare(o *entry) int {
	if e.kind != o.kind {
		return cmp.Compare(e.kind, o.kind)
	}
	a, b := binary.BigEndian.Uint64(e.id[:8]), binary.BigEndian.Uint64(o.id[:8])
	if a != b {
		return cmp.Compare(a, b)
	}
	return bytes.Compare(e.id[8:], o.id[8:])
}

func (e *entry) hex() string { return hex.EncodeToString(e.id[:]) }

// The years in which a signal's times may lie, so that arithmetic on them is
// safe and a revision stays below 2^53, where JSON numbers are exact everywhere.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// entryOf makes the entry of a signal, and checks what signal.Decode does not.
func entryOf(s signal.Signal) (e entry, err error) {
	e = entry{kind: kindOf(&s), revision: s.Revision}
	if n, bad := hex.Decode(e.id[:], []byte(s.ID[:min(len(s.ID), 32)])); bad != nil || n != 16 || len(s.ID) != 32 {
		return entry{}, signal.Reject("signal-id", "/id: is not 32 hex digits")
	}
	switch {
	case e.kind == kindMatch && s.Match != nil, e.kind == kindPayment && s.Payment != nil, e.kind == kindFlag && s.Flag != nil,
		e.kind == kindSession && s.Session != nil, e.kind == kindGuest, e.kind == kindScore && s.Score != nil:
	default:
		return entry{}, signal.Reject("signal-kind", "/kind: is unknown or its details are missing")
	}
	if s.Revision == 0 {
		return entry{}, signal.Reject("signal-revision", "/revision: must be at least 1")
	}
	if s.Start.Before(earliest) || !s.End.Before(latest) || s.End.Before(s.Start) {
		return entry{}, signal.Reject("signal-time", "/start and /end: must be in order and between 1970 and 2199")
	}
	e.start, e.end = s.Start.UnixNano(), s.End.UnixNano()
	defer func() { e.measure() }()
	switch e.kind {
	case kindMatch:
		m := s.Match
		e.match = &matchFacts{
			stream: m.Platform + "\x00" + m.Stream, kind: strings.Clone(m.HashKind), list: strings.Clone(m.List),
			entry: strings.Clone(m.Entry), category: strings.Clone(m.Category),
			distance: m.Distance, frames: m.FramesMatched, seen: m.FramesSeen, pictures: m.Pictures, held: m.Held,
		}
	case kindPayment:
		e.payment = paymentOf(s.Payment)
	case kindFlag:
		e.source = sourceOf(s.Flag.Source)
	case kindSession:
		e.private, e.ended = s.Session.Private, s.Session.Ended
		if s.Session.Audience > 0 || len(s.Session.Guests) > 0 {
			e.session = &sessionFacts{audience: s.Session.Audience, guests: tokensOf(s.Session.Guests)}
		}
	case kindGuest:
		host, ok := tokenOf(s.Session.Host)
		if !ok {
			return entry{}, signal.Reject("signal-subject", "/session/host: is no token")
		}
		e.private, e.ended = s.Session.Private, s.Session.Ended
		e.session = &sessionFacts{audience: s.Session.Audience, host: host}
	case kindScore:
		e.score = &scoreFacts{
			stream: s.Score.Platform + "\x00" + s.Score.Stream, classifier: strings.Clone(s.Score.Classifier),
			thousandth: int(s.Score.Value*1000 + 0.5),
		}
	}
	return e, nil
}

func paymentOf(p *signal.Payment) *paymentFacts {
	f := &paymentFacts{
		typology: strings.Clone(p.Typology), rules: strings.Clone(p.Rules), sender: p.Role == signal.Sender,
		victim: p.Role == signal.Sender && (p.Victim || p.Typology == sextortion), strength: min(p.Strength, 1),
		counterparties: max(p.Counterparties, 0), unrelated: max(p.Unrelated, 0), times: instants(p.Times),
	}
	if p.Typology == corridor {
		// It adds a word for a reviewer to another finding. Were its transfers and payers
		// taken from it as well, more would be seen of those along a named corridor.
		f.counterparties, f.unrelated, f.times = 0, 0, nil
		return f
	}
	for _, pair := range p.Pairs {
		other, ok := tokenOf(pair.Other)
		if !ok || pair.First.Before(earliest) || !pair.First.Before(latest) {
			continue
		}
		f.pairs = append(f.pairs, pairFacts{
			other: other, transfers: pair.Transfers, first: pair.First.UnixNano(), times: instants(pair.Times), related: pair.Related,
		})
	}
	return f
}

// instants sorts times and leaves out those that have no UnixNano, and repeats.
func instants(times []time.Time) []int64 {
	var out []int64
	for _, t := range times {
		if !t.Before(earliest) && t.Before(latest) {
			out = append(out, t.UnixNano())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func tokensOf(all []signal.Subject) []token {
	var out []token
	for _, s := range all {
		if t, ok := tokenOf(s); ok {
			out = append(out, t)
		}
	}
	return out
}
