package exchange

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vigil-stream/vigil/api"
)

// ClientOptions say how to speak to one host. Zero fields get their defaults.
type ClientOptions struct {
	// URL is the address under which everything lies. It must be https, unless its
	// host is the loopback or Insecure is set.
	URL      string
	Insecure bool
	// Authorize adds what proves who asks, before every attempt. It must not keep the
	// request. Secrets belong here and not in the URL, though errors name neither.
	Authorize func(*http.Request)
	UserAgent string // Default "vigil".
	// Idle is how long the host may take to answer, and then to send the next bytes;
	// default one minute.
	Idle time.Duration
	// Total is how long one attempt may take in all; default 30 minutes.
	Total time.Duration
	// MaxBody is the greatest length of an answer in bytes, unpacked; default 64 MiB.
	MaxBody int64
	// Tries is how often a request is tried that may be repeated; default 4.
	Tries int
	// MaxWait is the longest that a call waits before it tries again. When the host
	// asks for more, the call ends with a *StatusError that says so. Default one minute.
	MaxWait time.Duration
	// Now is read for a Retry-After that is a date. Required.
	Now func() time.Time
	// Transport is used in place of net/http's own; for tests.
	Transport http.RoundTripper
}

// Client speaks to one host, and to no other: neither a redirect nor an address in an
// answer leads it elsewhere. Its errors hold no query, no credentials and nothing of
// an answer's body. It is safe for concurrent use.
type Client struct {
	base base
	o    ClientOptions
	http http.Client
}

// NewClient returns a client, or says what is wrong with the URL.
func NewClient(o ClientOptions) (*Client, error) {
	base, err := parseBase(o.URL, o.Insecure)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		return nil, errors.New("exchange: a client needs a clock")
	}
	if o.UserAgent == "" {
		o.UserAgent = "vigil"
	}
	setDefault(&o.Idle, time.Minute)
	setDefault(&o.Total, 30*time.Minute)
	setDefault(&o.MaxBody, 64<<20)
	setDefault(&o.Tries, 4)
	setDefault(&o.MaxWait, time.Minute)
	if o.Transport == nil {
		t := &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
		}
		o.Transport = t
	}
	c := &Client{base: base, o: o}
	c.http = http.Client{Transport: o.Transport, CheckRedirect: c.checkRedirect}
	return c, nil
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

func (c *Client) checkRedirect(r *http.Request, via []*http.Request) error {
	if first := via[0].Method; first != http.MethodGet && first != http.MethodHead {
		return http.ErrUseLastResponse // 307 would send the body once more, 302 none.
	}
	if len(via) >= 5 {
		return fmt.Errorf("%w: more than 5 redirects", errRequest)
	}
	return c.base.same(r.URL)
}

// Close closes connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is what to ask for.
type Request struct {
	Method string // GET when empty.
	// Ref is the address, relative to the client's URL: "v2/status?x=1" lies under it,
	// "/v2/status" at its host's root. An absolute one must be of the same host.
	Ref    string
	Header http.Header
	// Body is sent with every attempt.
	Body []byte
	// Repeatable says that a POST or PATCH may be sent again although the host may have
	// acted on it. Other methods always may.
	Repeatable bool
	// MaxBody replaces the client's when it is not zero.
	MaxBody int64
}

// Response is what was answered.
type Response struct {
	Status int // 200 to 299, or 304.
	Header http.Header
	Body   []byte
}

// Do asks and reads the whole answer, again when the host was too busy or the
// connection broke, at growing intervals or at the host's own (Retry-After). What the
// host refuses is a *StatusError.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	var out *Response
	err := c.retry(ctx, &r, func() error {
		resp, err := c.attempt(ctx, &r)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		out = &Response{resp.StatusCode, resp.Header, b}
		return nil
	})
	return out, err
}

// Open is Do for what is too long for memory: only asking is repeated, and the caller
// reads the Body, which is limited as Do's is, and closes it.
func (c *Client) Open(ctx context.Context, r Request) (*http.Response, error) {
	var out *http.Response
	err := c.retry(ctx, &r, func() (err error) {
		out, err = c.attempt(ctx, &r) //nolint:bodyclose // The caller closes it.
		return err
	})
	return out, err
}

// retry calls try until it succeeds, fails for good or was tried often enough.
func (c *Client) retry(ctx context.Context, r *Request, try func() error) error {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	wait := backoff.NewExponentialBackOff()
	wait.MaxInterval, wait.Multiplier = c.o.MaxWait, 2
	for n := 1; ; n++ {
		err := try()
		if err == nil || ctx.Err() != nil || n >= c.o.Tries || !repeatable(r, err) {
			return err
		}
		pause := min(wait.NextBackOff(), c.o.MaxWait)
		if after, ok := RetryAfter(err); ok {
			if after > c.o.MaxWait {
				return err
			}
			pause = max(pause, after)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// repeatable reports whether the request may succeed when it is sent again, and may be.
func repeatable(r *Request, err error) bool {
	var refused *StatusError
	if errors.As(err, &refused) {
		switch refused.Code {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return true // Nothing was done.
		case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		default:
			return false
		}
	} else if errors.Is(err, ErrTooLarge) || errors.Is(err, errRequest) {
		return false
	}
	switch r.Method {
	case http.MethodPost, http.MethodPatch:
		return r.Repeatable
	}
	return true
}

// attempt asks once. The body of its answer is limited in length and time.
func (c *Client) attempt(ctx context.Context, r *Request) (*http.Response, error) {
	u, err := c.base.resolve(r.Ref)
	if err != nil {
		return nil, err
	}
	where := r.Method + " " + plain(u)
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Total, fmt.Errorf("it took longer than %s", c.o.Total))
	ctx, stop := context.WithCancelCause(ctx)
	end := func() { stop(nil); cancel() }
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		end()
		return nil, fmt.Errorf("%w: %s cannot be asked", errRequest, where)
	}
	for k, v := range r.Header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Header.Set("User-Agent", c.o.UserAgent)
	if c.o.Authorize != nil {
		c.o.Authorize(req)
	}
	idle := time.AfterFunc(c.o.Idle, func() { stop(fmt.Errorf("nothing came for %s", c.o.Idle)) })
	resp, err := c.http.Do(req)
	if err != nil {
		idle.Stop()
		err = failed(ctx, where, err)
		end()
		return nil, err
	}
	idle.Stop()
	limit := c.o.MaxBody
	if r.MaxBody > 0 {
		limit = r.MaxBody
	}
	resp.Body = &body{r: resp.Body, ctx: ctx, end: end, idle: idle, every: c.o.Idle, left: limit, limit: limit, where: where}
	if resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusNotModified {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	refused := &StatusError{Code: resp.StatusCode, Where: where, After: api.RetryAfter(resp.Header, c.o.Now(), maxRetryAfter)}
	refused.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	return nil, refused
}
