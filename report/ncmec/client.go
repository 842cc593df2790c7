package ncmec

import (
	"bytes"
	"context"
	"crypto/md5" // #nosec G501 -- the service answers an MD5, which is compared
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/api"
)

// Where the service is, by its documentation.
const (
	TestURL       = "https://exttest.cybertip.org/ispws"
	ProductionURL = "https://report.cybertip.org/ispws"
)

// Settings say where a client files, and as whom.
type Settings struct {
	// URL is of the service; empty is the test environment, or production where both
	// switches are on. One on loopback is a stand-in.
	URL            string
	User, Password string
	// Production and Really are the two switches: the configuration's and the process's. Only
	// with both does anything reach the service that real reports go to.
	Production, Really bool
	// HTTP sends the requests; nil is a client with a limit of two minutes each.
	HTTP *http.Client
	Now  func() time.Time // for a Retry-After that is a date; nil is time.Now
}

// A Client speaks to the service. It tries nothing twice.
type Client struct {
	base, user, password string
	http                 *http.Client
	now                  func() time.Time
}

// NewClient checks the settings.
func NewClient(s Settings) (*Client, error) {
	if s.Production != s.Really {
		return nil, errors.New("only one of the two switches for production is on: nothing is filed")
	}
	production := s.Production && s.Really
	base := s.URL
	if base == "" {
		if base = TestURL; production {
			base = ProductionURL
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("the service's address must be https://host/path")
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	switch {
	case local && production:
		return nil, errors.New("with the switches for production on, a stand-in gets nothing")
	case local:
	case u.Scheme != "https":
		return nil, errors.New("the service's address must be https")
	case base != TestURL && !production:
		return nil, fmt.Errorf("without the two switches for production, reports go to %s or to a stand-in on loopback", TestURL)
	}
	if s.User == "" || s.Password == "" {
		return nil, errors.New("the service wants a user and a password")
	}
	c := s.HTTP
	if c == nil {
		c = &http.Client{Timeout: 2 * time.Minute}
	}
	plain := *c
	plain.CheckRedirect = api.NoRedirect // a report goes nowhere else
	now := s.Now
	if now == nil {
		now = time.Now
	}
	return &Client{now: now, base: strings.TrimSuffix(base, "/"), user: s.User, password: s.Password, http: &plain}, nil
}

// maxAfter limits how long the service may ask to be left alone.
const maxAfter = 24 * time.Hour

const typeXML = "text/xml; charset=utf-8"

// Status asks whether the service is there and knows the credentials.
func (c *Client) Status(ctx context.Context) (Answer, error) {
	return c.ask(ctx, "status", http.MethodGet, "", nil)
}

// Submit opens a report. Nothing of it reaches anybody until it is finished.
func (c *Client) Submit(ctx context.Context, report []byte) (Answer, error) {
	a, err := c.ask(ctx, "submit", http.MethodPost, typeXML, report)
	if err == nil && a.ReportID <= 0 {
		return a, &Unknown{Step: "submit", Err: errors.New("the answer names no report")}
	}
	return a, err
}

// Upload adds a file to an open report. That the service has other bytes is a Refusal of
// class Again.
func (c *Client) Upload(ctx context.Context, report int64, name string, data []byte) (Answer, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("id", strconv.FormatInt(report, 10)); err != nil {
		return Answer{}, fmt.Errorf("upload: %w", err)
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return Answer{}, fmt.Errorf("upload: %w", err)
	}
	a, err := c.ask(ctx, "upload", http.MethodPost, w.FormDataContentType(), b.Bytes())
	if err != nil {
		return a, err
	}
	sum := md5.Sum(data) // #nosec G401 -- as above
	if !strings.EqualFold(a.MD5, hex.EncodeToString(sum[:])) || a.FileID == "" {
		return a, &Refusal{Step: "upload", Class: Again, Status: http.StatusOK, RequestID: a.RequestID, Says: "the service has other bytes: their MD5 is not the file's"}
	}
	return a, nil
}

// FileInfo says what an uploaded file is.
func (c *Client) FileInfo(ctx context.Context, details []byte) (Answer, error) {
	return c.ask(ctx, "fileinfo", http.MethodPost, typeXML, details)
}

// Finish closes a report, from when on it can be neither changed nor taken back.
func (c *Client) Finish(ctx context.Context, report int64) (Answer, error) {
	return c.byID(ctx, "finish", report)
}

// Retract takes back a report that is not finished.
func (c *Client) Retract(ctx context.Context, report int64) (Answer, error) {
	return c.byID(ctx, "retract", report)
}

func (c *Client) byID(ctx context.Context, step string, report int64) (Answer, error) {
	form := url.Values{"id": {strconv.FormatInt(report, 10)}}.Encode()
	return c.ask(ctx, step, http.MethodPost, "application/x-www-form-urlencoded", []byte(form))
}

// Schema fetches the schema that the service validates by.
func (c *Client) Schema(ctx context.Context) ([]byte, error) {
	status, _, body, err := c.send(ctx, "xsd", http.MethodGet, "", nil)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, &Refusal{Step: "xsd", Class: ofStatus(status), Status: status, Says: "no schema"}
	}
	return body, nil
}

// ask sends a request and reads its answer.
func (c *Client) ask(ctx context.Context, step, method, kind string, body []byte) (Answer, error) {
	status, header, data, err := c.send(ctx, step, method, kind, body)
	if err != nil {
		return Answer{}, err
	}
	a, err := parseAnswer(data)
	a.RequestID = header.Get("Request-ID")
	switch {
	case err == nil && a.Code == 0 && status == http.StatusOK:
		return a, nil
	case err == nil && a.Code != 0:
		return a, &Refusal{Step: step, Class: classOf(a.Code), Code: a.Code, Status: status, RequestID: a.RequestID, Says: a.Says, After: api.RetryAfter(header, c.now(), maxAfter)}
	case status != http.StatusOK: // 401 may have no body; what stands before the service has its own
		return a, &Refusal{Step: step, Class: ofStatus(status), Status: status, RequestID: a.RequestID, Says: http.StatusText(status), After: api.RetryAfter(header, c.now(), maxAfter)}
	}
	return a, &Unknown{Step: step, Err: err}
}

// ofStatus is what an answer without a code of the service means.
func ofStatus(status int) Class {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Denied
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return Again
	}
	return Final
}

// send returns a status, a header and a body. An error is an Unknown, but where the request
// was certainly not sent.
func (c *Client) send(ctx context.Context, step, method, kind string, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/"+step, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s: %w", step, err)
	}
	req.SetBasicAuth(c.user, c.password)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return 0, nil, nil, &Refusal{Step: step, Class: Again, Says: "the service cannot be reached"}
		}
		return 0, nil, nil, &Unknown{Step: step, Err: err}
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, nil, &Unknown{Step: step, Err: err}
	case len(data) > maxAnswer:
		return 0, nil, nil, &Unknown{Step: step, Err: fmt.Errorf("the answer is longer than %d bytes", maxAnswer)}
	}
	return res.StatusCode, res.Header, data, nil
}
