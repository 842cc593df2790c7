package columns

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// tokens are what a layout is made of, the longer ones first, and what package time
// calls them. H is read with one digit or two, as package time does.
var tokens = []struct{ ours, theirs string }{
	{"yyyy", "2006"}, {"yy", "06"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"},
	{"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"SSS", "000"}, {"a", "PM"}, {"XXX", "Z07:00"},
}

// A layout reads times written one way.
type layout struct {
	theirs  string
	unix    bool
	hasZone bool
	hasDate bool
	hasHour bool
}

const (
	layoutISO  = "iso8601"
	layoutUnix = "unix"
)

// newLayout reads what a map says of a layout.
func newLayout(ours string) (layout, error) {
	switch ours {
	case "":
		return layout{}, errors.New("is empty")
	case layoutISO:
		return layout{theirs: time.RFC3339, hasZone: true, hasDate: true, hasHour: true}, nil
	case layoutUnix:
		return layout{unix: true, hasZone: true, hasDate: true, hasHour: true}, nil
	}
	l := layout{}
	seen := map[string]bool{}
	for rest := ours; rest != ""; {
		if quoted, is := strings.CutPrefix(rest, "'"); is {
			inside, after, closed := strings.Cut(quoted, "'")
			if !closed {
				return l, errors.New("has a quote that is not closed")
			}
			// What package time would take for a part of its own.
			if strings.ContainsAny(inside, "0123456789_Z") || strings.Contains(inside, "Mon") || strings.Contains(inside, "Jan") ||
				strings.Contains(inside, "MST") || strings.Contains(strings.ToUpper(inside), "PM") {
				return l, errors.New("has within quotes what it cannot have there")
			}
			l.theirs += inside
			rest = after
			continue
		}
		token, known := "", false
		for _, t := range tokens {
			if strings.HasPrefix(rest, t.ours) {
				token, known = t.ours, true
				l.theirs += t.theirs
				break
			}
		}
		if known {
			if seen[strings.ToLower(token[:1])+token[:1]] {
				return l, fmt.Errorf("has %s twice", token)
			}
			seen[strings.ToLower(token[:1])+token[:1]] = true
			rest = rest[len(token):]
			continue
		}
		c := rest[0]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 {
			return l, fmt.Errorf("has %q, which is none of yyyy yy MM M MMM dd d HH H hh h mm ss SSS a XXX, and not within quotes", c)
		}
		l.theirs += string(c)
		rest = rest[1:]
	}
	sample := time.Date(2006, 11, 22, 13, 14, 15, 0, time.UTC).Format(l.theirs)
	if _, err := time.Parse(l.theirs, sample); err != nil {
		return l, errors.New("cannot be read: parts of it touch, or SSS is not behind a dot or comma")
	}
	l.hasZone = seen["xX"]
	l.hasDate = seen["yy"] && seen["mM"] && seen["dd"]
	l.hasHour = (seen["hH"] || seen["hh"] && seen["aa"]) && seen["mm"]
	return l, nil
}

// read reads a time; in is its zone where the text has none.
func (l layout) read(text string, in *time.Location) (time.Time, error) {
	if l.unix {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || n > 1<<33 {
			return time.Time{}, signal.Reject("time", "is no number of seconds since 1970")
		}
		return time.Unix(n, 0).UTC(), nil
	}
	at, err := time.Parse(l.theirs, text)
	if err != nil {
		return time.Time{}, signal.Reject("time", "is not written as the map's layout says")
	}
	if l.hasZone {
		return at.UTC(), nil
	}
	return place(at, in)
}

// place is the moment at which the clocks of a zone showed a date and time: the first
// of two when they were set back. Package time does not say which of two it takes.
func place(shown time.Time, in *time.Location) (time.Time, error) {
	for _, around := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := shown.Add(around).In(in).Zone()
		at := shown.Add(-time.Duration(offset) * time.Second)
		if _, now := at.In(in).Zone(); now == offset {
			return at, nil
		}
	}
	return time.Time{}, signal.Reject("time", "is a time that the zone had not, when its clocks were set forward")
}
