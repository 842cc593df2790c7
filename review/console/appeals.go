package console

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/bars"
)

// An appealsPage lists appeals, those that wait first.
type appealsPage struct {
	Now     time.Time
	Waiting []review.Appeal
	Past    []review.Appeal
}

func (c *console) appeals(w http.ResponseWriter, r *http.Request, who review.Person) error {
	list, err := c.Store.Appeals(r.Context(), who, 0)
	if err != nil {
		return err
	}
	p := appealsPage{Now: c.Now().UTC()}
	for _, a := range list {
		if a.Outcome == "" {
			p.Waiting = append(p.Waiting, a)
		} else {
			p.Past = append(p.Past, a)
		}
	}
	return c.show(w, r, who, "appeals", "appeals", "Appeals", p)
}

// An appealPage is what a person has before them who answers an appeal.
type appealPage struct {
	review.File
	Appeal    review.Appeal
	Now       time.Time
	Bars      []bars.Bar
	Judge     bool // they had a word in it, and so no say here
	CanAnswer bool
	Hold      bool // there is no decision to correct
	Upheld    []string
	Reversed  []string
	Corrected []string
	Choices   []action.Kind
}

func (c *console) appeal(w http.ResponseWriter, r *http.Request, who review.Person) error {
	a, err := c.Store.Appeal(r.Context(), r.PathValue("id"), who)
	if err != nil {
		return err
	}
	f, err := c.Store.File(r.Context(), a.CaseID, who)
	if err != nil {
		return err
	}
	p := appealPage{
		File: f, Appeal: a, Now: c.Now().UTC(), Bars: bars.Of(f.Case.Parts), Hold: a.Action.Action.AtOnce(), Choices: action.Choices(),
		Upheld: review.AnswerReasons(review.Upheld), Reversed: review.AnswerReasons(review.Reversed), Corrected: review.AnswerReasons(review.Corrected),
	}
	if p.Judge, err = c.Store.Judged(r.Context(), a.CaseID, who); err != nil {
		return err
	}
	p.CanAnswer = a.Outcome == "" && !p.Judge && who.May(review.Answer)
	return c.show(w, r, who, "appeal", "appeals", "Appeal "+page.Short(a.ID), p)
}

// answer takes a reason, which says the outcome too.
func (c *console) answer(w http.ResponseWriter, r *http.Request, who review.Person) error {
	outcome, reason, ok := strings.Cut(r.PostForm.Get("answer"), "/")
	if !ok {
		return badInput{fmt.Errorf("choose an answer; it says whether the decision stands")}
	}
	req := review.AnswerRequest{
		AppealID: r.PathValue("id"), Digest: r.PostForm.Get("digest"), Outcome: review.AppealOutcome(outcome), Reason: reason,
		Note: r.PostForm.Get("note"), By: who,
	}
	if req.Outcome == review.Corrected {
		req.Action = action.Kind(r.PostForm.Get("action"))
	}
	if _, err := c.Store.AnswerAppeal(r.Context(), req); err != nil {
		return err
	}
	http.Redirect(w, r, "/appeal/"+r.PathValue("id"), http.StatusSeeOther)
	return nil
}

var actionWords = map[action.Kind]string{
	action.None: "nothing", action.Preserve: "preserve the streams", action.Warn: "warn the account", action.Interrupt: "interrupt the streams",
	action.Suspend: "suspend the account", action.Hold: "hold the stream", action.Blur: "blur the stream", action.Lift: "lift what was asked before",
}

var outcomeWords = map[review.AppealOutcome]string{
	review.Upheld: "The decision stands", review.Reversed: "The decision was wrong", review.Corrected: "The decision stands in another way",
}
