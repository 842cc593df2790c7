package console

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// spans are the times over which numbers are shown, in days.
var daySpans = []int{7, 30, 90}

type supervisePage struct {
	Now       time.Time
	Who       review.Person
	Days      int
	Spans     []int
	Backlog   []review.Backlog
	InHand    []review.Queued
	Agreement []review.Agreement
	Groups    []wrongGroup
	Unseen    []review.Decision
	Looked    []review.Looked
	Blind     review.Blind
	Answers   review.Answers
	Outcomes  outcomeView
	Contested []review.Contested
	From, To  string
	Policy    review.Policy
}

// A wrongGroup is the false positives of lists, or of typologies, or of look-alikes.
type wrongGroup struct {
	Name string
	Rows []review.Wrongness
}

func (c *console) supervise(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if !who.May(review.Supervise) {
		return fmt.Errorf("%w %s", review.ErrDenied, review.Supervise)
	}
	p := supervisePage{Now: c.Now().UTC(), Who: who, Days: 30, Spans: daySpans, Policy: c.Store.Policy()}
	if days, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(daySpans, days) {
		p.Days = days
	}
	ctx, since := r.Context(), p.Now.AddDate(0, 0, -p.Days)
	p.From, p.To = since.Format(time.DateOnly), p.Now.AddDate(0, 0, 1).Format(time.DateOnly)
	var err error
	if p.Backlog, err = c.Store.Backlog(ctx, who); err != nil {
		return err
	}
	if p.InHand, err = c.Store.InHand(ctx, who); err != nil {
		return err
	}
	if p.Agreement, err = c.Store.Agreement(ctx, who, since); err != nil {
		return err
	}
	if p.Unseen, err = c.Store.Unseen(ctx, who); err != nil {
		return err
	}
	if p.Looked, err = c.Store.Looked(ctx, who, since); err != nil {
		return err
	}
	if p.Blind, err = c.Store.Blind(ctx, who, since); err != nil {
		return err
	}
	if p.Outcomes, err = c.outcomes(ctx, who, since); err != nil {
		return err
	}
	if p.Contested, err = c.Store.Contested(ctx, who); err != nil {
		return err
	}
	if p.Answers, err = c.Store.Answers(ctx, who, since); err != nil {
		return err
	}
	wrong, err := c.Store.Wrongness(ctx, who, since)
	if err != nil {
		return err
	}
	for _, g := range []struct{ name, prefix string }{{"List", "list:"}, {"Typology", "typology:"}, {"Best-fitting innocent explanation", "explanation:"}} {
		group := wrongGroup{Name: g.name}
		for _, row := range wrong {
			if name, ok := strings.CutPrefix(row.Mark, g.prefix); ok {
				row.Mark = name
				group.Rows = append(group.Rows, row)
			}
		}
		p.Groups = append(p.Groups, group)
	}
	return c.show(w, r, who, "supervise", "supervise", "Supervise", p)
}

func (c *console) oversee(w http.ResponseWriter, r *http.Request, who review.Person) error {
	upheld := r.PostForm.Get("upheld")
	if upheld != "yes" && upheld != "no" {
		return badInput{fmt.Errorf("say whether the decision was right")}
	}
	if err := c.Store.Oversee(r.Context(), r.PathValue("decision"), who, upheld == "yes", r.PostForm.Get("remark")); err != nil {
		return err
	}
	http.Redirect(w, r, "/supervise", http.StatusSeeOther)
	return nil
}

// export writes the decisions of some days, for transparency reports: of each when, what
// and why, and no case, subject or person.
func (c *console) export(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if !who.May(review.Export) {
		return fmt.Errorf("%w %s", review.ErrDenied, review.Export)
	}
	q := r.URL.Query()
	from, err := time.Parse(time.DateOnly, q.Get("from"))
	to, err2 := time.Parse(time.DateOnly, q.Get("to"))
	if err != nil || err2 != nil || !from.Before(to) {
		return badInput{fmt.Errorf("from and to are days, as in 2026-01-31, and from is the earlier")}
	}
	name := "vigil-decisions-" + from.Format(time.DateOnly) + "-" + to.Format(time.DateOnly)
	switch q.Get("as") {
	case "json":
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.ndjson"`)
		enc := json.NewEncoder(w)
		err = c.Store.Export(r.Context(), who, from, to, func(e review.Exported) error { return enc.Encode(e) })
	case "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		out := csv.NewWriter(w)
		_ = out.Write([]string{"decision", "at", "verdict", "reason", "persons", "danger", "stand_in", "probability", "marks", "on_appeal", "replaced", "outcomes"}) // Flush tells
		err = c.Store.Export(r.Context(), who, from, to, func(e review.Exported) error {
			return out.Write([]string{
				e.ID, e.At.Format(time.RFC3339), string(e.Verdict), e.Reason, strconv.Itoa(e.Persons), strconv.FormatBool(e.Danger),
				strconv.FormatBool(e.StandIn), strconv.FormatFloat(e.Probability, 'f', 4, 64), strings.Join(e.Marks, " "), string(e.OnAppeal), string(e.Replaced), strings.Join(e.Outcomes, " "),
			})
		})
		out.Flush()
	default:
		return badInput{fmt.Errorf("as is csv or json")}
	}
	if err != nil {
		// Half of it may have left: the connection is broken off, so that nobody takes it
		// for all of it.
		c.Fault(err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
