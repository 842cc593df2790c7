package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/review/action"
)

const (
	// Timeout is how long a platform may take to answer.
	Timeout = 10 * time.Second
	// MaxAnswer limits an answer, in bytes.
	MaxAnswer = 16 << 10
	// GiveUp is after how long a webhook that never arrived is given up.
	GiveUp = 72 * time.Hour

	firstWait = 5 * time.Second
	maxWait   = time.Hour
)

// An Endpoint is where a platform takes webhooks.
type Endpoint struct {
	URL     string
	Secrets []Secret
}

// CheckURL returns what is wrong with an endpoint's address.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("want an address as in https://hooks.example.org/vigil, without a user and a fragment")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || ip == nil || !ip.IsLoopback()) {
		return errors.New("want https; http only to an address of loopback")
	}
	return nil
}

// NewClient returns the client that deliveries are made with. It follows no redirect: a
// signed action goes where the file says and nowhere else.
func NewClient() *http.Client {
	return api.Caller{Timeout: Timeout, HeaderBytes: MaxAnswer}.Client()
}

// A Result is how an attempt went.
type Result struct {
	Delivered bool
	Status    int             // of the answer, 0 where none came
	Receipt   *action.Receipt // that the answer had
	After     time.Duration   // how long the platform asks to wait, or 0
	Err       error           // what was wrong: with the delivery, or with the receipt alone
}

// Deliver sends an action once. A receipt that does not fit does not make the delivery
// fail: the platform has it.
func Deliver(ctx context.Context, client *http.Client, to Endpoint, id string, body []byte, now time.Time) Result {
	return deliver(ctx, client, to, typeAction, id, body, now)
}

// Ask sends a request about an account once. What the platform says to the webhook itself is
// not looked at: it answers over HTTP, with its key.
func Ask(ctx context.Context, client *http.Client, to Endpoint, id string, body []byte, now time.Time) Result {
	return deliver(ctx, client, to, typeRequest, id, body, now)
}

// The types of what is sent, as CloudEvents name them.
const (
	typeAction  = "vigil.action.v1"
	typeRequest = "vigil.account-request.v1"
)

func deliver(ctx context.Context, client *http.Client, to Endpoint, kind, id string, body []byte, now time.Time) (res Result) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := newRequest(ctx, to, kind, id, body, now)
	if err != nil {
		res.Err = err
		return res
	}
	answer, err := client.Do(req)
	if err != nil {
		res.Err = fmt.Errorf("no answer: %w", api.WithoutAddress(err))
		return res
	}
	defer func() { _ = answer.Body.Close() }()
	res.Status = answer.StatusCode
	data, err := io.ReadAll(io.LimitReader(answer.Body, MaxAnswer+1))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		res.After = api.RetryAfter(answer.Header, now, maxWait)
		res.Err = fmt.Errorf("the platform answered with status %d", answer.StatusCode)
		return res
	}
	res.Delivered = true
	switch {
	case kind == typeRequest:
	case err != nil:
		res.Err = errors.New("the answer broke off")
	case len(data) > MaxAnswer:
		res.Err = fmt.Errorf("the answer has more than %d bytes", MaxAnswer)
	case strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json"):
		r, err := action.DecodeReceipt(data)
		if err == nil && r.ActionID != id {
			err = errors.New("the receipt is of another action")
		}
		if res.Err = err; err == nil {
			res.Receipt = &r
		}
	}
	return res
}

// newRequest makes a signed request. The attributes of the record on Kafka go with it, as
// CloudEvents has them in HTTP.
func newRequest(ctx context.Context, to Endpoint, kind, id string, body []byte, now time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address is none")
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "vigil", "webhook-id": id, "webhook-timestamp": strconv.FormatInt(now.Unix(), 10),
		"webhook-signature": Sign(to.Secrets, id, now, body), "ce-specversion": "1.0", "ce-type": kind, "ce-source": "vigil/review", "ce-id": id,
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

// Backoff is how long to wait after a number of failed attempts, 1 or more: between half and
// all of 5 seconds, doubled each time, up to an hour; and at least what the platform asks for.
func Backoff(attempts int, asked time.Duration) time.Duration {
	most := maxWait
	if attempts < 11 {
		most = min(maxWait, firstWait<<(attempts-1))
	}
	return max(asked, most/2+rand.N(most/2))
}
