package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/evaluate"
	"github.com/vigil-stream/vigil/internal/world/simulate"
)

func aReport(t *testing.T) evaluate.Report {
	t.Helper()
	var people []evaluate.Person
	for i := range 4000 {
		p := evaluate.Person{Group: "tutor", Corridor: "AU-PH", Circle: int32(i), FirstPayment: 1, FirstSession: math.NaN(), Weight: 1}
		if p.Guilty = i%20 == 0; p.Guilty {
			p.Group, p.Network = "streamer", int32(i+1)
		}
		for v := range p.Best {
			p.Best[v] = float64((i*37)%100)/10 - 5 + float64(i)*1e-5
		}
		p.Last, p.Days = p.Best[0], []evaluate.Moment{{Day: i % 30, Score: p.Best[0]}}
		if i%2 == 0 && !p.Guilty {
			p.Group = "ordinary"
			p.Best = [evaluate.Variants]float64{-9, -9, -9, -9}
		}
		if i%80 == 1 {
			u := evaluate.Unseen()
			p.Ties, p.Apart = []int32{1}, &u
			p.Best[evaluate.All] = 4.95
		}
		p.Parts = map[string]float64{"<script>": 1}
		people = append(people, p)
	}
	th := evaluate.FitThresholds(people, "w")
	r, err := evaluate.Measured(people, 30, th, 20)
	if err != nil {
		t.Fatal(err)
	}
	s, err := evaluate.Played("as it is", "nothing & all", people, th, 20)
	if err != nil {
		t.Fatal(err)
	}
	r.Robustness = []evaluate.Scenario{s}
	r.Command = "vigil evaluate --world <dir>"
	r.Judge()
	return r
}

// TestThePageNeedsNothingElse: no script, and nothing that is loaded from anywhere.
func TestThePageNeedsNothingElse(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, aReport(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if found := regexp.MustCompile(`(?i)<script|https?://|<link|<img|@import|url\(|NaN|\+Inf`).FindString(page); found != "" {
		at := strings.Index(page, found)
		t.Errorf("the page has %q: %s", found, page[max(0, at-80):min(len(page), at+40)])
	}
	for _, want := range []string{"missed", "vigil evaluate --world &lt;dir&gt;", "prefers-color-scheme: dark", "its reviews", "a neighbour, a landlord"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	svgs := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
	if len(svgs) < 10 {
		t.Fatalf("%d plots", len(svgs))
	}
	for _, svg := range svgs {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("a plot is no XML: %v", err)
			}
		}
	}
}

// TestEveryTenthIsShown: also those that tell too little to be held to anything, with what
// was told of how many people in how many circles, and which are off beyond doubt.
func TestEveryTenthIsShown(t *testing.T) {
	r := aReport(t)
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`<tr><td>0\.[0-9]0–[01]\.[0-9]0</td>.*`).FindAllString(b.String(), -1)
	at, off := 0, 0
	for _, c := range r.Calibration {
		for _, bin := range c.Of.Bins {
			if at >= len(rows) {
				t.Fatalf("%d rows of tenths", len(rows))
			}
			want := "nobody"
			if bin.People > 0 {
				want = ">" + number(bin.People) + "</td><td class=\"n\">" + number(bin.Circles) + "<"
			}
			if !strings.Contains(rows[at], want) || strings.Contains(rows[at], "more than 0.1 off") != bin.Off {
				t.Errorf("%+v is told as %s", bin, rows[at])
			}
			if bin.Off {
				off++
			}
			at++
		}
	}
	if at != len(rows) || off == 0 {
		t.Errorf("%d tenths in %d rows, %d of them off", at, len(rows), off)
	}
}

// TestEveryInnocentGroupIsExplained: the page must be able to say of each why it cannot be
// told apart.
func TestEveryInnocentGroupIsExplained(t *testing.T) {
	k := simulate.DefaultKnobs()
	k.Sextortion.Share, k.Romance.Share = 0.001, 0.001
	w, err := simulate.New(simulate.Options{Seed: 1, People: 20_000, Days: 7, Knobs: k})
	if err != nil {
		t.Fatal(err)
	}
	_, labels, err := w.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	groups := make(map[simulate.Group]bool)
	for _, p := range labels.People {
		if !p.Group.Guilty() {
			groups[p.Group] = true
		}
	}
	if len(groups) < 18 {
		t.Errorf("%d groups", len(groups))
	}
	for g := range groups {
		if w := why[string(g)]; w[0] == "" || w[1] == "" {
			t.Errorf("%s is not explained", g)
		}
	}
}
