package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review"
)

// An outcomeTable is what centres said, counted in one way.
type outcomeTable struct {
	What      string
	Rows      []review.OutcomeCount
	Confirmed bool // the rows tell how many were confirmed, too
}

// An outcomeView is what centres said of what was confirmed, as supervisors see it.
type outcomeView struct {
	Outcomes []outcomeTable // that by centre first
	Missing  []review.Missing
	Answered bool // there is anything to show
	FewBelow int
}

// outcomes counts what centres said since a time. Rows of which nothing was confirmed that a
// centre answered are left out, but for people and reasons.
func (c *console) outcomes(ctx context.Context, who review.Person, since time.Time) (outcomeView, error) {
	all, err := c.Store.Outcomes(ctx, who, since)
	if err != nil {
		return outcomeView{}, err
	}
	v := outcomeView{
		Outcomes: []outcomeTable{{"Centre", all.Centres, false}, {"Reason", all.Reasons, true}, {"Person", all.People, true}},
		Missing:  all.Missing, Answered: len(all.Centres) > 0, FewBelow: review.Few,
	}
	for _, g := range []struct{ name, prefix string }{{"List", "list:"}, {"Typology", "typology:"}, {"Best-fitting innocent explanation", "explanation:"}} {
		table := outcomeTable{What: g.name, Confirmed: true}
		for _, row := range all.Marks {
			if name, ok := strings.CutPrefix(row.Name, g.prefix); ok && row.Answered()+row.Read > 0 {
				row.Name = name
				table.Rows = append(table.Rows, row)
			}
		}
		v.Outcomes = append(v.Outcomes, table)
	}
	v.Outcomes = slices.DeleteFunc(v.Outcomes, func(t outcomeTable) bool { return len(t.Rows) == 0 && t.Confirmed })
	return v, nil
}

// weigh takes what a supervisor thinks of a centre's word that an alert was wrong.
func (c *console) weigh(w http.ResponseWriter, r *http.Request, who review.Person) error {
	upheld := r.PostForm.Get("upheld")
	if upheld != "yes" && upheld != "no" {
		return badInput{fmt.Errorf("say whether the decision was right")}
	}
	if err := c.Store.Weigh(r.Context(), r.PathValue("outcome"), who, upheld == "yes", r.PostForm.Get("remark")); err != nil {
		return err
	}
	http.Redirect(w, r, "/supervise", http.StatusSeeOther)
	return nil
}

var resultWords = map[string]string{
	review.ResultAcknowledged: "Read", review.ResultActionable: "Actionable", review.ResultKnown: "Known before",
	review.ResultInsufficient: "Insufficient", review.ResultWrong: "Wrong",
}
