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
	return &Channel{to: to, client: api.Caller{Timeout: to.Timeout, HeaderBytes: MaxAnswer, TLS: to.TLS}.Client()}, nil
}

// Close ends idle connections.
func (c *Channel) Close() { c.client.CloseIdleConnections() }

// Send delivers an alert once. The error is a *report.Held where the alert says too little,
// and nothing was sent. All else is an outcome.
func (c *Channel) Send(ctx context.Context, a report.Alert) (report.Answer, error) {
	if err := c.to.Gate.Pass(a); err != nil {
		return report.Answer{}, err
	}
	body, err := report.Encode(a)
	if err != nil {
		return report.Answer{}, err
	}
	status, header, answer, sent, err := c.do(ctx, http.MethodPost, c.to.URL, a.ID, body)
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
		return report.Answer{State: report.Unknown, Says: "The centre has no address to ask at: a person must ask it."}, nil
	}
	status, header, answer, _, err := c.do(ctx, http.MethodGet, strings.Replace(c.to.StatusURL, "{id}", url.PathEscape(id), 1), id, nil)
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
func (c *Channel) do(ctx context.Context, method, address, id string, body []byte) (status int, header http.Header, answer []byte, sent bool, err error) {
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
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
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", strconv.Quote(id))
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", signing.Sign(c.to.Secrets, id, at, body))
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
