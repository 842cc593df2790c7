package console

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// words are what templates say things with.
var words = template.FuncMap{
	"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"day":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"moment":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") },
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"short":   page.Short,
	"percent": signal.Percent,
	"kappa": func(b review.Blind) string {
		if k, ok := b.Kappa(); ok {
			return fmt.Sprintf("Cohen's kappa %.2f", k)
		}
		return "Cohen's kappa not defined for so few"
	},
	"share": func(part, of int) string {
		if of == 0 {
			return "–"
		}
		return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(of))
	},
	"signed":     func(w float64) string { return strings.Replace(fmt.Sprintf("%+.2f", w), "-", "−", 1) },
	"ago":        func(now, t time.Time) string { return span(now.Sub(t)) },
	"span":       span,
	"minutes":    func(d time.Duration) int { return int(d.Minutes()) },
	"danger":     dangerWord,
	"place":      placeWord,
	"reason":     reasonWord,
	"mark":       markWord,
	"actionword": func(k action.Kind) string { return actionWords[k] },
	"outcome":    func(o review.AppealOutcome) string { return outcomeWords[o] },
	"resultword": func(r string) string { return resultWords[r] },
	"outcomename": func(name string) string {
		if w, ok := reasonWords[name]; ok {
			return w
		}
		return name
	},
	"filingword": func(s review.FilingState) string { return filingWords[s] },
	"filingpath": filingPath,
	"filingmeans": func(d review.ShownFiling) string {
		if d.ByQueue && d.State == review.FilingFiled {
			return "It lies in the centre's queue."
		}
		return filingMeans[d.State]
	},
	"viewword": func(v review.FilingView) string { return viewWords[v] },
	"step":     func(s string) string { return stepWords[s] },
	"may":      func(p review.Person, a string) bool { return p.May(review.Action(a)) },
	"f1":       func(x float64) string { return fmt.Sprintf("%.1f", x) },
	"meter":    func(p float64) string { return fmt.Sprintf("%.1f", 100*math.Max(0, math.Min(1, p))) },
	"late":     func(now, due time.Time) bool { return !now.Before(due) },
	"wait": func(now, since, due time.Time) float64 {
		return now.Sub(since).Seconds() / math.Max(1, due.Sub(since).Seconds())
	},
	"rate": func(part, of int) float64 { return float64(part) / math.Max(1, float64(of)) },
	"roles": func(p review.Person) string {
		var list []string
		for _, r := range p.Roles {
			list = append(list, string(r))
		}
		return strings.Join(list, ", ")
	},
	"many": func(n int) string {
		if n >= review.MaxOverdue {
			return fmt.Sprintf("%d+", n)
		}
		return strconv.Itoa(n)
	},
	"title": func(s string) string { return sentence(s)[:len(s)] },
}

// span is a length of time in its one or two largest units.
func span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		if m := int(d.Minutes()) % 60; m > 0 && d < 10*time.Hour {
			return fmt.Sprintf("%d h %d min", int(d.Hours()), m)
		}
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		if h := int(d.Hours()) % 24; h > 0 && d < 10*24*time.Hour {
			return fmt.Sprintf("%d d %d h", int(d.Hours())/24, h)
		}
		return fmt.Sprintf("%d d", int(d.Hours())/24)
	}
}

func dangerWord(d review.Danger) string {
	return map[review.Danger]string{
		review.DangerBoth: "Live, listed", review.DangerLive: "Live", review.DangerList: "Listed", review.DangerNone: "Past",
	}[d]
}

func placeWord(p review.Place) string {
	return map[review.Place]string{
		review.PlaceOpen: "Open", review.PlaceSecond: "Second person", review.PlaceSplit: "Differing", review.PlaceHelp: "Possible victim", review.PlaceClosed: "Closed",
	}[p]
}

var reasonWords = map[string]string{
	"known-material": "Known material", "live-abuse-suspected": "Live abuse suspected", "paid-abuse-suspected": "Paid abuse suspected",
	"several-signs": "Several signs together",
	"false-match":   "False match", "lawful-explanation": "Lawful explanation", "not-enough-evidence": "Not enough evidence",
	"compare-with-entry": "To compare it with the list's entry", "tell-age": "To tell an age", "tell-what-happens": "To tell what happens",
	"second-opinion": "To decide as the second person", "find-victim": "To help find a victim",
	"looked-again": "Looked at again: it holds", "objection-is-about-something-else": "The objection is about something else",
	"duplicate": "Duplicate", "test-data": "Test data",
}

func reasonWord(r string) string {
	if w, ok := reasonWords[r]; ok {
		return w
	}
	return r
}

var stepWords = map[string]string{
	"alone": "alone", "first": "as the first person", "second": "as the second person", "settles": "to settle it", "break-glass": "alone, in danger",
}

// markWord is what a mark is called where people read it.
func markWord(m string) string {
	kind, name, _ := strings.Cut(m, ":")
	switch kind {
	case "kind":
		return map[string]string{"match": "match", "session": "stream", "flag": "flag", "payment": "payments", "score": "classifier"}[name]
	case "explanation":
		return "like: " + name
	default:
		return name
	}
}
