package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrTooLarge is wrapped by the error of an answer that is longer than its limit.
var ErrTooLarge = errors.New("the answer is too long")

// errRequest is wrapped by the error of a request that cannot be asked at all.
var errRequest = errors.New("request refused before it was sent")

// maxRefusal is how much of a refusal's body is kept, in bytes.
const maxRefusal = 4 << 10

// maxRef bounds the length in bytes of an address, which may come out of an answer.
const maxRef = 16 << 10

// maxRetryAfter bounds what a host may ask for, so that a mistaken one does not stop
// an exchange for good.
const maxRetryAfter = 24 * time.Hour

// StatusError says that the host refused a request.
type StatusError struct {
	Code  int    // The HTTP status.
	Where string // The method and the address without its query.
	// After is how long the host asks to wait, 0 when it does not say; at most a day.
	After time.Duration
	// Body is the beginning of the refusal's body, for those who know the host's codes.
	// Logs must not hold it, since it may repeat what was asked.
	Body []byte
}

// Error names the status and the address without its query.
func (e *StatusError) Error() string {
	text := http.StatusText(e.Code)
	switch e.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += ": check the credentials"
	}
	if e.After > 0 {
		text += fmt.Sprintf(", asks to wait %s", e.After)
	}
	return fmt.Sprintf("%s: %d %s", e.Where, e.Code, text)
}

// RetryAfter returns how long the host asked to wait, when err holds a *StatusError
// that says so.
func RetryAfter(err error) (time.Duration, bool) {
	var refused *StatusError
	if errors.As(err, &refused) && refused.After > 0 {
		return refused.After, true
	}
	return 0, false
}

// base is the address under which a client stays.
type base struct{ *url.URL }

func parseBase(text string, insecure bool) (base, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil: // Its text repeats the address, which may hold a password.
		return base{}, errors.New("url cannot be read: want https://host/path")
	case u.User != nil:
		return base{}, errors.New("url holds a user or a password: they belong into credentials")
	case u.RawQuery != "" || u.Fragment != "":
		return base{}, errors.New("url holds a query or a fragment: want https://host/path")
	case u.Host == "" || u.Hostname() == "":
		return base{}, errors.New("url names no host: want https://host/path")
	case u.Scheme == "https" || u.Scheme == "http" && (insecure || loopback(u.Hostname())):
	case u.Scheme == "http":
		return base{}, fmt.Errorf("url http://%s is not https: anyone on the way could read and change it; insecure: true allows it", u.Host)
	default:
		return base{}, fmt.Errorf("url has scheme %.20q, want https", u.Scheme)
	}
	// So that references lie under it and not beside it.
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return base{u}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// resolve returns the absolute address of ref.
func (b base) resolve(ref string) (*url.URL, error) {
	if len(ref) > maxRef {
		return nil, fmt.Errorf("%w: the address has %d bytes, want at most %d", errRequest, len(ref), maxRef)
	}
	u, err := url.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be read", errRequest)
	}
	u = b.ResolveReference(u)
	return u, b.same(u)
}

// same refuses addresses of other hosts.
func (b base) same(u *url.URL) error {
	if u.User != nil {
		return fmt.Errorf("%w: the address holds a user", errRequest)
	}
	if u.Scheme != b.Scheme || !strings.EqualFold(u.Host, b.Host) {
		return fmt.Errorf("%w: the address leads to %.20s://%.100s, away from %s://%s", errRequest, u.Scheme, u.Host, b.Scheme, b.Host)
	}
	return nil
}

// plain returns an address without what may be secret.
func plain(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// failed says why a request or an answer broke off, without its query. Besides a
// *url.Error, which repeats it, net/http's texts hold hosts and ports; those that
// quote a malformed answer or a proxy's address are replaced.
func failed(ctx context.Context, where string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", where, cause)
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	switch text := err.Error(); {
	case strings.Contains(text, "malformed"):
		return fmt.Errorf("%s: the answer is not HTTP", where)
	case strings.Contains(text, "proxy address"):
		return fmt.Errorf("%s: the proxy's address in the environment cannot be read", where)
	}
	return fmt.Errorf("%s: %w", where, err)
}

// body limits an answer in length and in the time between two reads.
type body struct {
	r           io.ReadCloser
	ctx         context.Context //nolint:containedctx // Asked why a read failed.
	end         func()
	idle        *time.Timer
	every       time.Duration
	left, limit int64
	where       string
}

func (b *body) Read(p []byte) (int, error) {
	b.idle.Reset(b.every)
	defer b.idle.Stop()
	// One byte beyond the limit tells what is too long from what just fits.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, fmt.Errorf("%s: %w: more than %d bytes", b.where, ErrTooLarge, b.limit)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) { // A body cut short is io.ErrUnexpectedEOF.
		err = failed(b.ctx, b.where, err)
	}
	return n, err
}

// Close releases the connection.
func (b *body) Close() error {
	b.idle.Stop()
	err := b.r.Close()
	b.end()
	return err
}
