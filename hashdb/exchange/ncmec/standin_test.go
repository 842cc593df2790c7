package ncmec

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

const password = "open-sesame-7391"

// standIn answers as NCMEC's interface is published to: entries of a window of time in
// an order that is not that of time, page by page, each page naming the next by an
// address from the root of the interface; deletions as elements of their own.
type standIn struct {
	t    *testing.T
	mu   sync.Mutex
	rows map[string]*row // By member/id.
	size int             // Of a page.
	// before is called with each request and may answer it.
	before   func(w http.ResponseWriter, r *http.Request) bool
	requests []string
	feedback []string
}

type row struct {
	member, id, class string
	video, deleted    bool
	at                time.Time
	md5, pdq          string
	order             uint64 // Of handing out.
}

func newStandIn(t *testing.T) (*standIn, *httptest.Server) {
	s := &standIn{t: t, rows: map[string]*row{}, size: 4}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

func (s *standIn) set(r row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.order == 0 {
		r.order = rand.Uint64()
	}
	s.rows[r.member+"/"+r.id] = &r
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
	if user, pass, _ := r.BasicAuth(); user != "member" || pass != password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if s.before != nil && s.before(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	switch path := strings.TrimPrefix(r.URL.Path, "/hashsharing/v2/"); {
	case path == "status":
		_, _ = fmt.Fprint(w, `<?xml version="1.0"?><status xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><ipAddress>127.0.0.1</ipAddress>`+
			`<username>member</username><member id="7">Example</member></status>`)
	case path == "members":
		_, _ = fmt.Fprint(w, `<members xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><member id="7">Example</member><member id="8">Other</member></members>`)
	case path == "entries":
		s.entries(w, r.URL.Query())
	case strings.HasPrefix(path, "feedback/") && strings.HasSuffix(path, "/reasons"):
		_, _ = fmt.Fprint(w, `<availableFeedbackReasons xmlns="https://hashsharing.ncmec.org/hashsharing/v2">`+
			`<reason guid="01234567-abcd-0123-4567-012345678900" name="Wrong class" type="Md5"/>`+
			`<reason guid="01234567-abcd-0123-4567-012345678901" name="Innocent" type="Md5"/></availableFeedbackReasons>`)
	case strings.HasPrefix(path, "entries/") && r.Method == http.MethodPut:
		b, err := io.ReadAll(r.Body)
		if err != nil || xml.Unmarshal(b, &struct{}{}) != nil {
			s.t.Errorf("feedback cannot be read: %v %s", err, b)
		}
		s.feedback = append(s.feedback, r.URL.EscapedPath()+"\n"+string(b)+"\n")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *standIn) entries(w io.Writer, q url.Values) {
	const layout = "2006-01-02T15:04:05Z"
	from, err1 := time.Parse(layout, q.Get("from"))
	to, err2 := time.Parse(layout, q.Get("to"))
	if err1 != nil || err2 != nil || !from.Before(to) {
		s.t.Errorf("asked for %s to %s", q.Get("from"), q.Get("to"))
	}
	var in []*row
	for _, r := range s.rows {
		if !r.at.Before(from) && !r.at.After(to) {
			in = append(in, r)
		}
	}
	slices.SortFunc(in, func(a, b *row) int { return cmp.Compare(a.order, b.order) })
	start := 0
	if v := q.Get("start"); v != "" {
		start, _ = strconv.Atoi(v)
		start-- // Counted from 1.
	}
	end := min(start+s.size, len(in))
	_, _ = fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">`)
	for _, kind := range []string{"image", "video"} {
		_, _ = fmt.Fprintf(w, `<%ss count="1" maxTimestamp="%s">`, kind, to.Format(layout))
		for _, r := range in[start:end] {
			if r.video != (kind == "video") {
				continue
			}
			name := kind
			if r.deleted {
				name = "deleted" + strings.ToUpper(kind[:1]) + kind[1:]
			}
			_, _ = fmt.Fprintf(w, `<%s><member id="%s">Example</member><timestamp>%s</timestamp><id>%s</id>`, name, r.member, r.at.Format(layout), r.id)
			if !r.deleted {
				_, _ = fmt.Fprintf(w, `<classification>%s</classification><fingerprints>`, r.class)
				if r.md5 != "" {
					_, _ = fmt.Fprintf(w, `<md5>%s</md5>`, r.md5)
				}
				if r.pdq != "" {
					_, _ = fmt.Fprintf(w, `<pdq>%s</pdq>`, r.pdq)
				}
				_, _ = fmt.Fprint(w, `<pdna>not,read</pdna></fingerprints><feedback/>`)
			}
			_, _ = fmt.Fprintf(w, `</%s>`, name)
		}
		_, _ = fmt.Fprintf(w, `</%ss>`, kind)
	}
	if end < len(in) {
		next := url.Values{"from": {q.Get("from")}, "to": {q.Get("to")}, "start": {strconv.Itoa(end + 1)},
			"size": {strconv.Itoa(s.size)}, "max": {strconv.Itoa(len(in))}}
		_, _ = fmt.Fprintf(w, `<paging><next>/v2/entries?%s</next></paging>`, strings.ReplaceAll(next.Encode(), "&", "&amp;"))
	}
	_, _ = fmt.Fprint(w, `</queryResult>`)
}

// asked returns how often entries were asked for.
func (s *standIn) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.Contains(r, "/v2/entries?") {
			n++
		}
	}
	return n
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// source returns a source that asks the stand-in.
func source(t *testing.T, server *httptest.Server, set func(*Options)) *Source {
	t.Helper()
	o := Options{
		Client: exchange.ClientOptions{URL: server.URL + "/hashsharing", Now: func() time.Time { return now }, Tries: 1},
		User:   exchange.NewSecret("member"), Password: exchange.NewSecret(password),
		Since: now.Add(-100 * 24 * time.Hour),
	}
	if set != nil {
		set(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
