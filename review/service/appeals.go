package service

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// objection is the body of POST /v1/appeals. One of the two names what it objects to.
type objection struct {
	ActionID  string `json:"action_id"`
	PUID      string `json:"puid"` // of the statement of reasons
	Objection string `json:"objection"`
}

// answer is what a platform reads of an appeal.
type answer struct {
	ID         string     `json:"id"`
	ActionID   string     `json:"action_id"`
	State      string     `json:"state"` // open, accepted or rejected
	ReceivedAt time.Time  `json:"received_at"`
	DueAt      time.Time  `json:"due_at"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	Statement  string     `json:"statement,omitempty"`
	// Actions are the ids of those that follow from the answer.
	Actions []string `json:"actions"`
}

//go:embed schema/*.json
var schemas embed.FS

var objectionSchema = signal.MustSchema(schemas, "schema/objection.json").Quiet()

// object is POST /v1/appeals.
func (v *service) object(c *call) error {
	body, err := v.write(c, maxBody)
	if err != nil {
		return err
	}
	var o objection
	if err := objectionSchema.Decode(body, &o); err != nil {
		c.Refund(1)
		return api.Problemf(http.StatusBadRequest, "%v", err)
	}
	if err := review.CheckObjection(o.Objection); err != nil {
		c.Refund(1)
		var faults api.Faults
		faults.Add("#/objection", "%v", err)
		return faults.Problem(http.StatusUnprocessableEntity)
	}
	id := o.ActionID + o.PUID // one of them is there
	ctx, cancel := context.WithTimeout(c.R.Context(), patience)
	defer cancel()
	a, fresh, err := v.Store.Object(ctx, c.Key.Platform, id, o.Objection)
	for _, told := range []error{review.ErrNoAppeal, review.ErrOver, review.ErrOtherWords} {
		if errors.Is(err, told) {
			c.Refund(1)
			return api.Problemf(http.StatusConflict, "%v", told)
		}
	}
	if err != nil {
		return v.missing(c, err)
	}
	if !fresh {
		return c.JSON(http.StatusOK, answerOf(a))
	}
	return c.JSON(http.StatusCreated, answerOf(a))
}

// appeal is GET /v1/appeals/{id}.
func (v *service) appeal(c *call) error {
	if _, err := c.Parameters(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), patience)
	defer cancel()
	a, err := v.Store.AppealOf(ctx, c.Key.Platform, c.R.PathValue("id"))
	if errors.Is(err, review.ErrNotFound) {
		return api.Problemf(http.StatusNotFound, "the platform has no such appeal")
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answerOf(a))
}

// statements are all that a platform is told of an answer: words that nobody typed.
var statements = map[review.AppealOutcome]string{
	review.Upheld:    "A person who had no part in the decision looked at it again. It stands.",
	review.Reversed:  "A person who had no part in the decision looked at it again and found it wrong. It is taken back, and what the platform was asked for is lifted.",
	review.Corrected: "A person who had no part in the decision looked at it again. It stands in another way: what the platform was asked for is lifted or changed, as the actions say.",
}

func answerOf(a review.Appeal) answer {
	out := answer{ID: a.ID, ActionID: a.Action.ID, State: "open", ReceivedAt: a.At, DueAt: a.Due, Statement: statements[a.Outcome], Actions: a.Follows}
	switch a.Outcome {
	case review.Upheld:
		out.State = "rejected"
	case review.Reversed, review.Corrected:
		out.State = "accepted"
	}
	if a.Outcome != "" {
		out.AnsweredAt = &a.AnsweredAt
	}
	if out.Actions == nil {
		out.Actions = []string{}
	}
	return out
}
