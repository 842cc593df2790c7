package app

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// shadowLine is one line of the metrics of shadow rules.
var shadowLine = regexp.MustCompile(`^vigil_payment_rules_shadow_(looks_total|subjects)\{outcome="([a-z_]+)",rule="([A-Z0-9]+)"\} ([0-9.e+]+)$`)

// ShadowReport asks a running process what its shadow rules found beside the live ones.
func ShadowReport(ctx context.Context, c Config, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Listen+"/metrics", nil)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("is vigil run up, with this listen? %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("metrics: status %d", resp.StatusCode)
	}
	return sayShadow(io.LimitReader(resp.Body, 64<<20), out)
}

func sayShadow(metrics io.Reader, out io.Writer) error {
	type found struct{ looks, subjects map[string]int64 }
	rules := make(map[string]found)
	lines := bufio.NewScanner(metrics)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := shadowLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		n, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			continue
		}
		r, known := rules[m[3]]
		if !known {
			r = found{make(map[string]int64), make(map[string]int64)}
			rules[m[3]] = r
		}
		if m[1] == "subjects" {
			r.subjects[m[2]] = int64(n)
		} else {
			r.looks[m[2]] = int64(n)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if len(rules) == 0 {
		_, err := fmt.Fprintln(out, "no shadow rule, and no live rule of the same id, has fired in this process")
		return err
	}
	p := &printer{out: out}
	p.table(func(row func(cells ...any)) {
		row("rule", "shadow alone", "live alone", "both", "subjects: shadow alone", "live alone", "both")
		for _, id := range slices.SortedFunc(maps.Keys(rules), cmp.Compare[string]) {
			r := rules[id]
			row(id, plus(int(r.looks[outcomeShadow])), minus(int(r.looks[outcomeLive])), r.looks[outcomeBoth],
				plus(int(r.subjects[outcomeShadow])), minus(int(r.subjects[outcomeLive])), r.subjects[outcomeBoth])
		}
	})
	return p.err
}
