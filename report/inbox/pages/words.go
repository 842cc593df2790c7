package pages

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/signal"
)

var (
	referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
	kindForm      = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
)

// words are what templates say things with.
func (d *desk) words() template.FuncMap {
	zone := d.Zone
	if zone == nil {
		zone = time.UTC
	}
	return template.FuncMap{
		"utc":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") },
		"moment":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") },
		"local":   func(t time.Time) string { return t.In(zone).Format("2 Jan 15:04:05 -07:00") },
		"zone":    zone.String,
		"micros":  func(us int64) time.Time { return time.UnixMicro(us).UTC() },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ago":     func(t time.Time) string { return span(d.Now().Sub(t)) + " ago" },
		"short":   page.Short,
		"percent": signal.Percent,
		"whole":   func(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) },
		"signed":  func(w float64) string { return strings.Replace(fmt.Sprintf("%+.2f", w), "-", "−", 1) },
		"points":  func(w float64) string { return strings.Replace(fmt.Sprintf("%+.0f", w), "-", "−", 1) },
		"sum":     func(w float64) string { return strings.Replace(fmt.Sprintf("%.0f", w), "-", "−", 1) },
		"f1":      func(x float64) string { return fmt.Sprintf("%.1f", x) },
		"meter":   func(p float64) string { return fmt.Sprintf("%.1f", 100*math.Max(0, math.Min(1, p))) },
		"result":  resultWord,
		"means":   func(r report.Result) string { return resultMeans[r] },
		"check":   checkWord,
		"outcome": func(s string) string {
			return map[string]string{report.Retracted: "taken back", report.Corrected: "corrected"}[s]
		},
		"kind":   func(k blind.Kind) string { return kindWords[k] },
		"upper":  strings.ToUpper,
		"size":   size,
		"by":     namedOf,
		"strong": func(points float64) bool { return points >= 20 },
	}
}

func size(n int) string {
	if n < 10_000 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

// span is a length of time in its largest units.
func span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}

func resultWord(r report.Result) string {
	switch r {
	case "":
		return "new"
	case report.Acknowledged:
		return "acknowledged"
	}
	return string(r)
}

var resultMeans = map[report.Result]string{
	report.Acknowledged: "it was read; another word follows", report.Actionable: "work was begun on it", report.Known: "we knew it already",
	report.Insufficient: "it says too little to begin with", report.Wrong: "it is not so, or not of that kind",
}

var checkWords = map[string]string{
	report.CheckEvidence: "a record that bears it out", report.CheckIdentifiers: "an identifier that leads to an account", report.CheckTimes: "times, with their zone",
	report.CheckShown: "what was seen, in words", report.CheckUrgency: "why it is urgent", report.CheckViewed: "who looked at what and when",
	report.CheckOriginals: "digests of the originals", report.CheckWhole: "all of the records", report.CheckPerson: "a person who confirmed it",
}

func checkWord(name string) string { return checkWords[name] }

var kindWords = map[blind.Kind]string{
	blind.Account: "account", blind.Stream: "stream", blind.Payment: "payment", blind.IP: "IP address", blind.Email: "email address", blind.Evidence: "original file",
}
