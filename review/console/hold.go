package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vigil-stream/vigil/review"
)

// hold keeps what there is of a case, whatever its term, as a court or a centre asked.
func (c *console) hold(w http.ResponseWriter, r *http.Request, who review.Person) error {
	reason, err := reasonOf(r)
	if err == nil {
		err = c.Store.Hold(r.Context(), r.PathValue("id"), who, reason)
	}
	if err != nil {
		return err
	}
	return c.toCase(w, r)
}

func (c *console) liftHold(w http.ResponseWriter, r *http.Request, who review.Person) error {
	reason, err := reasonOf(r)
	if err == nil {
		err = c.Store.LiftHold(r.Context(), r.PathValue("id"), who, reason)
	}
	if err != nil {
		return err
	}
	return c.toCase(w, r)
}

// reasonOf is what a form says of why; it must say something.
func reasonOf(r *http.Request) (string, error) {
	reason := strings.TrimSpace(r.PostForm.Get("reason"))
	if reason == "" {
		return "", badInput{fmt.Errorf("say why, in a few words; they stay here")}
	}
	return reason, nil
}
