package threatexchange

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

const (
	group = "123456789012345"
	app   = "5550000001"
	token = app + "|made-up-TOKEN-2718281828"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func hexOf(n int) string {
	sum := sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	return hex.EncodeToString(sum[:])
}

// update is one line of the group's log.
type update struct {
	id   int
	at   time.Time
	gone bool
	bare bool // A tombstone that does not repeat the hash.
	tag  string
}

func (u update) json() string {
	if u.bare {
		return fmt.Sprintf(`{"id":"%d","type":"HASH_PDQ","last_updated":%d,"should_delete":true}`, u.id, u.at.Unix())
	}
	if u.gone {
		return fmt.Sprintf(`{"id":"%d","indicator":%q,"type":"HASH_PDQ","last_updated":%d,"should_delete":true}`, u.id, hexOf(u.id), u.at.Unix())
	}
	return fmt.Sprintf(`{"id":"%d","indicator":%q,"type":"HASH_PDQ","last_updated":%d,"should_delete":false,"descriptors":{"data":[{"id":"9%d","owner":{"id":"5550000002"},"status":"MALICIOUS","tags":{"data":[{"id":"1","text":%q}]}}]}}`,
		u.id, hexOf(u.id), u.at.Unix(), u.id, u.word())
}

func (u update) word() string { return cmp.Or(u.tag, "first") }

// graph stands in for the Graph API, as documented for threat_updates and reactions.
type graph struct {
	t       *testing.T
	log     []update
	now     func() time.Time
	queries []url.Values                                                // Of updates asked for, without the token.
	reacted []string                                                    // "descriptor reaction", in order.
	instead func(page int, w http.ResponseWriter, r *http.Request) bool // Answers in place of the API, when it returns true.
	limit   int                                                         // A page's length whatever is asked for; 0 for what is asked for.
}

// put moves an indicator's update to the end of the log, as the API does.
func (g *graph) put(u update) {
	g.log = append(slices.DeleteFunc(g.log, func(o update) bool { return o.id == u.id }), u)
	sort.SliceStable(g.log, func(i, j int) bool { return g.log[i].at.Before(g.log[j].at) })
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("access_token") != token {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Invalid token %s","type":"OAuthException","code":190}}`, q.Get("access_token"))
		return
	}
	switch {
	case r.URL.Path == "/v25.0/"+group+"/threat_updates/" && r.Method == http.MethodGet:
		q.Del("access_token")
		g.queries = append(g.queries, q)
		if g.instead == nil || !g.instead(len(g.queries), w, r) {
			g.page(w, r, q)
		}
	case r.URL.Path == "/v25.0/77" && q.Get("fields") == "descriptors{id,owner{id}}" && q.Get("privacy_group") == group:
		_, _ = fmt.Fprintf(w, `{"id":"77","descriptors":{"data":[{"id":"901","owner":{"id":"5550000002"}},{"id":"902","owner":{"id":%q}},{"id":"903","owner":{"id":"5550000003"}}]}}`, app)
	case r.URL.Path == "/v25.0/78":
		_, _ = fmt.Fprintf(w, `{"id":"78","descriptors":{"data":[{"id":"902","owner":{"id":%q}}]}}`, app)
	case r.URL.Path == "/v25.0/79":
		_, _ = fmt.Fprint(w, `{"id":"79","descriptors":{"data":[{"id":"../me"}]}}`)
	case r.URL.Path == "/v25.0/80":
		_, _ = fmt.Fprint(w, `{"id":"80","descriptors":{"data":[{"id":"904","owner":{"id":"1"}}]}}`)
	case strings.HasPrefix(r.URL.Path, "/v25.0/90") && r.Method == http.MethodPost:
		g.reacted = append(g.reacted, strings.TrimPrefix(r.URL.Path, "/v25.0/")+" "+q.Get("reactions"))
		_, _ = fmt.Fprintf(w, `{"success":%t}`, !strings.HasSuffix(r.URL.Path, "904"))
	default:
		http.NotFound(w, r)
	}
}

// page answers with one page of the log. The cursor is the place in what matches.
func (g *graph) page(w http.ResponseWriter, r *http.Request, q url.Values) {
	from, _ := strconv.ParseInt(q.Get("start_time"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	after, _ := strconv.Atoi(q.Get("after"))
	if g.limit > 0 {
		limit = g.limit
	}
	var found []update
	for _, u := range g.log {
		if u.at.Unix() >= from && (!u.gone || g.now().Sub(u.at) <= 90*24*time.Hour) {
			found = append(found, u)
		}
	}
	end := min(after+limit, len(found))
	var out bytes.Buffer
	out.WriteString(`{"data":[`)
	for i, u := range found[after:end] {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(u.json())
	}
	out.WriteString(`]`)
	if end < len(found) {
		q.Set("after", strconv.Itoa(end))
		q.Set("access_token", token)
		_, _ = fmt.Fprintf(&out, `,"paging":{"cursors":{"after":"%d"},"next":"http://%s%s?%s"}`, end, r.Host, r.URL.Path, q.Encode())
	}
	out.WriteString(`}`)
	_, _ = w.Write(out.Bytes())
}

// store stands in for the database: it applies batches as hashdb.Batch says.
type store struct {
	entries    map[hashdb.Hash]map[string]hashdb.Entry
	checkpoint []byte
	batches    []hashdb.Batch
	fail       int // The batch that fails, counted from 1; 0 for none.
}

var errStore = fmt.Errorf("the disk is full")

func (s *store) apply(b hashdb.Batch) error {
	s.batches = append(s.batches, b)
	if len(s.batches) == s.fail {
		return errStore
	}
	if s.entries == nil {
		s.entries = map[hashdb.Hash]map[string]hashdb.Entry{}
	}
	for _, ref := range b.RetractRefs {
		for _, refs := range s.entries {
			delete(refs, ref)
		}
	}
	for _, e := range b.Entries {
		if err := e.Check(); err != nil {
			return err
		}
		if s.entries[e.Hash] == nil {
			s.entries[e.Hash] = map[string]hashdb.Entry{}
		}
		if s.entries[e.Hash][e.Ref] = e; e.Status == hashdb.Retracted {
			delete(s.entries[e.Hash], e.Ref)
		}
	}
	if b.Checkpoint.Value != nil {
		s.checkpoint = b.Checkpoint.Value
	}
	return nil
}

// known yields what is in the store.
func (s *store) known(context.Context) iter.Seq2[hashdb.Entry, error] {
	return func(yield func(hashdb.Entry, error) bool) {
		for _, refs := range s.entries {
			for _, e := range refs {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// ids returns the ids in the store, ascending, each with its words.
func (s *store) ids() []string {
	var ids []string
	for _, refs := range s.entries {
		for ref, e := range refs {
			ids = append(ids, ref+" "+strings.Join(e.Tags, ","))
		}
	}
	sort.Strings(ids)
	return ids
}

// want returns what the store should hold: the log's indicators that are not gone.
func (g *graph) want() []string {
	var ids []string
	last := map[int]update{}
	for _, u := range g.log {
		last[u.id] = u
	}
	for _, u := range last {
		if !u.gone {
			ids = append(ids, fmt.Sprintf("%d %s", u.id, u.word()))
		}
	}
	sort.Strings(ids)
	return ids
}

// bench is a group, the API it follows, the store it fills, and their clock.
type bench struct {
	*Group
	api   *graph
	store *store
	now   time.Time
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{store: &store{}, now: start}
	b.api = &graph{t: t, now: func() time.Time { return b.now }}
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	o := Options{
		Client: exchange.ClientOptions{URL: server.URL + "/v25.0", Tries: 2, MaxWait: time.Millisecond, Now: func() time.Time { return b.now }},
		Group:  group, Token: exchange.NewSecret(token), PageSize: 3, Known: b.store.known,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if b.Group, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	return b
}

// sync syncs from the store's checkpoint.
func (b *bench) sync(t *testing.T) error {
	t.Helper()
	return b.Sync(t.Context(), b.store.checkpoint, b.store.apply)
}

// inStep syncs and fails the test unless the store then holds what the group lists.
func (b *bench) inStep(t *testing.T) {
	t.Helper()
	if err := b.sync(t); err != nil {
		t.Fatal(err)
	}
	if got, want := b.store.ids(), b.api.want(); !slices.Equal(got, want) {
		t.Fatalf("the store holds %d, %.200v, want %d, %.200v", len(got), got, len(want), want)
	}
}
