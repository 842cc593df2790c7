package service

import (
	"context"
	"errors"
	"net/http"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
)

// maxAccount is the size in bytes of an answer on an account.
const maxAccount = 256 << 10

// account is POST /v1/accounts. No problem repeats anything of what was sent.
func (v *service) account(c *call) error {
	body, err := v.write(c, maxAccount)
	if err != nil {
		return err
	}
	a, err := account.DecodeAnswer(body)
	if err != nil {
		c.Refund(1)
		return api.Problemf(http.StatusBadRequest, "%v", err)
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), patience)
	defer cancel()
	r, err := v.Store.AccountRequest(ctx, c.Key.Platform, a.RequestID)
	if errors.Is(err, review.ErrNotFound) {
		c.Refund(1)
		return api.Problemf(http.StatusNotFound, "the platform was asked no such thing")
	}
	if err != nil {
		return err
	}
	if a.Account != nil && (a.Account.Subject != r.Subject || a.Account.Platform != r.Platform) {
		c.Refund(1)
		var faults api.Faults
		faults.Add("#/account", "is of another account, or another platform's, than was asked about")
		return faults.Problem(http.StatusUnprocessableEntity)
	}
	if v.KeepAccount == nil {
		c.Refund(1)
		return api.Problemf(http.StatusServiceUnavailable, "no accounts can be kept here")
	}
	fresh, err := v.KeepAccount(ctx, r, a)
	switch {
	case errors.Is(err, review.ErrOtherWords):
		c.Refund(1)
		return api.Problemf(http.StatusConflict, "the request was answered already, in other words")
	case errors.Is(err, review.ErrErased):
		c.Refund(1)
		return api.Problemf(http.StatusGone, "what it was asked for is erased")
	case err != nil:
		c.Refund(1)
		v.report(ctx, err)
		return api.Problemf(http.StatusServiceUnavailable, "the answer could not be kept; send it again")
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return c.JSON(status, struct {
		RequestID string `json:"request_id"`
		State     string `json:"state"`
	}{r.ID, "kept"})
}
