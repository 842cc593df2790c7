package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/card"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

// How much is sent at once, at most.
const (
	parcelRecords = 500
	parcelBytes   = 2 << 20
)

// maxAhead is how far an institution's clock may run ahead of ours, as in the rooms behind.
const maxAhead = 24 * time.Hour

// maxAfter is more than the records of any body.
const maxAfter = 1_000_000_000

// receipt is the answer to a body that was read to its end.
type receipt struct {
	Accepted int `json:"accepted"` // Records that are kept.
	Refused  int `json:"refused"`  // Records that are not.
	// Refusals tell of the refused records, one by one, as many as an answer tells.
	Refusals []intake.Refusal `json:"refusals"`
}

// transactions is POST /v1/transactions.
func (v *service) transactions(c *call) error {
	types := []string{typeXML, typeXML2, typeJSON, typeLines}
	if v.Columns != nil && c.Key.Columns != "" {
		types = append(types, typeCSV)
	}
	if v.Token != nil {
		types = append(types, typeCards)
	}
	kind, params, err := c.MediaType(types...)
	if err != nil {
		return err
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && kind != typeCSV {
		return api.Problemf(http.StatusUnsupportedMediaType, "Content-Type: want the character set UTF-8")
	}
	if encoding := c.R.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return api.Problemf(http.StatusUnsupportedMediaType, "Content-Encoding: want none")
	}
	p, err := v.parameters(c, kind)
	if err != nil {
		return err
	}
	body := &patient{body: http.MaxBytesReader(c.W, c.R.Body, v.MaxBody), control: http.NewResponseController(c.W), now: time.Now, patience: v.Patience}
	t := &taking{v: v, c: c, after: p.after, receipt: receipt{Refusals: []intake.Refusal{}}}
	reader, err := v.open(c, kind, p, body)
	if err == nil {
		err = t.read(reader)
	}
	v.Count(c.Key.Name, t.Accepted, t.Refused)
	var over *http.MaxBytesError
	var broken *brokenError
	switch {
	case errors.As(err, &over):
		return api.Problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most; %s", v.MaxBody, t.soFar())
	case errors.As(err, &broken):
		return api.Problemf(http.StatusBadRequest, "the body ends too soon or does not come; %s", t.soFar())
	case err != nil:
		return err
	}
	return t.answer()
}

// parameters reads the query.
func (v *service) parameters(c *call, kind string) (p parameters, err error) {
	names := []string{"after"}
	if kind == typeCards {
		names = append(names, "as_of", "names")
	}
	values, err := c.Parameters(names...)
	if err != nil {
		return p, err
	}
	if values.Has("after") {
		if p.after, err = strconv.Atoi(values.Get("after")); err != nil || p.after < 0 || p.after > maxAfter || strings.Trim(values.Get("after"), "0123456789") != "" {
			return p, api.ParameterFault("after", "want the number of a record, 0 to 1000000000")
		}
	}
	if kind != typeCards {
		return p, nil
	}
	if p.asOf, err = time.Parse(time.RFC3339, values.Get("as_of")); err != nil || payments.CheckTime(p.asOf) != nil {
		return p, api.ParameterFault("as_of", "want the time at which the file was made, as in 2026-01-31T06:00:00Z: messages have no year")
	}
	layouts := map[string]card.Names{"": card.Names25, "25-13-2": card.Names25, "22-13-3": card.Names22, "23-13-2-2": card.Names23}
	var known bool
	if p.names, known = layouts[values.Get("names")]; !known {
		return p, api.ParameterFault("names", "want 25-13-2, 22-13-3 or 23-13-2-2")
	}
	return p, nil
}

// taking is the work on one request.
type taking struct {
	receipt
	v      *service
	c      *call
	after  int // Records up to this one were taken before.
	passed int // Of them, how many were passed over.
	reused int // Of those refused, how many for their reference.
	done   int // The record up to which all is kept or refused.

	parcel []payments.Item
	size   int
	here   map[string][16]byte // What the ids of the parcel stand for.
}

// read takes a body to its end.
func (t *taking) read(reader payments.Reader) error {
	for n := 0; ; n++ {
		item, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return t.send()
		}
		if err != nil {
			// What came before the body broke is kept all the same.
			return errors.Join(t.send(), err)
		}
		if n == t.v.MaxRecords {
			if err := t.send(); err != nil {
				return err
			}
			return api.Problemf(http.StatusRequestEntityTooLarge, "more than %d records, which is the most; %s", t.v.MaxRecords, t.soFar())
		}
		if item.Number <= t.after && item.Err == nil {
			t.done = item.Number
			t.passed++
			continue // What is bad is told again.
		}
		if t.check(&item); item.Err != nil {
			t.refuse(item)
			continue
		}
		t.parcel = append(t.parcel, item)
		if t.size += len(item.Data); len(t.parcel) == parcelRecords || t.size >= parcelBytes {
			if err := t.send(); err != nil {
				return err
			}
		}
	}
}

// check refuses what the reader cannot know to be wrong.
func (t *taking) check(item *payments.Item) {
	if item.Err != nil {
		return
	}
	if item.Data == nil || item.Record == (payments.Record{}) {
		item.Err = signal.Reject("record", "says nothing that could be kept")
		return
	}
	if !t.c.Key.holds(item.Institution()) {
		item.Err = signal.Reject("institution", "the institution that holds the record is not the key's, for which alone it sends")
		return
	}
	if item.At().After(t.c.Now.Add(maxAhead)) {
		item.Err = signal.Reject("time-future", "is dated more than %d hours ahead of the service's clock", int(maxAhead.Hours()))
		return
	}
	sum, ok := essence(item.Record)
	if !ok {
		return
	}
	id := item.ID()
	before, here := t.here[id]
	if here && before != sum || t.v.used.other(id, sum) {
		item.Err = signal.Reject("reference-reused", "the institution gave this reference to another payment before")
		return
	}
	if t.here == nil {
		t.here = make(map[string][16]byte)
	}
	t.here[id] = sum
}

func (t *taking) refuse(item payments.Item) {
	t.Refused++
	for _, r := range intake.Refusals(item) {
		if r.Code == "reference-reused" {
			t.reused++
		}
		if len(t.Refusals) < t.v.MaxRefusals {
			t.Refusals = append(t.Refusals, r)
		}
	}
	if len(t.parcel) == 0 {
		t.done = item.Number
	}
}

// send charges for a parcel and sends it.
func (t *taking) send() error {
	if len(t.parcel) == 0 {
		return nil
	}
	if err := t.c.Charge(len(t.parcel)); err != nil {
		var p *api.Problem
		if errors.As(err, &p) {
			p.Detail += "; " + t.soFar()
		}
		return err
	}
	ctx, cancel := context.WithTimeout(t.c.R.Context(), t.v.Patience)
	defer cancel()
	if err := t.v.Send(ctx, t.parcel); err != nil {
		t.c.Refund(len(t.parcel))
		return t.v.sendProblem(ctx, err, t.done)
	}
	for id, sum := range t.here {
		t.v.used.remember(id, sum)
	}
	t.Accepted += len(t.parcel)
	t.done = t.parcel[len(t.parcel)-1].Number
	t.parcel, t.size, t.here = nil, 0, nil // Not used again: Send may have kept it.
	return nil
}

// soFar says how a request that ended early is to be gone on with.
func (t *taking) soFar() string {
	if t.done == 0 {
		return "nothing of it was taken"
	}
	return "up to record " + strconv.Itoa(t.done) + " all is kept or refused; the same request with ?after=" + strconv.Itoa(t.done) + " goes on"
}

// answer tells what became of the records.
func (t *taking) answer() error {
	status := http.StatusAccepted
	switch {
	case t.Accepted > 0 || t.passed > 0:
	case t.Refused > 0 && t.reused == t.Refused:
		status = http.StatusConflict
	case t.Refused > 0:
		status = http.StatusUnprocessableEntity
	default:
		return api.Problemf(http.StatusBadRequest, "the body has no record")
	}
	return t.c.JSON(status, t.receipt)
}
