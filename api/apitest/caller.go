package apitest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Once returns a function that reads a document of YAML at its first call.
func Once(yamlText []byte) func(testing.TB) *Document {
	read := sync.OnceValues(func() (*Document, error) { return Read(yamlText) })
	return func(t testing.TB) *Document {
		t.Helper()
		d, err := read()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// A Caller calls a service and holds every answer against its document.
type Caller struct {
	T       testing.TB
	Handler http.Handler
	Doc     *Document
	Key     string // of the requests that it makes; "" for none
}

// Request makes a request with the key. No content type leaves that header out.
func (c *Caller) Request(method, target, contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if c.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.Key)
	}
	return r
}

// Send returns the answer to a request.
func (c *Caller) Send(r *http.Request) *httptest.ResponseRecorder {
	c.T.Helper()
	w := httptest.NewRecorder()
	c.Handler.ServeHTTP(w, r)
	c.Doc.Check(c.T, r, w.Result().StatusCode, w.Header(), w.Body.Bytes())
	return w
}

// Do makes a request and sends it.
func (c *Caller) Do(method, target, contentType string, body []byte) *httptest.ResponseRecorder {
	c.T.Helper()
	return c.Send(c.Request(method, target, contentType, body))
}

// WantStatus fails the test where an answer has another status, or not this text.
func WantStatus(t testing.TB, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		t.Errorf("answer %d %s, want %d with %q", w.Code, w.Body, status, text)
	}
}
