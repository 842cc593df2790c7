package service

import (
	"context"
	_ "embed" // For the document.
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/action"
)

// Key says what the holder of one key may do.
type Key struct {
	api.Key `yaml:",inline"`
	// Platform is whose actions the holder answers for, as it names itself in what it sends:
	// 1 to 128 characters.
	Platform string `yaml:"platform"`
}

// Check reports what is wrong with the platform.
func (k Key) Check() error {
	if strings.TrimSpace(k.Platform) == "" || len(k.Platform) > 128 {
		return errors.New("platform: want the platform that the key's holder answers for, 1 to 128 characters")
	}
	return nil
}

// Keys are the keys that the service takes, each with its quota of requests that write.
type Keys = api.Keys[Key]

const unit = "receipts, objections and accounts"

// LoadKeys reads a key file as api.LoadKeys does.
func LoadKeys(path string) (*Keys, error) { return api.LoadKeys[Key](unit, path) }

// NewKeys returns the given keys. The error names every fault of each.
func NewKeys(keys ...Key) (*Keys, error) { return api.NewKeys(unit, keys...) }

// A Store keeps actions and appeals; a *review.Store.
type Store interface {
	SentAction(ctx context.Context, platform, id string) (action.Record, error)
	Object(ctx context.Context, platform, actionID, text string) (review.Appeal, bool, error)
	AppealOf(ctx context.Context, platform, id string) (review.Appeal, error)
	AccountRequest(ctx context.Context, platform, id string) (review.AccountRequest, error)
}

// Options say how the service works. Store and Send are required.
type Options struct {
	Store Store
	// Send keeps a receipt and returns when it is kept for good.
	Send func(ctx context.Context, platform string, r action.Receipt) error
	// KeepAccount keeps an answer on an account, encrypted, and reports whether it is new:
	// review.ErrOtherWords where another was given, review.ErrErased where it is too late.
	// Without it none is taken.
	KeepAccount func(ctx context.Context, r review.AccountRequest, a account.Answer) (bool, error)
	MaxInFlight int // Requests with a key served at once; 64.
	Now         func() time.Time
	Observe     func(route, key string, status int, took time.Duration)
	Report      func(error) // is told what went wrong on our side
}

type service struct {
	*api.Server[Key]
	Options
}

type call = api.Call[Key]

func (v *service) table() []api.Route[Key] {
	return []api.Route[Key]{
		{Method: "POST", Path: "/v1/receipts", Handle: v.receipt},
		{Method: "POST", Path: "/v1/accounts", Handle: v.account},
		{Method: "POST", Path: "/v1/appeals", Handle: v.object},
		{Method: "GET", Path: "/v1/appeals/{id}", Handle: v.appeal},
		{Method: "GET", Path: "/v1/schemas/{name}", Open: true, Handle: schema},
		{Method: "GET", Path: "/v1/openapi.yaml", Open: true, Handle: openAPI},
	}
}

// New returns the handler, to be mounted at the root.
func New(keys *Keys, o Options) (http.Handler, error) {
	if keys == nil || o.Store == nil || o.Send == nil {
		return nil, errors.New("platforms service: want keys, Store and Send")
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 64
	}
	v := &service{Options: o}
	v.Server = api.NewServer(keys, api.Options{MaxInFlight: o.MaxInFlight, Now: o.Now, Observe: o.Observe, Report: o.Report}, v.table()...)
	return v, nil
}

//go:embed openapi.yaml
var document []byte

func openAPI(c *call) error {
	c.Answer(http.StatusOK, "application/yaml", document)
	return nil
}

func schema(c *call) error {
	text, ok := action.SchemaText(c.R.PathValue("name"))
	switch c.R.PathValue("name") {
	case "objection":
		var err error
		if text, err = schemas.ReadFile("schema/objection.json"); err != nil {
			return err
		}
		ok = true
	case "account":
		text, ok = account.SchemaText("account"), true
	case "account-answer":
		text, ok = account.SchemaText("answer"), true
	case "account-request":
		text, ok = account.SchemaText("request"), true
	}
	if !ok {
		return api.Problemf(http.StatusNotFound, "no schema of that name; there are account, account-answer, account-request, action, objection and receipt")
	}
	c.Answer(http.StatusOK, "application/schema+json", text)
	return nil
}

// maxBody is the size in bytes of a body; an objection in JSON takes up to six bytes a byte.
const maxBody = 32 << 10

// patience is how long keeping something may take.
const patience = 20 * time.Second

// write reads a body that is to be kept.
func (v *service) write(c *call, limit int) ([]byte, error) {
	if _, err := c.Parameters(); err != nil {
		return nil, err
	}
	body, err := c.ReadBody(limit, "application/json")
	if err != nil {
		return nil, err
	}
	return body, c.Charge(1)
}

// receipt is POST /v1/receipts.
func (v *service) receipt(c *call) error {
	body, err := v.write(c, maxBody)
	if err != nil {
		return err
	}
	r, err := action.DecodeReceipt(body)
	if err != nil {
		c.Refund(1)
		return api.Problemf(http.StatusBadRequest, "%v", err)
	}
	if r.At.After(c.Now.Add(24 * time.Hour)) {
		c.Refund(1)
		return api.Problemf(http.StatusUnprocessableEntity, "/at: is more than 24 hours ahead of the service's clock")
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), patience)
	defer cancel()
	if _, err := v.Store.SentAction(ctx, c.Key.Platform, r.ActionID); err != nil {
		return v.missing(c, err)
	}
	if err := v.Send(ctx, c.Key.Platform, r); err != nil {
		c.Refund(1)
		v.report(ctx, err)
		return api.Problemf(http.StatusServiceUnavailable, "the receipt could not be kept in time; send it again").After(5 * time.Second)
	}
	return c.JSON(http.StatusAccepted, struct {
		ActionID string `json:"action_id"`
		State    string `json:"state"`
	}{r.ActionID, r.State})
}

func (v *service) report(ctx context.Context, err error) {
	if v.Report != nil && (ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded)) {
		v.Report(err) // And not that the client went away.
	}
}

// missing tells of an action that there is not.
func (v *service) missing(c *call, err error) error {
	c.Refund(1)
	if errors.Is(err, review.ErrNotFound) {
		return api.Problemf(http.StatusNotFound, "the platform was asked for no such action")
	}
	return err
}
