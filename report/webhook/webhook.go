package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
	signing "github.com/vigil-stream/vigil/review/webhook"
)

const (
	// DefaultTimeout is how long a centre may take where an endpoint says nothing else.
	DefaultTimeout = 30 * time.Second
	// MaxAnswer limits an answer, its headers and its body each, in bytes.
	MaxAnswer = 64 << 10
	// MaxAfter limits how long a centre is left alone at its own wish.
	MaxAfter = 24 * time.Hour

	maxReceipt = 256 // characters
)

// An Endpoint is where a centre takes alerts.
type Endpoint struct {
	URL string // https, or http on loopback
	// StatusURL is where the centre tells whether it has an alert, with {id} for its id;
	// empty where it does not.
	StatusURL string
	// Secrets sign, one signature each. There must be one: an alert is never sent unsigned.
	Secrets []signing.Secret
	// Token is sent as a bearer token where it is set.
	Token   string
	Timeout time.Duration // 0: DefaultTimeout
	TLS     *tls.Config   // the centre's own roots, or a certificate to show it; nil: the system's
	Gate    report.Gate
	Now     func() time.Time // nil: time.Now
	// Transport takes the requests in place of the network, for tests.
	Transport http.RoundTripper
}

// A Channel delivers to one endpoint. It may be used by several goroutines.
type Channel struct {
	to     Endpoint
	client *http.Client
}

// New returns the channel to an endpoint, or all that is wrong with its settings.
func New(to Endpoint) (*Channel, error) {
	var faults []error
	if err := signing.CheckURL(to.URL); err != nil {
		faults = append(faults, fmt.Errorf("url: %w", err))
	}
	if to.StatusURL != "" {
		if strings.Count(to.StatusURL, "{id}") != 1 {
			faults = append(faults, errors.New("status_url: must have {id} once"))
		} else if err := signing.CheckURL(strings.Replace(to.StatusURL, "{id}", "0", 1)); err != nil {
			faults = append(faults, fmt.Errorf("status_url: %w", err))
		}
	}
	if len(to.Secrets) == 0 {
		faults = append(faults, errors.New("secrets: missing, and alerts are not sent unsigned"))
	}
	if strings.ContainsFunc(to.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		faults = append(faults, errors.New("token: must be printable ASCII without blanks"))
	}
	if to.Timeout < 0 {
		faults = append(faults, errors.New("timeout: must not be negative"))
	}
	for _, f := range to.Gate.Faults() {
		faults = append(faults, errors.New("quality."+f))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("webhook of a centre: %w", errors.Join(faults...))
	}
	if to.Timeout == 0 {
		to.Timeout = DefaultTimeout
	}
	if to.Now == nil {
		to.Now = time.Now
	}
	client := api.Caller{Timeout: to.Timeout, HeaderBytes: MaxAnswer, TLS: to.TLS}.Client()
	if to.Transport != nil {
		client.Transport = to.Transport
	}
	return &Channel{to: to, client: client}, nil
}

// Close ends idle connections.
func (c *Channel) Close() { c.client.CloseIdleConnections() }

// Send delivers an alert once. The error is a *report.Held where the alert says too little,
// and nothing was sent. All else is an outcome. What was filed earlier the alert names itself,
// by the id that all alerts of its case share.
func (c *Channel) Send(ctx context.Context, a report.Alert, _ []review.Filing) (report.Answer, error) {
	if err := c.to.Gate.Pass(a); err != nil {
		return report.Answer{}, err
	}
	body, err := report.Encode(a)
	if err != nil {
		return report.Answer{}, err
	}
	return c.Post(ctx, Message{ID: a.ID, Type: report.TypeAlert, ContentType: "application/json", Body: body})
}

// Correct delivers a correction once, which names its alert.
func (c *Channel) Correct(ctx context.Context, a report.Correction, _ []review.Filing) (report.Answer, error) {
	body, err := report.EncodeCorrection(a)
	if err != nil {
		return report.Answer{}, err
	}
	return c.Post(ctx, Message{ID: a.ID, Type: report.TypeCorrection, ContentType: "application/json", Body: body})
}

// Withdraw asks the centre for what it may have. What it does not have is nowhere.
func (c *Channel) Withdraw(ctx context.Context, id string, may bool) (report.Answer, error) {
	if may {
		if a, err := c.Ask(ctx, id); err != nil || a.State != report.Absent {
			return a, err
		}
	}
	return report.Answer{State: report.Withdrawn}, nil
}

// A Message is what is sent in one request.
type Message struct {
	ID          string // the idempotency key
	Type        string // as the type of a CloudEvent
	ContentType string
	Body        []byte
}

// Post sends a message once.
func (c *Channel) Post(ctx context.Context, m Message) (report.Answer, error) {
	status, header, answer, sent, err := c.do(ctx, http.MethodPost, c.to.URL, m)
	if err != nil {
		if !sent {
			return report.Answer{State: report.Later, Says: "The centre could not be reached: " + api.WithoutAddress(err).Error()}, nil
		}
		return report.Answer{State: report.Unknown, Says: "It was sent, and no answer came: " + api.WithoutAddress(err).Error()}, nil
	}
	return outcome(status, header, answer, c.to.Now()), nil
}

// Ask asks the centre whether it has an alert. A centre that does not tell leaves it Unknown.
func (c *Channel) Ask(ctx context.Context, id string) (report.Answer, error) {
	if c.to.StatusURL == "" {
		return report.Answer{State: report.Waiting, Says: "The centre has no address to ask at: a person must ask it, and say so by `vigil report settle`."}, nil
	}
	status, header, answer, _, err := c.do(ctx, http.MethodGet, strings.Replace(c.to.StatusURL, "{id}", url.PathEscape(id), 1), Message{ID: id})
	switch {
	case err != nil:
		return report.Answer{State: report.Unknown, Says: "The centre could not be asked: " + api.WithoutAddress(err).Error()}, nil
	case status == http.StatusOK:
		return report.Answer{State: report.Filed, Receipt: receipt(answer), Says: "The centre says that it has it."}, nil
	case status == http.StatusNotFound:
		return report.Answer{State: report.Absent, Says: "The centre says that it does not have it."}, nil
	}
	return report.Answer{State: report.Unknown, After: api.RetryAfter(header, c.to.Now(), MaxAfter), Says: fmt.Sprintf("Asked for it, the centre answered with status %d.", status)}, nil
}

// do makes a request. sent says that the centre may have got it.
func (c *Channel) do(ctx context.Context, method, address string, m Message) (status int, header http.Header, answer []byte, sent bool, err error) {
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(m.Body))
	if err != nil {
		return 0, nil, nil, false, errors.New("the address is none")
	}
	// A body that cannot be read again: Go repeats requests with an idempotency key on its
	// own where a connection breaks.
	req.GetBody = nil
	at := c.to.Now()
	req.Header.Set("User-Agent", "vigil")
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", m.ContentType)
		req.Header.Set("Idempotency-Key", strconv.Quote(m.ID))
		// The attributes of the record on Kafka, as CloudEvents has them in HTTP.
		for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": m.ID, "ce-type": m.Type, "ce-source": "vigil/report"} {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("webhook-id", m.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", signing.Sign(c.to.Secrets, m.ID, at, m.Body))
	if c.to.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.to.Token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return 0, nil, nil, wrote.Load(), err
	}
	defer func() { _ = res.Body.Close() }()
	// What the answer says beyond its status is a courtesy: it may break off.
	answer, err = io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil || len(answer) > MaxAnswer {
		answer = nil
	}
	return res.StatusCode, res.Header, answer, true, nil
}

// outcome says what an answer to an alert means.
func outcome(status int, header http.Header, answer []byte, now time.Time) report.Answer {
	says := fmt.Sprintf("The centre answered with status %d.", status)
	switch {
	case status >= 200 && status <= 299:
		return report.Answer{State: report.Filed, Receipt: receipt(answer), Says: says}
	case status >= 300 && status <= 399:
		return report.Answer{State: report.Refused, Says: says + " Alerts go where the configuration says and nowhere else: is the address right?"}
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable ||
		status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusConflict:
		// 409 is another request under the same key that goes on.
		return report.Answer{State: report.Later, After: api.RetryAfter(header, now, MaxAfter), Says: says}
	case status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported:
		return report.Answer{State: report.Unknown, Says: says + " It may have the alert."}
	}
	return report.Answer{State: report.Refused, Says: says}
}

// receipt reads the centre's reference: {"receipt": "…"}.
func receipt(answer []byte) string {
	var said struct {
		Receipt string `json:"receipt"`
	}
	if json.Unmarshal(answer, &said) != nil || len([]rune(said.Receipt)) > maxReceipt ||
		strings.ContainsFunc(said.Receipt, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return ""
	}
	return said.Receipt
}
