package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/internal/evaluate"
)

//go:embed page.html
var files embed.FS

// Write writes the page of a report.
func Write(w io.Writer, r evaluate.Report) error {
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"found": found, "recalls": func(at evaluate.AtPrevalence) template.HTML { return recalls(at, evaluate.Budgets()) },
		"delays": delays, "reliability": reliability, "ratios": ratios, "scenarios": scenarios,
		"interval": interval, "percent": percent, "number": number, "tenths": func(n float64) string { return fmt.Sprintf("%.1f", n) }, "share": share, "parts": parts, "told": told, "some": some,
		"counts": func(m map[string]int) string { return listed(m, func(n int) string { return number(n) }) },
		"shares": func(m map[string]float64) string { return listed(m, share) },
		"shown":  func(list []evaluate.Share) []evaluate.Share { return list[:min(len(list), 24)] },
		"above":  above, "why": func(g string) string { return why[g][0] }, "needs": func(g string) string { return why[g][1] },
		"budgets": evaluate.Budgets, "at": func(list []evaluate.Measure, i int) evaluate.Measure { return list[i] },
	}).ParseFS(files, "page.html")
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// above are the shares more than 1.5 times that of all.
func above(list []evaluate.Share) []evaluate.Share {
	var out []evaluate.Share
	for _, s := range list {
		if s.Ratio > 1.5 && s.Cases > 0 {
			out = append(out, s)
		}
	}
	return out
}

// some reports whether anybody of the groups is suspected.
func some(list []evaluate.Share) bool {
	return slices.ContainsFunc(list, func(s evaluate.Share) bool { return s.Cases > 0 })
}

func share(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}

func interval(i evaluate.Interval) string {
	if math.IsNaN(i.Value) {
		return "–"
	}
	return fmt.Sprintf("%.2f (%s–%s)", i.Value, share(i.Low), share(i.High))
}

func percent(v float64) string { return fmt.Sprintf("%g %%", math.Round(v*1e6)/1e4) }

func number(v any) string {
	var s string
	switch v := v.(type) {
	case int:
		s = fmt.Sprint(v)
	case float64:
		if v < 100 && v != math.Trunc(v) {
			return fmt.Sprintf("%.2f", v)
		}
		s = fmt.Sprintf("%.0f", v)
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// listed names what a map holds, by name.
func listed[V any](m map[string]V, say func(V) string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, name+" "+say(m[name]))
	}
	return strings.Join(out, ", ")
}

// told says in numbers how the cases of a group come about.
func told(s evaluate.Share) string {
	out := "Here "
	switch s.Named {
	case 0:
		out += "each has a case of its own"
	case s.Cases:
		out += "all are named by somebody's case"
	default:
		out += fmt.Sprintf("%d by a case of their own and %d named by somebody's", s.Cases-s.Named, s.Named)
	}
	out += fmt.Sprintf(", in %d %s; half of them rank no lower than %.0f %% of the guilty who are found.", s.Circles, map[bool]string{true: "circle", false: "circles"}[s.Circles == 1], 100*s.AsGuilty)
	if len(s.Parts) > 0 {
		out += " On average there is: " + parts(s.Parts) + "."
	}
	return out
}

func parts(list []evaluate.PartMean) string {
	var out []string
	for _, p := range list[:min(len(list), 6)] {
		out = append(out, fmt.Sprintf("%s %.2f", p.Name, p.Weight))
	}
	return strings.Join(out, ", ")
}
