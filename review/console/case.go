package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/bars"
	"github.com/vigil-stream/vigil/signal"
)

// A casePage is what the page of a case shows.
type casePage struct {
	review.File
	Now      time.Time
	Who      review.Person
	Bars     []bars.Bar
	Pairs    []pairBars
	Line     timeline
	Matches  []signal.Signal
	Payments []signal.Signal
	Seen     []review.ImageView // for who oversees the work
	Mine     bool               // it is in this person's hands
	CanClaim bool
	CanWord  bool               // the form is there
	CanTake  bool               // it can be taken out in a bundle
	Holds    []review.LegalHold // for who oversees the work
	Held     bool               // by the last of them
	Policy   review.Policy
	Confirms []string
	Dismiss  []string
	Choices  []action.Kind
	Asks     bool // a platform told of a reason to ask it for something
}

type pairBars struct {
	review.Pair
	Bars []bars.Bar
}

func (c *console) showCase(w http.ResponseWriter, r *http.Request, who review.Person) error {
	f, err := c.Store.File(r.Context(), r.PathValue("id"), who)
	if err != nil {
		return err
	}
	p := casePage{
		File: f, Now: c.Now().UTC(), Who: who, Bars: bars.Of(f.Case.Parts), Line: draw(f.Case), Policy: c.Store.Policy(),
		Confirms: review.Reasons(review.Confirm), Dismiss: review.Reasons(review.Dismiss),
		Mine: f.ClaimedBy == who.ID && who.ID != "", Choices: action.Choices(),
		Asks: slices.ContainsFunc(action.Views(f.Case.Subject, f.Case.Signals), func(v action.View) bool { return len(v.Grounds) > 0 }),
	}
	if who.May(review.Supervise) {
		if p.Seen, err = c.Store.ImageViews(r.Context(), f.Case.ID, who); err != nil {
			return err
		}
		if p.Holds, err = c.Store.Holds(r.Context(), who, f.Case.ID); err != nil {
			return err
		}
		p.Held = len(p.Holds) > 0 && p.Holds[len(p.Holds)-1].LiftedBy == ""
	}
	for _, pair := range f.Case.Pairs {
		p.Pairs = append(p.Pairs, pairBars{pair, bars.Of(pair.Parts)})
	}
	for _, s := range f.Case.Signals {
		if s.Match != nil {
			p.Matches = append(p.Matches, s)
		}
		if s.Payment != nil {
			p.Payments = append(p.Payments, s)
		}
	}
	waits := f.Place != review.PlaceClosed
	theirs := waits && (f.Place != review.PlaceSplit || who.May(review.Settle))
	p.CanClaim = theirs && who.May(review.Claim) && !f.Spoke && f.ClaimedBy == ""
	p.CanWord = theirs && p.Mine
	p.CanTake = c.Bundle != nil && who.May(review.TakeOut) && len(f.Decisions) > 0
	return c.show(w, r, who, "case", "queue", "Case "+page.Short(f.Case.ID), p)
}

// stand tells, every few seconds, whether the case is still what the page shows. While its
// person does something on the page, the case stays in their hands.
func (c *console) stand(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if signin.Acted(r) {
		if err := c.Store.Keep(r.Context(), r.PathValue("id"), who); err != nil && !review.IsRule(err) {
			return err
		}
	}
	st, err := c.Store.Stand(r.Context(), r.PathValue("id"), who)
	if err != nil {
		return err
	}
	return c.pages.Write(w, http.StatusOK, "case", "stand", struct {
		review.Stand
		ID      string
		Seen    string
		Changed bool
		Now     time.Time
		Who     review.Person
	}{st, r.PathValue("id"), r.URL.Query().Get("seen"), st.Digest != r.URL.Query().Get("seen"), c.Now().UTC(), who})
}

func (c *console) claim(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if _, err := c.Store.Claim(r.Context(), r.PathValue("id"), who); err != nil {
		return err
	}
	return c.toCase(w, r)
}

func (c *console) release(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if err := c.Store.Release(r.Context(), r.PathValue("id"), who); err != nil {
		return err
	}
	http.Redirect(w, r, "/queue", http.StatusSeeOther)
	return nil
}

func (c *console) take(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if err := c.Store.Take(r.Context(), r.PathValue("id"), who); err != nil {
		return err
	}
	http.Redirect(w, r, "/supervise", http.StatusSeeOther)
	return nil
}

// decide takes a reason, which says the verdict too.
func (c *console) decide(w http.ResponseWriter, r *http.Request, who review.Person) error {
	verdict, reason, ok := strings.Cut(r.PostForm.Get("reason"), "/")
	if !ok {
		return badInput{fmt.Errorf("choose a reason; it says whether you confirm or dismiss")}
	}
	req := review.Request{
		CaseID: r.PathValue("id"), Digest: r.PostForm.Get("digest"), Verdict: review.Verdict(verdict), Reason: reason,
		Note: r.PostForm.Get("note"), By: who,
	}
	if req.Verdict == review.Confirm {
		req.Action = action.Kind(r.PostForm.Get("action"))
	}
	if r.PostForm.Get("alone") == "1" {
		req.Danger = strings.TrimSpace(r.PostForm.Get("danger"))
		switch {
		case req.Danger == "":
			return badInput{review.ErrDanger}
		case req.Verdict != review.Confirm:
			return badInput{fmt.Errorf("only a confirmation can be too urgent for a second person: choose a reason to confirm, or leave out the danger")}
		}
	}
	if _, err := c.Store.Decide(r.Context(), req); err != nil {
		return err
	}
	return c.toCase(w, r)
}

func (c *console) undo(w http.ResponseWriter, r *http.Request, who review.Person) error {
	if err := c.Store.Undo(r.Context(), r.PathValue("id"), who); err != nil {
		return err
	}
	return c.toCase(w, r)
}

func (c *console) recuse(w http.ResponseWriter, r *http.Request, who review.Person) error {
	whom := r.PostForm.Get("whom")
	if whom == "" {
		whom = who.ID
	}
	reason := strings.TrimSpace(r.PostForm.Get("reason"))
	if reason == "" {
		return badInput{fmt.Errorf("say why in a few words; they stay here")}
	}
	if err := c.Store.Recuse(r.Context(), r.PathValue("id"), who, whom, reason); err != nil {
		return err
	}
	http.Redirect(w, r, "/queue", http.StatusSeeOther)
	return nil
}

func (c *console) toCase(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/case/"+r.PathValue("id"), http.StatusSeeOther)
	return nil
}

// ErrNotYet says that a decision has not come into the audit log yet.
var ErrNotYet = errors.New("the decision is on its way to the audit log: try again in a moment")

// bundle gives out a case with what proves it, which is logged before any of it leaves.
func (c *console) bundle(w http.ResponseWriter, r *http.Request, who review.Person) (err error) {
	if c.Bundle == nil || !who.May(review.TakeOut) {
		return fmt.Errorf("%w %s", review.ErrDenied, review.TakeOut)
	}
	id := r.PathValue("id")
	file, closes, err := c.Bundle(r.Context(), id, who)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closes()) }()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="case-`+page.Short(id)+`.zip"`)
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}
