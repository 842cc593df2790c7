package page

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// A plot is an SVG with two axes.
type plot struct {
	b                      strings.Builder
	w, h                   float64
	left, right, top, base float64
	x, y                   axis
}

// An axis maps values to a place between 0 and 1.
type axis struct {
	lo, hi float64
	log    bool
	ticks  []tick
	label  string
}

type tick struct {
	at   float64
	text string
}

func (a axis) place(v float64) float64 {
	if a.log {
		return (math.Log(math.Max(v, a.lo)) - math.Log(a.lo)) / (math.Log(a.hi) - math.Log(a.lo))
	}
	return (v - a.lo) / (a.hi - a.lo)
}

// shares is an axis of 0 to 1.
func shares(label string) axis {
	a := axis{lo: 0, hi: 1, label: label}
	for i := 0; i <= 5; i++ {
		v := float64(i) / 5
		a.ticks = append(a.ticks, tick{v, fmt.Sprintf("%.1f", v)})
	}
	return a
}

func newPlot(title string, w, h float64, x, y axis) *plot {
	p := &plot{w: w, h: h, left: 56, right: 14, top: 12, base: 44, x: x, y: y}
	p.add(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, w, h, html.EscapeString(title))
	return p
}

func (p *plot) add(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *plot) px(v float64) float64 { return p.left + p.x.place(v)*(p.w-p.left-p.right) }
func (p *plot) py(v float64) float64 { return p.h - p.base - p.y.place(v)*(p.h-p.top-p.base) }

// frame draws the grid, the ticks and the axes' labels.
func (p *plot) frame() {
	for _, t := range p.x.ticks {
		p.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.px(t.at), p.px(t.at), p.top, p.h-p.base)
		p.add(`<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, p.px(t.at), p.h-p.base+16, html.EscapeString(t.text))
	}
	for _, t := range p.y.ticks {
		p.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.left, p.w-p.right, p.py(t.at), p.py(t.at))
		p.add(`<text class="tick" x="%.1f" y="%.1f" text-anchor="end">%s</text>`, p.left-7, p.py(t.at)+4, html.EscapeString(t.text))
	}
	p.add(`<text class="label" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, (p.left+p.w-p.right)/2, p.h-8, html.EscapeString(p.x.label))
	if p.y.label != "" {
		p.add(`<text class="label" transform="translate(15 %.1f) rotate(-90)" text-anchor="middle">%s</text>`, (p.top+p.h-p.base)/2, html.EscapeString(p.y.label))
	}
}

// line joins points; series picks its colour and dashes.
func (p *plot) line(series int, xs, ys []float64, steps bool) {
	if len(xs) == 0 {
		return
	}
	var d strings.Builder
	for i := range xs {
		switch {
		case i == 0:
			fmt.Fprintf(&d, "M%.1f %.1f", p.px(xs[i]), p.py(ys[i]))
		case steps:
			fmt.Fprintf(&d, "H%.1fV%.1f", p.px(xs[i]), p.py(ys[i]))
		default:
			fmt.Fprintf(&d, "L%.1f %.1f", p.px(xs[i]), p.py(ys[i]))
		}
	}
	p.add(`<path class="line s%d" d="%s"/>`, series, d.String())
}

func (p *plot) dot(series int, x, y float64, title string) {
	p.add(`<circle class="dot s%d" cx="%.1f" cy="%.1f" r="4.5"><title>%s</title></circle>`, series, p.px(x), p.py(y), html.EscapeString(title))
}

// bar is an interval, lying along x or standing along y.
func (p *plot) barX(series int, lo, hi, y float64) {
	p.add(`<line class="bar s%d" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, series, p.px(lo), p.px(hi), p.py(y), p.py(y))
}

func (p *plot) barY(series int, x, lo, hi float64) {
	p.add(`<line class="bar s%d" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, series, p.px(x), p.px(x), p.py(lo), p.py(hi))
}

func (p *plot) rule(x float64, text string) {
	p.add(`<line class="rule" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.px(x), p.px(x), p.top, p.h-p.base)
	p.add(`<text class="tick" x="%.1f" y="%.1f">%s</text>`, p.px(x)+4, p.top+10, html.EscapeString(text))
}

// key names the series, one below the other, at a place of the plot, over a ground that
// keeps them legible where curves run below.
func (p *plot) key(x, y float64, names []string) {
	widest := 0
	for _, n := range names {
		widest = max(widest, len([]rune(n)))
	}
	p.add(`<rect class="ground" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4"/>`, x-5, y-17, 42+6.6*float64(widest), 18*float64(len(names))+5)
	for i, n := range names {
		at := y + float64(i)*18
		p.add(`<line class="line s%d" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, i, x, x+24, at-4, at-4)
		p.add(`<text class="tick" x="%.1f" y="%.1f">%s</text>`, x+30, at, html.EscapeString(n))
	}
}

func (p *plot) done() template.HTML {
	p.add(`</svg>`)
	return template.HTML(p.b.String()) //nolint:gosec // all text in it is escaped above
}
