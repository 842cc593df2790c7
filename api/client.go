package api

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Caller says how a client of ours calls somebody else's service.
type Caller struct {
	Timeout     time.Duration // of a whole call, its answer included
	HeaderBytes int64         // of an answer's headers at most
	TLS         *tls.Config   // nil is the system's roots
}

// Client returns the client. It follows no redirect, since what is signed or secret goes
// where the configuration says and nowhere else; it takes no proxy from the environment, and
// undoes no compression.
func (c Caller) Client() *http.Client {
	return &http.Client{
		Timeout: c.Timeout,
		Transport: &http.Transport{
			DialContext: (&net.Dialer{}).DialContext, TLSClientConfig: c.TLS, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: c.HeaderBytes, DisableCompression: true, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2,
		},
		CheckRedirect: NoRedirect,
	}
}

// NoRedirect is the CheckRedirect of a client that takes a redirect for the answer.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RetryAfter is how long an answer asks to wait (RFC 9110, 10.2.3), in seconds or by a date:
// 0 where it does not say, or says what cannot be read, and at most so long.
func RetryAfter(h http.Header, now time.Time, most time.Duration) time.Duration {
	text := h.Get("Retry-After")
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err == nil && n < uint64(most/time.Second):
		return time.Duration(n) * time.Second //nolint:gosec // fewer than most has
	case err == nil || errors.Is(err, strconv.ErrRange):
		return most
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), most)
}

// WithoutAddress is an error of a client without the address that was called, which may hold
// what is not for a log.
func WithoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
