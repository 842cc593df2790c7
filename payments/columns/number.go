package columns

import (
	"strings"
	"unicode"

	"github.com/vigil-stream/vigil/signal"
)

// numbers says how a file writes amounts.
type numbers struct {
	decimal  string // one character
	grouping string // one character, or none; a blank is any kind of blank
}

// plain returns an amount as digits and at most a dot, and whether it is below zero.
func (n numbers) plain(text string) (number string, negative bool, err error) {
	bad := func() (string, bool, error) {
		return "", false, signal.Reject("amount", "is no number as the map says they are written")
	}
	if inside, is := strings.CutPrefix(text, "("); is {
		if text, is = strings.CutSuffix(inside, ")"); !is {
			return bad()
		}
		negative = true
	}
	for _, sign := range []string{"-", "\u2212", "+"} {
		before, is := strings.CutPrefix(text, sign)
		behind, isBehind := strings.CutSuffix(text, sign)
		if !is && !isBehind {
			continue
		}
		if is && isBehind || negative {
			return bad()
		}
		negative = sign != "+"
		if text = before; isBehind {
			text = behind
		}
		break
	}
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), n.decimal)
	if n.grouping != "" {
		groups := strings.FieldsFunc(whole, n.isGrouping)
		// FieldsFunc passes over marks that touch: there must be one between two groups.
		if strings.IndexFunc(whole, n.isGrouping) == 0 || len(groups) != 1+countFunc(whole, n.isGrouping) {
			return bad()
		}
		for i, g := range groups {
			last := i == len(groups)-1
			if i == 0 && len(g) > 3 && !last || i > 0 && (len(g) != 3 && (last || len(g) != 2)) {
				return bad()
			}
		}
		whole = strings.Join(groups, "")
	}
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return bad()
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole, negative, nil
}

func (n numbers) isGrouping(r rune) bool {
	if n.grouping == " " {
		return unicode.IsSpace(r) || r == '\u202f'
	}
	return string(r) == n.grouping
}

func countFunc(s string, f func(rune) bool) (n int) {
	for _, r := range s {
		if f(r) {
			n++
		}
	}
	return n
}
