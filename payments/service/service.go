package service

import (
	"context"
	_ "embed" // For the document.
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/columns"
)

// Options say how the service works. Send is required, and the zero value of every other
// field stands for what its comment says.
type Options struct {
	// Send keeps records and returns when they are kept for good. It is called by many
	// goroutines at the same time, and ends with its context. After an error the client
	// sends them again.
	Send func(context.Context, []payments.Item) error
	// Token makes the token of a card's number; without it no ISO 8583 is taken.
	Token func(number string) string
	// Columns reads the column map of a file; without it no CSV is taken.
	Columns func(file string) (*columns.Map, error)
	// Ready says why the service can take nothing, for /status; nil is always ready.
	Ready func() error

	MaxBody     int64 // Of a request, in bytes; 256 MiB.
	MaxRecords  int   // Of a request; 1,000,000.
	MaxRefusals int   // Told in an answer; 1,000.
	MaxInFlight int   // Requests with a key served at once; 64. Each holds up to some 4 MiB.
	// Patience is how long a body may bring nothing, and how long Send may take; 20 s.
	Patience time.Duration

	Now func() time.Time // time.Now.
	// Observe is told of each request when it has been answered: the route's path, or
	// "other"; the key's name, empty when there was none; the status.
	Observe func(route, key string, status int, took time.Duration)
	// Count is told of the records of a request.
	Count func(key string, accepted, refused int)
	// Report is told what went wrong on our side: a Send that failed, a panic, a bad key
	// file or column map.
	Report func(error)
}

// service is the handler that New makes.
type service struct {
	*api.Server[Key]
	Options
	used memory
}

type (
	call  = api.Call[Key]
	route = api.Route[Key]
)

// table has the routes. The OpenAPI document has the same ones; a test compares.
func (v *service) table() []route {
	return []route{
		{Method: "POST", Path: "/v1/transactions", Handle: v.transactions},
		{Method: "GET", Path: "/v1/schemas/{name}", Open: true, Handle: schema},
		{Method: "GET", Path: "/v1/openapi.yaml", Open: true, Handle: openAPI},
		{Method: "GET", Path: "/status", Open: true, Handle: v.status},
	}
}

// New returns the handler of the intake. It is one handler for all its paths, to be
// mounted at the root.
func New(keys *Keys, o Options) (http.Handler, error) {
	if keys == nil || o.Send == nil {
		return nil, errors.New("payments service: want keys and Send")
	}
	if o.MaxBody < 0 || o.MaxRecords < 0 || o.MaxRefusals < 0 || o.MaxInFlight < 0 || o.Patience < 0 {
		return nil, errors.New("payments service: a limit is below zero")
	}
	if o.MaxBody == 0 {
		o.MaxBody = 256 << 20
	}
	for _, d := range []struct {
		value *int
		unset int
	}{{&o.MaxRecords, 1_000_000}, {&o.MaxRefusals, 1000}, {&o.MaxInFlight, 64}} {
		if *d.value == 0 {
			*d.value = d.unset
		}
	}
	if o.Patience == 0 {
		o.Patience = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Count == nil {
		o.Count = func(string, int, int) {}
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	v := &service{Options: o}
	v.Server = api.NewServer(keys, api.Options{MaxInFlight: o.MaxInFlight, Now: o.Now, Observe: o.Observe, Report: o.Report}, v.table()...)
	return v, nil
}

//go:embed openapi.yaml
var document []byte

// openAPI is GET /v1/openapi.yaml.
func openAPI(c *call) error {
	c.Answer(http.StatusOK, "application/yaml", document)
	return nil
}

// schema is GET /v1/schemas/{name}.
func schema(c *call) error {
	text, ok := payments.SchemaText(c.R.PathValue("name"))
	if !ok {
		return api.Problemf(http.StatusNotFound, "no schema of that name; there are %v", payments.SchemaNames())
	}
	c.Answer(http.StatusOK, "application/schema+json", text)
	return nil
}

// status is GET /status: whether something would be taken.
func (v *service) status(c *call) error {
	if v.Ready != nil {
		if err := v.Ready(); err != nil {
			return api.Problemf(http.StatusServiceUnavailable, "nothing can be taken now")
		}
	}
	return c.JSON(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ready"})
}

// sendProblem is what a client is told of a Send that failed, and goes to Report.
func (v *service) sendProblem(ctx context.Context, err error, after int) error {
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		v.Report(fmt.Errorf("send payments: %w", err)) // And not that the client went away.
	}
	return api.Problemf(http.StatusServiceUnavailable, "the records could not be kept in time; send the same again with ?after=%d", after).After(5 * time.Second)
}
