package exchange_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// direct answers requests from a handler without a network, so that tests can run in
// synctest's time.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func client(t *testing.T, url string, set func(*exchange.ClientOptions)) *exchange.Client {
	t.Helper()
	o := exchange.ClientOptions{URL: url, Now: time.Now, Tries: 1,
		Authorize: func(r *http.Request) { r.SetBasicAuth("user", password) }}
	if set != nil {
		set(&o)
	}
	c, err := exchange.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestClientURL(t *testing.T) {
	for _, test := range []struct {
		url      string
		insecure bool
		want     string
	}{
		{"https://host/path", false, ""},
		{"https://host:8443", false, ""},
		{"http://127.0.0.1:1/x", false, ""},
		{"http://[::1]:1/x", false, ""},
		{"http://localhost/x", false, ""},
		{"http://host/x", true, ""},
		{"http://host/x", false, "not https"},
		{"http://127.0.0.1.example/x", false, "not https"},
		{"https://user:" + password + "@host/x", false, "user or a password"},
		{"https://host/x?key=" + password, false, "query"},
		{"https://host/x#a", false, "fragment"},
		{"https:///x", false, "no host"},
		{"https://:443/x", false, "no host"},
		{"ftp://host/x", false, "scheme"},
		{"host/x", false, "no host"},
		{"https://ho st/" + password, false, "cannot be read"},
		{"", false, "no host"},
	} {
		_, err := exchange.NewClient(exchange.ClientOptions{URL: test.url, Insecure: test.insecure, Now: time.Now})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.url, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
	if _, err := exchange.NewClient(exchange.ClientOptions{URL: "https://host"}); err == nil {
		t.Error("a client without a clock was made")
	}
}

func TestClientAnswers(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked for %s", r.URL.Path)
	}))
	defer other.Close()
	mux.HandleFunc("/base/good", func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		b, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s?%s %s %s %s %q", r.Method, r.URL.Path, r.URL.RawQuery, user, pass, r.UserAgent(), b)
	})
	mux.HandleFunc("/base/gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
	})
	mux.HandleFunc("/base/same", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Location", "/base/good")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		http.Redirect(w, r, "/base/good?b=2", http.StatusFound)
	})
	mux.HandleFunc("/base/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x?key="+password, http.StatusFound)
	})
	mux.HandleFunc("/base/circle", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/base/circle?key="+password, http.StatusFound)
	})
	mux.HandleFunc("/base/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = fmt.Fprint(w, "only this")
	})
	mux.HandleFunc("/base/refused", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, "you said "+password+strings.Repeat("x", 10000))
	})
	mux.HandleFunc("/base/later", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	mux.HandleFunc("/base/junk", func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = fmt.Fprint(conn, password+"\r\n\r\n")
		_ = conn.Close()
	})
	mux.HandleFunc("/base/hang", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/base/mute", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/base/drip", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte{'x'})
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	mux.HandleFunc("/base/unchanged", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("/root", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "root") })

	c := client(t, server.URL+"/base", func(o *exchange.ClientOptions) { o.MaxBody = 8000 })
	hasty := client(t, server.URL+"/base", func(o *exchange.ClientOptions) {
		o.Idle, o.Total = 300*time.Millisecond, 600*time.Millisecond
	})
	for _, test := range []struct {
		request exchange.Request
		want    string // Of the body or, after a "!", of the error.
	}{
		{exchange.Request{Ref: "good?a=1"}, `GET /base/good?a=1 user ` + password + ` vigil ""`},
		{exchange.Request{Ref: "good", Method: "PUT", Body: []byte("b")}, `PUT /base/good? user ` + password + ` vigil "b"`},
		{exchange.Request{Ref: "/root"}, "root"},
		{exchange.Request{Ref: server.URL + "/root"}, "root"},
		{exchange.Request{Ref: "same"}, "GET /base/good?b=2 user " + password},
		{exchange.Request{Ref: "same", Method: "PUT", Body: []byte("b")}, "!307 Temporary Redirect"},
		{exchange.Request{Ref: "away"}, "!away from http://127.0.0.1"},
		{exchange.Request{Ref: "circle"}, "!more than 5 redirects"},
		{exchange.Request{Ref: other.URL}, "!away from"},
		{exchange.Request{Ref: "//" + strings.TrimPrefix(other.URL, "http://") + "/x"}, "!away from"},
		{exchange.Request{Ref: "https" + strings.TrimPrefix(server.URL, "http")}, "!away from"},
		{exchange.Request{Ref: "http://u:" + password + "@127.0.0.1/x"}, "!holds a user"},
		{exchange.Request{Ref: "good?" + strings.Repeat("x", 17000)}, "!has 17005 bytes"},
		{exchange.Request{Ref: "good\x7f?" + password}, "!cannot be read"},
		{exchange.Request{Ref: "gzip"}, "!more than 8000 bytes"},
		{exchange.Request{Ref: "gzip", MaxBody: 1 << 20}, "\x00"},
		{exchange.Request{Ref: "cut"}, "!unexpected EOF"},
		{exchange.Request{Ref: "refused?key=" + password}, "!401 Unauthorized: check the credentials"},
		{exchange.Request{Ref: "later"}, "!429 Too Many Requests, asks to wait 2h0m0s"},
		{exchange.Request{Ref: "junk"}, "!is not HTTP"},
		{exchange.Request{Ref: "hang?key=" + password}, "!nothing came for 300ms"},
		{exchange.Request{Ref: "mute"}, "!nothing came for 300ms"},
		{exchange.Request{Ref: "drip"}, "!it took longer than 600ms"},
		{exchange.Request{Ref: "unchanged"}, ""},
		{exchange.Request{Ref: "nix"}, "!404 Not Found"},
	} {
		name := test.request.Method + " " + test.request.Ref
		c := c
		if strings.Contains(test.want, "00ms") {
			c = hasty
		}
		resp, err := c.Do(t.Context(), test.request)
		want, bad := strings.CutPrefix(test.want, "!")
		if !bad {
			if err != nil || !strings.HasPrefix(string(resp.Body), want) {
				t.Errorf("%q: got %v %v, want %q", name, resp, err, want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%q: the error repeats a secret: %v", name, err)
		}
	}
	_, err := c.Do(t.Context(), exchange.Request{Ref: "refused"})
	var refused *exchange.StatusError
	if !errors.As(err, &refused) || refused.Code != 401 || len(refused.Body) != 4<<10 {
		t.Errorf("got %v with %d bytes", err, len(refused.Body))
	}
	if _, err := c.Do(t.Context(), exchange.Request{Ref: "gzip"}); !errors.Is(err, exchange.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	if _, err := c.Do(t.Context(), exchange.Request{Ref: "cut"}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want ErrUnexpectedEOF", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(stopped, exchange.Request{Ref: "good"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

func TestClientOpen(t *testing.T) {
	text := bytes.Repeat([]byte("x"), 3000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(text) }))
	defer server.Close()
	c := client(t, server.URL, nil)
	for limit, want := range map[int64]int{3000: 3000, 2999: -1, 5000: 3000} {
		resp, err := c.Open(t.Context(), exchange.Request{Ref: "x", MaxBody: limit})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if want >= 0 && (err != nil || len(b) != want) || want < 0 && (!errors.Is(err, exchange.ErrTooLarge) || len(b) != int(limit)) {
			t.Errorf("limit %d: got %d bytes, %v", limit, len(b), err)
		}
	}
}

func TestClientRetries(t *testing.T) {
	for _, test := range []struct {
		name     string
		request  exchange.Request
		answers  []int  // What each attempt gets.
		after    string // Retry-After of all refusals.
		attempts int32
		ok       bool
		least    time.Duration
		most     time.Duration
	}{
		{"good", exchange.Request{}, []int{200}, "", 1, true, 0, 0},
		{"busy once", exchange.Request{}, []int{503, 200}, "", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"asks to wait", exchange.Request{}, []int{429, 200}, "20", 2, true, 20 * time.Second, 20 * time.Second},
		{"asks until", exchange.Request{}, []int{429, 200}, "Sat, 01 Jan 2000 00:00:30 GMT", 2, true, 30 * time.Second, 30 * time.Second},
		{"asks for too long", exchange.Request{}, []int{429, 200}, "61", 1, false, 0, 0},
		{"asks for nonsense", exchange.Request{}, []int{429, 200}, "soon", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"asks for the past", exchange.Request{}, []int{429, 200}, "Fri, 31 Dec 1999 00:00:30 GMT", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"never", exchange.Request{}, []int{500, 502, 503, 504, 200}, "", 4, false, 1750 * time.Millisecond, 5250 * time.Millisecond},
		{"refused", exchange.Request{}, []int{401, 200}, "", 1, false, 0, 0},
		{"post not repeated", exchange.Request{Method: "POST"}, []int{500, 200}, "", 1, false, 0, 0},
		{"post not done", exchange.Request{Method: "POST"}, []int{429, 200}, "", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"post repeatable", exchange.Request{Method: "POST", Repeatable: true}, []int{500, 200}, "", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"put", exchange.Request{Method: "PUT", Body: []byte("b")}, []int{500, 200}, "", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
		{"cut", exchange.Request{}, []int{-1, 200}, "", 2, true, 250 * time.Millisecond, 750 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int32
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					code := test.answers[n.Add(1)-1]
					if b, _ := io.ReadAll(r.Body); string(b) != string(test.request.Body) {
						t.Errorf("attempt %d sent %q", n.Load(), b)
					}
					w.Header().Set("Retry-After", test.after)
					if code == -1 {
						w.Header().Set("X-Cut", "1")
					}
					w.WriteHeader(max(code, 200))
				})
				c := client(t, "https://host", func(o *exchange.ClientOptions) {
					o.Tries = 4
					o.Transport = cutting{direct{handler}}
				})
				start := time.Now()
				_, err := c.Do(t.Context(), test.request)
				if (err == nil) != test.ok || n.Load() != test.attempts {
					t.Errorf("got %v after %d attempts, want %d", err, n.Load(), test.attempts)
				}
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("took %s, want %s to %s", took, test.least, test.most)
				}
			})
		})
	}
}

// cutting breaks off answers to the first attempt when they say so.
type cutting struct{ direct }

func (c cutting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.direct.RoundTrip(r)
	if err == nil && resp.Header.Get("X-Cut") != "" {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("a"), broken{}))
	}
	return resp, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestClientStopsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "https://host", func(o *exchange.ClientOptions) {
			o.Tries = 4
			o.Transport = direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "60")
				w.WriteHeader(503)
			})}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.Do(ctx, exchange.Request{}); err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}
