package signal

import (
	"strconv"
	"time"
)

// quickSignal reads a signal as Encode and most writers of JSON write it. It takes nothing
// that the schema would refuse, and reads the same from what it takes; what it does not
// take (an escape or a letter beyond ASCII in a string, a field twice, a zone, a number of
// unusual form, a fault) is for the schema to read or to refuse. The schema takes some
// twenty times as long.
func quickSignal(data []byte) (s Signal, ok bool) {
	if len(data) > maxQuick {
		return s, false
	}
	q := quick{data: string(data)} // of which the signal's strings are parts
	var have fields
	q.object(func(name string) {
		switch name {
		case "id":
			q.once(&have, 1<<0)
			s.ID = q.hex(32)
		case "revision":
			q.once(&have, 1<<1)
			s.Revision = q.whole(1)
		case "kind":
			q.once(&have, 1<<2)
			s.Kind = Kind(q.oneOf(string(KindSession), string(KindMatch), string(KindFlag), string(KindPayment), string(KindScore)))
		case "subject":
			q.once(&have, 1<<3)
			s.Subject = q.subject()
		case "start":
			q.once(&have, 1<<4)
			s.Start = q.time()
		case "end":
			q.once(&have, 1<<5)
			s.End = q.time()
		case "says":
			q.once(&have, 1<<6)
			s.Says = q.text(0, 1000)
		case "session":
			q.check(s.Session == nil)
			s.Session = q.session()
		case "match":
			q.check(s.Match == nil)
			s.Match = q.match()
		case "flag":
			q.check(s.Flag == nil)
			s.Flag = q.flag()
		case "payment":
			q.check(s.Payment == nil)
			s.Payment = q.payment()
		case "score":
			q.check(s.Score == nil)
			s.Score = q.score()
		case "evidence":
			q.check(s.Evidence == nil)
			s.Evidence = q.evidence()
		default:
			q.bad = true
		}
	})
	q.space()
	return s, !q.bad && q.at == len(q.data) && have == 1<<7-1
}

// maxQuick is more than signals have, but for payments of many pairs.
const maxQuick = 64 << 10

// fields are those of an object that were there, a bit each.
type fields uint32

// once notes a field; one that comes twice is bad.
func (q *quick) once(have *fields, field fields) {
	q.check(*have&field == 0)
	*have |= field
}

func (q *quick) session() *Session {
	var s Session
	var have fields
	q.object(func(name string) {
		switch name {
		case "stream":
			q.once(&have, 1<<0)
			s.Stream = q.ref()
		case "platform":
			q.once(&have, 1<<1)
			s.Platform = q.ref()
		case "private":
			q.once(&have, 1<<2)
			s.Private = q.bool()
		case "ended":
			q.once(&have, 1<<3)
			s.Ended = q.bool()
		case "country":
			q.check(s.Country == "")
			s.Country = q.country()
		case "audience":
			q.check(s.Audience == 0)
			s.Audience = int(q.whole(1))
		case "guests":
			q.check(s.Guests == nil)
			s.Guests = list(q, MaxGuests, (*quick).subject)
		case "host":
			q.check(s.Host == "")
			s.Host = q.subject()
		default:
			q.bad = true
		}
	})
	q.check(have == 1<<4-1)
	return &s
}

func (q *quick) match() *Match {
	var m Match
	var have fields
	q.object(func(name string) {
		switch name {
		case "stream":
			q.once(&have, 1<<0)
			m.Stream = q.ref()
		case "platform":
			q.once(&have, 1<<1)
			m.Platform = q.ref()
		case "hash_kind":
			q.once(&have, 1<<2)
			m.HashKind = q.oneOf("pdq", "phash", "dhash", "ahash")
		case "list":
			q.once(&have, 1<<3)
			m.List = q.ref()
		case "list_version":
			q.once(&have, 1<<4)
			m.ListVersion = q.ref()
		case "entry":
			q.once(&have, 1<<5)
			m.Entry = q.ref()
		case "distance":
			q.once(&have, 1<<6)
			m.Distance = int(q.whole(0))
			q.check(m.Distance <= 256)
		case "radius":
			q.once(&have, 1<<7)
			m.Radius = int(q.whole(0))
			q.check(m.Radius <= 256)
		case "frames_matched":
			q.once(&have, 1<<8)
			m.FramesMatched = q.whole(1)
		case "frames_seen":
			q.once(&have, 1<<9)
			m.FramesSeen = q.whole(1)
		case "category":
			q.check(m.Category == "")
			m.Category = q.text(1, 1000)
		case "pictures":
			q.once(&have, 1<<10)
			m.Pictures = q.whole(0)
		case "view":
			q.check(m.View == "")
			m.View = q.ref()
		default: // a video, or one that is held: they are rare
			q.bad = true
		}
	})
	q.check(have&(1<<10-1) == 1<<10-1)
	return &m
}

func (q *quick) flag() *Flag {
	var f Flag
	q.object(func(name string) {
		switch {
		case name == "stream" && f.Stream == "":
			f.Stream = q.ref()
		case name == "platform" && f.Platform == "":
			f.Platform = q.ref()
		case name == "reason" && f.Reason == "":
			f.Reason = q.ref()
		case name == "source" && f.Source == "":
			f.Source = q.oneOf("user", "trusted", "moderator")
		default:
			q.bad = true
		}
	})
	q.check(f.Platform != "" && f.Reason != "")
	return &f
}

func (q *quick) score() *Score {
	var s Score
	var have fields
	q.object(func(name string) {
		switch {
		case name == "stream" && s.Stream == "":
			s.Stream = q.ref()
		case name == "platform" && s.Platform == "":
			s.Platform = q.ref()
		case name == "classifier" && s.Classifier == "":
			s.Classifier = q.ref()
		case name == "value":
			q.once(&have, 1)
			s.Value = q.share()
		default:
			q.bad = true
		}
	})
	q.check(s.Platform != "" && s.Classifier != "" && have == 1)
	return &s
}

func (q *quick) payment() *Payment {
	var p Payment
	var have fields
	q.object(func(name string) {
		switch name {
		case "typology":
			q.once(&have, 1<<0)
			p.Typology = q.text(3, 3)
			q.check(!q.bad && (p.Typology[0] == 'P' || p.Typology[0] == 'X') && digits(p.Typology[1:]))
		case "rules":
			q.once(&have, 1<<1)
			p.Rules = q.ref()
		case "role":
			q.once(&have, 1<<2)
			p.Role = Role(q.oneOf(string(Sender), string(Recipient)))
		case "transfers":
			q.once(&have, 1<<3)
			p.Transfers = int(q.whole(0))
		case "counterparties":
			q.once(&have, 1<<4)
			p.Counterparties = int(q.whole(0))
		case "unrelated":
			q.once(&have, 1<<5)
			p.Unrelated = int(q.whole(0))
		case "times":
			q.once(&have, 1<<6)
			p.Times = list(q, 64, (*quick).time)
		case "strength":
			q.once(&have, 1<<7)
			p.Strength = q.share()
		case "countries":
			q.check(p.Countries == nil)
			p.Countries = list(q, 64, (*quick).country)
		case "country":
			q.check(p.Country == "")
			p.Country = q.country()
		case "victim":
			q.once(&have, 1<<8)
			p.Victim = q.bool()
		case "pairs":
			q.check(p.Pairs == nil)
			p.Pairs = list(q, MaxPairs, (*quick).pair)
		default:
			q.bad = true
		}
	})
	q.check(have&(1<<8-1) == 1<<8-1)
	return &p
}

func (q *quick) pair() (p Pair) {
	var have fields
	q.object(func(name string) {
		switch name {
		case "other":
			q.once(&have, 1<<0)
			p.Other = q.subject()
		case "transfers":
			q.once(&have, 1<<1)
			p.Transfers = int(q.whole(1))
		case "first":
			q.once(&have, 1<<2)
			p.First = q.time()
		case "times":
			q.once(&have, 1<<3)
			p.Times = list(q, MaxPairTimes, (*quick).time)
		case "related":
			q.once(&have, 1<<4)
			p.Related = q.bool()
		default:
			q.bad = true
		}
	})
	q.check(have&(1<<4-1) == 1<<4-1)
	return p
}

func (q *quick) evidence() []Evidence {
	return list(q, MaxEvidence, func(q *quick) (e Evidence) {
		var have fields
		q.object(func(name string) {
			switch name {
			case "what":
				q.once(&have, 1<<0)
				e.What = q.oneOf("frame", "session", "flag", "score", "transaction")
			case "holder":
				q.once(&have, 1<<1)
				e.Holder = q.ref()
			case "ref":
				q.once(&have, 1<<2)
				e.Ref = q.ref()
			case "at":
				q.once(&have, 1<<3)
				e.At = q.time()
			case "sha256":
				q.check(e.SHA256 == "")
				e.SHA256 = q.hex(64)
			default:
				q.bad = true
			}
		})
		q.check(have == 1<<4-1)
		return e
	})
}

// quick reads JSON of known shape from left to right. What it does not know is bad, and
// stays so.
type quick struct {
	data string
	at   int
	bad  bool
}

func (q *quick) check(ok bool) { q.bad = q.bad || !ok }

func (q *quick) space() {
	for q.at < len(q.data) {
		switch q.data[q.at] {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			return
		}
	}
}

// next reports whether c comes next, behind white space, and passes over it.
func (q *quick) next(c byte) bool {
	q.space()
	if q.bad || q.at >= len(q.data) || q.data[q.at] != c {
		return false
	}
	q.at++
	return true
}

// object calls field with the name of each field, to read its value. An empty one is bad:
// there is none in a signal.
func (q *quick) object(field func(name string)) {
	q.check(q.next('{'))
	for first := true; !q.bad; first = false {
		if !first && !q.next(',') {
			q.check(q.next('}'))
			return
		}
		name := q.string()
		q.check(q.next(':'))
		if !q.bad {
			field(name)
		}
	}
}

// list reads an array of at most so many.
func list[T any](q *quick, most int, one func(*quick) T) []T {
	all := []T{}
	q.check(q.next('['))
	if q.next(']') {
		return all
	}
	for !q.bad && len(all) < most {
		all = append(all, one(q))
		if !q.next(',') {
			q.check(q.next(']'))
			return all
		}
	}
	q.bad = true
	return nil
}

// string reads a string of plain ASCII.
func (q *quick) string() string {
	if !q.next('"') {
		q.bad = true
		return ""
	}
	from := q.at
	for q.at < len(q.data) {
		c := q.data[q.at]
		if c == '"' {
			q.at++
			return q.data[from : q.at-1]
		}
		if c < ' ' || c == '\\' || c > '~' {
			break
		}
		q.at++
	}
	q.bad = true
	return ""
}

func (q *quick) text(least, most int) string {
	s := q.string()
	q.check(least <= len(s) && len(s) <= most)
	return s
}

func (q *quick) ref() string { return q.text(1, 256) }

func (q *quick) hex(n int) string {
	s := q.text(n, n)
	q.check(hexes(s))
	return s
}

func (q *quick) subject() Subject {
	s := q.text(36, 36)
	q.check(!q.bad && s[:4] == "sub_" && hexes(s[4:]))
	return Subject(s)
}

func (q *quick) country() string {
	s := q.text(2, 2)
	q.check(!q.bad && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z')
	return s
}

func (q *quick) oneOf(all ...string) string {
	s := q.string()
	for _, a := range all {
		if s == a {
			return a
		}
	}
	q.bad = true
	return ""
}

func (q *quick) bool() bool {
	q.space()
	for _, v := range []string{"true", "false"} {
		if len(q.data)-q.at >= len(v) && q.data[q.at:q.at+len(v)] == v {
			q.at += len(v)
			q.check(q.ends())
			return v == "true"
		}
	}
	q.bad = true
	return false
}

// ends reports whether what comes next ends a number or a word.
func (q *quick) ends() bool {
	if q.at >= len(q.data) {
		return false
	}
	switch q.data[q.at] {
	case ',', '}', ']', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// whole reads a whole number of up to 15 digits, which is at least so much.
func (q *quick) whole(least uint64) (n uint64) {
	q.space()
	from := q.at
	for q.at < len(q.data) && q.at < from+15 && q.data[q.at] >= '0' && q.data[q.at] <= '9' {
		n = 10*n + uint64(q.data[q.at]-'0')
		q.at++
	}
	// A zero stands alone.
	q.check(q.at > from && q.ends() && n >= least && (q.data[from] != '0' || q.at == from+1))
	return n
}

// share reads a number from 0 to 1, written with a point or without.
func (q *quick) share() float64 {
	q.space()
	from := q.at
	for q.at < len(q.data) && (q.data[q.at] >= '0' && q.data[q.at] <= '9' || q.data[q.at] == '.') {
		q.at++
	}
	number := q.data[from:q.at]
	q.check(q.ends() && len(number) > 0 && len(number) < 24 && number[0] != '.' && number[len(number)-1] != '.' &&
		(number[0] != '0' || len(number) == 1 || number[1] == '.'))
	if q.bad {
		return 0
	}
	f, err := strconv.ParseFloat(number, 64)
	q.check(err == nil && f <= 1)
	return f
}

// time reads a time in UTC as RFC 3339 has it, with up to nine digits of a second.
func (q *quick) time() time.Time {
	s := q.text(len("2006-01-02T15:04:05Z"), len("2006-01-02T15:04:05.999999999Z"))
	if q.bad || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		q.bad = true
		return time.Time{}
	}
	year, month, day := 100*two(s)+two(s[2:]), two(s[5:]), two(s[8:])
	hour, minute, second := two(s[11:]), two(s[14:]), two(s[17:])
	nanos, scale := 0, 100_000_000
	if fraction := s[19 : len(s)-1]; fraction != "" {
		q.check(fraction[0] == '.' && len(fraction) > 1 && digits(fraction[1:]))
		for i := 1; i < len(fraction); i++ {
			nanos += int(fraction[i]-'0') * scale
			scale /= 10
		}
	}
	// Below 0 where a digit is none. Which days a month has is not gone into beyond 28.
	q.check(year >= 1 && two(s) >= 0 && two(s[2:]) >= 0 && 1 <= month && month <= 12 && 1 <= day && day <= 31 &&
		0 <= hour && hour <= 23 && 0 <= minute && minute <= 59 && 0 <= second && second <= 59)
	if q.bad {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	q.check(day <= 28 || t.Day() == day)
	return t
}

// two reads two digits; it is far below 0 where one is none.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -100_000
	}
	return 10*int(a) + int(b)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func hexes(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
