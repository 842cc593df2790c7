package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Call is one request on its way. A handler gives one answer or returns an error: a
// Problem is told to the client as it is, any other is reported and told as status 500.
type Call[G Grant] struct {
	W   http.ResponseWriter // For http.MaxBytesReader; answers go by Answer and JSON.
	R   *http.Request
	Key *G // What the caller may do; nil on an open route.
	Now time.Time

	holder *holder[G]
	unit   string
	status int // What was answered; 0 as long as nothing was.
}

// JSON answers with a value.
func (c *Call[G]) JSON(status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.Answer(status, "application/json", body)
	return nil
}

// Answer answers.
func (c *Call[G]) Answer(status int, contentType string, body []byte) {
	c.status = status
	c.W.Header().Set("Content-Type", contentType)
	send(c.W, status, body)
}

// refuse answers with a problem.
func (c *Call[G]) refuse(p *Problem, form Form) {
	c.status = p.Status
	p.write(c.W, form)
}

// Charge takes n units from the caller's quota.
func (c *Call[G]) Charge(n int) error {
	if most := c.holder.quota.most(); n > most {
		return Problemf(http.StatusRequestEntityTooLarge, "%d %s, and the key's quota never allows more than %d at once", n, c.unit, most)
	}
	if wait := c.holder.quota.take(c.Now, n); wait > 0 {
		key := c.holder.grant.Base()
		return Problemf(http.StatusTooManyRequests, "the key's quota of %s is used up; it allows %d a minute and %d a day", c.unit, key.PerMinute, key.PerDay).After(wait)
	}
	return nil
}

// Refund gives back n units that were charged for what then was not done.
func (c *Call[G]) Refund(n int) { c.holder.quota.give(n) }

// MediaType returns the request's content type without its parameters, which come
// beside it. What is none of the types given is a problem.
func (c *Call[G]) MediaType(types ...string) (string, map[string]string, error) {
	given, parameters, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, given) {
		return "", nil, Problemf(http.StatusUnsupportedMediaType, "Content-Type: want %s", strings.Join(types, " or "))
	}
	return given, parameters, nil
}

// ReadBody reads a request's body of one of the content types, up to a limit in bytes.
func (c *Call[G]) ReadBody(limit int, types ...string) ([]byte, error) {
	if _, _, err := c.MediaType(types...); err != nil {
		return nil, err
	}
	return c.ReadLimited(c.R.Body, limit)
}

// ReadLimited reads r, which is the body or a part of it, to its end.
func (c *Call[G]) ReadLimited(r io.Reader, limit int) ([]byte, error) {
	tooLarge := Problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most", limit)
	if r == c.R.Body && c.R.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	var body bytes.Buffer
	if n := c.R.ContentLength; r == c.R.Body && n > 0 {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(r, int64(limit)+1))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, Problemf(http.StatusBadRequest, "the body ends too soon or does not come")
	}
	if body.Len() > limit {
		return nil, tooLarge
	}
	return body.Bytes(), nil
}

// Query returns the query's parameters, whichever they are.
func (c *Call[G]) Query() (url.Values, error) {
	values, err := url.ParseQuery(c.R.URL.RawQuery)
	if err != nil {
		return nil, Problemf(http.StatusBadRequest, "the query is not of the form name=value&name=value")
	}
	return values, nil
}

// Parameters returns the query's parameters, each at most once and none that is not
// named: a misspelt one must not pass for one not given.
func (c *Call[G]) Parameters(names ...string) (url.Values, error) {
	values, err := c.Query()
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		if !slices.Contains(names, name) {
			return nil, Problemf(http.StatusBadRequest, "the query has a parameter that is not taken; want %s", orNone(names))
		}
		if len(v) > 1 {
			return nil, ParameterFault(name, "given %d times", len(v))
		}
	}
	return values, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
