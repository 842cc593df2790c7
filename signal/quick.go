package signal

import (
	"strings"
	"time"

	"github.com/vigil-stream/vigil/internal/quickjson"
)

// quickSignal reads a signal as Encode and most writers of JSON write it. It takes nothing
// that the schema would refuse, and reads the same from what it takes; what it does not
// take (an escape or a letter beyond ASCII in a string, a field twice, a zone, a number of
// unusual form, a fault) is for the schema to read or to refuse. The schema takes some
// twenty times as long.
func quickSignal(data []byte) (s Signal, ok bool) {
	q := quick{quickjson.New(data, maxQuick)}
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "id":
			q.Once(&have, 1<<0)
			s.ID = q.Hex("", 32)
		case "revision":
			q.Once(&have, 1<<1)
			s.Revision = q.Whole(1, maxWhole)
		case "kind":
			q.Once(&have, 1<<2)
			s.Kind = Kind(q.OneOf(string(KindSession), string(KindMatch), string(KindFlag), string(KindPayment), string(KindScore)))
		case "subject":
			q.Once(&have, 1<<3)
			s.Subject = q.subject()
		case "start":
			q.Once(&have, 1<<4)
			s.Start = q.Time(9)
		case "end":
			q.Once(&have, 1<<5)
			s.End = q.Time(9)
		case "says":
			q.Once(&have, 1<<6)
			s.Says = q.Text(0, 1000)
		case "session":
			q.Check(s.Session == nil)
			s.Session = q.session()
		case "match":
			q.Check(s.Match == nil)
			s.Match = q.match()
		case "flag":
			q.Check(s.Flag == nil)
			s.Flag = q.flag()
		case "payment":
			q.Check(s.Payment == nil)
			s.Payment = q.payment()
		case "score":
			q.Check(s.Score == nil)
			s.Score = q.score()
		case "evidence":
			q.Check(s.Evidence == nil)
			s.Evidence = q.evidence()
		default:
			q.Check(false)
		}
	})
	return s, q.Done() && have == 1<<7-1
}

// maxQuick is more than signals have, but for payments of many pairs.
const maxQuick = 64 << 10

func (q *quick) session() *Session {
	var s Session
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "stream":
			q.Once(&have, 1<<0)
			s.Stream = q.ref()
		case "platform":
			q.Once(&have, 1<<1)
			s.Platform = q.ref()
		case "private":
			q.Once(&have, 1<<2)
			s.Private = q.Bool()
		case "ended":
			q.Once(&have, 1<<3)
			s.Ended = q.Bool()
		case "country":
			q.Check(s.Country == "")
			s.Country = q.Capitals(2)
		case "audience":
			q.Check(s.Audience == 0)
			s.Audience = int(q.Whole(1, maxWhole))
		case "guests":
			q.Check(s.Guests == nil)
			s.Guests = quickjson.List(&q.Reader, MaxGuests, q.subject)
		case "host":
			q.Check(s.Host == "")
			s.Host = q.subject()
		default:
			q.Check(false)
		}
	})
	q.Check(have == 1<<4-1)
	return &s
}

func (q *quick) match() *Match {
	var m Match
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "stream":
			q.Once(&have, 1<<0)
			m.Stream = q.ref()
		case "platform":
			q.Once(&have, 1<<1)
			m.Platform = q.ref()
		case "hash_kind":
			q.Once(&have, 1<<2)
			m.HashKind = q.OneOf("pdq", "phash", "dhash", "ahash")
		case "list":
			q.Once(&have, 1<<3)
			m.List = q.ref()
		case "list_version":
			q.Once(&have, 1<<4)
			m.ListVersion = q.ref()
		case "entry":
			q.Once(&have, 1<<5)
			m.Entry = q.ref()
		case "distance":
			q.Once(&have, 1<<6)
			m.Distance = int(q.Whole(0, maxWhole))
			q.Check(m.Distance <= 256)
		case "radius":
			q.Once(&have, 1<<7)
			m.Radius = int(q.Whole(0, maxWhole))
			q.Check(m.Radius <= 256)
		case "frames_matched":
			q.Once(&have, 1<<8)
			m.FramesMatched = q.Whole(1, maxWhole)
		case "frames_seen":
			q.Once(&have, 1<<9)
			m.FramesSeen = q.Whole(1, maxWhole)
		case "category":
			q.Check(m.Category == "")
			m.Category = q.Text(1, 1000)
		case "pictures":
			q.Once(&have, 1<<10)
			m.Pictures = q.Whole(0, maxWhole)
		case "view":
			q.Check(m.View == "")
			m.View = q.ref()
		default: // a video, or one that is held: they are rare
			q.Check(false)
		}
	})
	q.Check(have&(1<<10-1) == 1<<10-1)
	return &m
}

func (q *quick) flag() *Flag {
	var f Flag
	q.Object(func(name string) {
		switch {
		case name == "stream" && f.Stream == "":
			f.Stream = q.ref()
		case name == "platform" && f.Platform == "":
			f.Platform = q.ref()
		case name == "reason" && f.Reason == "":
			f.Reason = q.ref()
		case name == "source" && f.Source == "":
			f.Source = q.OneOf("user", "trusted", "moderator")
		default:
			q.Check(false)
		}
	})
	q.Check(f.Platform != "" && f.Reason != "")
	return &f
}

func (q *quick) score() *Score {
	var s Score
	var have quickjson.Fields
	q.Object(func(name string) {
		switch {
		case name == "stream" && s.Stream == "":
			s.Stream = q.ref()
		case name == "platform" && s.Platform == "":
			s.Platform = q.ref()
		case name == "classifier" && s.Classifier == "":
			s.Classifier = q.ref()
		case name == "value":
			q.Once(&have, 1)
			s.Value = q.Share()
		default:
			q.Check(false)
		}
	})
	q.Check(s.Platform != "" && s.Classifier != "" && have == 1)
	return &s
}

func (q *quick) payment() *Payment {
	var p Payment
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "typology":
			q.Once(&have, 1<<0)
			p.Typology = q.Text(3, 3)
			q.Check(q.OK() && (p.Typology[0] == 'P' || p.Typology[0] == 'X') && number(p.Typology[1:]))
		case "rules":
			q.Once(&have, 1<<1)
			p.Rules = q.ref()
		case "role":
			q.Once(&have, 1<<2)
			p.Role = Role(q.OneOf(string(Sender), string(Recipient)))
		case "transfers":
			q.Once(&have, 1<<3)
			p.Transfers = int(q.Whole(0, maxWhole))
		case "counterparties":
			q.Once(&have, 1<<4)
			p.Counterparties = int(q.Whole(0, maxWhole))
		case "unrelated":
			q.Once(&have, 1<<5)
			p.Unrelated = int(q.Whole(0, maxWhole))
		case "times":
			q.Once(&have, 1<<6)
			p.Times = quickjson.List(&q.Reader, 64, q.moment)
		case "strength":
			q.Once(&have, 1<<7)
			p.Strength = q.Share()
		case "countries":
			q.Check(p.Countries == nil)
			p.Countries = quickjson.List(&q.Reader, 64, q.country)
		case "country":
			q.Check(p.Country == "")
			p.Country = q.Capitals(2)
		case "victim":
			q.Once(&have, 1<<8)
			p.Victim = q.Bool()
		case "pairs":
			q.Check(p.Pairs == nil)
			p.Pairs = quickjson.List(&q.Reader, MaxPairs, q.pair)
		default:
			q.Check(false)
		}
	})
	q.Check(have&(1<<8-1) == 1<<8-1)
	return &p
}

func (q *quick) pair() (p Pair) {
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "other":
			q.Once(&have, 1<<0)
			p.Other = q.subject()
		case "transfers":
			q.Once(&have, 1<<1)
			p.Transfers = int(q.Whole(1, maxWhole))
		case "first":
			q.Once(&have, 1<<2)
			p.First = q.Time(9)
		case "times":
			q.Once(&have, 1<<3)
			p.Times = quickjson.List(&q.Reader, MaxPairTimes, q.moment)
		case "related":
			q.Once(&have, 1<<4)
			p.Related = q.Bool()
		default:
			q.Check(false)
		}
	})
	q.Check(have&(1<<4-1) == 1<<4-1)
	return p
}

func (q *quick) evidence() []Evidence {
	return quickjson.List(&q.Reader, MaxEvidence, func() (e Evidence) {
		var have quickjson.Fields
		q.Object(func(name string) {
			switch name {
			case "what":
				q.Once(&have, 1<<0)
				e.What = q.OneOf("frame", "session", "flag", "score", "transaction")
			case "holder":
				q.Once(&have, 1<<1)
				e.Holder = q.ref()
			case "ref":
				q.Once(&have, 1<<2)
				e.Ref = q.ref()
			case "at":
				q.Once(&have, 1<<3)
				e.At = q.Time(9)
			case "sha256":
				q.Check(e.SHA256 == "")
				e.SHA256 = q.Hex("", 64)
			default:
				q.Check(false)
			}
		})
		q.Check(have == 1<<4-1)
		return e
	})
}

// quick reads what signals are made of.
type quick struct{ quickjson.Reader }

// maxWhole is the largest number that is read quickly.
const maxWhole = 1e15 - 1

func (q *quick) ref() string { return q.Text(1, 256) }

func (q *quick) subject() Subject { return Subject(q.Hex("sub_", 32)) }

func (q *quick) country() string { return q.Capitals(2) }

func (q *quick) moment() time.Time { return q.Time(9) }

func number(s string) bool { return strings.Trim(s, "0123456789") == "" }
