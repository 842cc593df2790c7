package rule

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Values are written for people: amounts in major units, durations in days.

const second = int64(time.Second)

// maxWindow is what a profile keeps.
const maxWindow = 90 * 24 * time.Hour

// text reads a scalar of at most so many characters.
func (f *faults) text(to *string, most int) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, ok := plain(n)
		switch {
		case !ok:
			f.at(n, key, "%swant a text", wrongKind(n))
		case strings.TrimSpace(s) == "":
			f.at(n, key, "is empty")
		case len([]rune(s)) > most:
			f.at(n, key, "has %d characters, and the limit is %d", len([]rune(s)), most)
		case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
			f.at(n, key, "has a character that does not print")
		default:
			*to = s
		}
	}
}

// whole reads a whole number of a range.
func (f *faults) whole(to *int64, least, most int64) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, ok := plain(n)
		v, err := strconv.ParseInt(s, 10, 64)
		if !ok || err != nil || v < least || v > most {
			if least == most {
				f.at(n, key, "%swant %d", wrongKind(n), least)
				return
			}
			f.at(n, key, "%swant a whole number from %d to %d", wrongKind(n), least, most)
			return
		}
		*to = v
	}
}

// yesNo reads yes or no, and true and false, which YAML calls the same.
func (f *faults) yesNo(to *bool) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, _ := plain(n)
		switch strings.ToLower(s) {
		case "yes", "true":
			*to = true
		case "no", "false":
			*to = false
		default:
			f.at(n, key, "want yes or no")
		}
	}
}

// list reads one word or a sequence of them.
func (f *faults) list(key string, n ast.Node, each func(key string, n ast.Node, word string)) {
	nodes, many := items(n)
	if !many {
		nodes = []ast.Node{n}
	} else if len(nodes) == 0 {
		f.at(n, key, "is an empty list")
	}
	for i, item := range nodes {
		at := key
		if many {
			at = fmt.Sprintf("%s[%d]", key, i)
		}
		word, ok := plain(item)
		if !ok {
			f.at(item, at, "%swant a word", wrongKind(item))
			continue
		}
		each(at, item, word)
	}
}

// words reads one or several of the known words.
func (f *faults) words(to *[]string, known []string) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		f.list(key, n, func(at string, n ast.Node, word string) {
			switch {
			case !slices.Contains(known, word):
				hint := "want " + strings.Join(known, ", ")
				if near := nearest(word, known); near != "" {
					hint = "did you mean " + near + "?"
				}
				f.at(n, at, "there is no such word; %s", hint)
			case slices.Contains(*to, word):
				f.at(n, at, "is given twice")
			default:
				*to = append(*to, word)
			}
		})
		slices.Sort(*to)
	}
}

// coded reads one or several words that check accepts.
func (f *faults) coded(to *[]string, check func(string) bool, want string) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		f.list(key, n, func(at string, n ast.Node, word string) {
			switch {
			case !check(word):
				f.at(n, at, "want %s", want)
			case slices.Contains(*to, word):
				f.at(n, at, "is given twice")
			case len(*to) >= maxTests:
				f.at(n, at, "more than %d", maxTests)
			default:
				*to = append(*to, word)
			}
		})
		slices.Sort(*to)
	}
}

// span reads MIN..MAX, either of which may be left out, both included; one value
// alone is that value.
func (f *faults) span(n ast.Node, key, want string, one func(string) (int64, bool)) (Range, bool) {
	s, ok := plain(n)
	if !ok {
		f.at(n, key, "%swant %s", wrongKind(n), want)
		return Range{}, false
	}
	r := Range{math.MinInt64, math.MaxInt64}
	low, high, isRange := strings.Cut(strings.ReplaceAll(s, " ", ""), "..")
	if !isRange {
		high = low
	}
	for _, end := range []struct {
		text string
		to   *int64
	}{{low, &r.Min}, {high, &r.Max}} {
		if end.text == "" && isRange {
			continue
		}
		if *end.to, ok = one(end.text); !ok {
			f.at(n, key, "want %s", want)
			return Range{}, false
		}
	}
	switch {
	case low == "" && high == "":
		f.at(n, key, "want %s", want)
		return Range{}, false
	case r.Min > r.Max:
		f.at(n, key, "begins above its end")
		return Range{}, false
	case r.all():
		f.at(n, key, "holds for every transfer, so it says nothing")
		return Range{}, false
	}
	return r, true
}

var durationForm = regexp.MustCompile(`^([0-9]{1,5})(d|h|m)$`)

// seconds reads a duration as in 30d, 12h or 45m.
func seconds(s string) (int64, bool) {
	m := durationForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, false
	}
	switch m[2] {
	case "d":
		n *= 24 * 60 * 60
	case "h":
		n *= 60 * 60
	default:
		n *= 60
	}
	return n, true
}

const durationWant = "a duration of days, hours or minutes, as in 30d, 12h or 45m"

// window reads the width of a window.
func (f *faults) window(to *int64) func(string, ast.Node) {
	return func(key string, n ast.Node) {
		s, _ := plain(n)
		v, ok := seconds(s)
		if !ok || v == 0 {
			f.at(n, key, "want %s", durationWant)
			return
		}
		if v > int64(maxWindow)/second {
			f.at(n, key, "is longer than the 90 days that a profile keeps")
			return
		}
		*to = v
	}
}

func saySeconds(s int64) string {
	switch {
	case s%86400 == 0 && s != 86400:
		return fmt.Sprintf("%d days", s/86400)
	case s == 86400:
		return "1 day"
	case s >= 2*86400:
		return fmt.Sprintf("%.1f days", float64(s)/86400)
	case s == 3600:
		return "1 hour"
	case s%3600 == 0:
		return fmt.Sprintf("%d hours", s/3600)
	case s >= 2*3600:
		return fmt.Sprintf("%.1f hours", float64(s)/3600)
	case s < 60:
		return fmt.Sprintf("%d seconds", s)
	default:
		return fmt.Sprintf("%d minutes", s/60)
	}
}
