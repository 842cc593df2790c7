package threatexchange

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

func fuzzed(f *testing.F) *Group {
	f.Helper()
	g, err := New(Options{Client: exchange.ClientOptions{Now: time.Now}, Group: group, Token: exchange.NewSecret(token), Bad: func(error) {}})
	if err != nil {
		f.Fatal(err)
	}
	return g
}

// Whatever an answer says, reading it ends, entries are good, and the next page is one
// of this group's, asked for without the token that the answer repeats.
func FuzzPage(f *testing.F) {
	g := fuzzed(f)
	f.Add([]byte(`{"data":[` + update{id: 1, at: start}.json() + `,` + update{id: 2, at: start, gone: true}.json() + `],"paging":{"next":"https://graph.facebook.com/v25.0/` + group + `/threat_updates/?access_token=x&after=A"}}`))
	f.Add([]byte(`{"data":[{"id":1}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		next, err := g.read(body, func(r hashdb.Record) error {
			for i := range r.Entries {
				if err := r.Entries[i].Check(); err != nil {
					t.Error(err)
				}
			}
			return nil
		})
		query, ours := strings.CutPrefix(next, group+"/threat_updates/?")
		if q, bad := url.ParseQuery(query); next != "" && (err != nil || !ours || bad != nil || q.Has("access_token")) {
			t.Errorf("next page %q, %v", next, err)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	g := fuzzed(f)
	f.Add([]byte(`{"group":"` + group + `","types":"HASH_PDQ,HASH_MD5","time":1,"since":1772366400}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, from []byte) {
		c, anew := g.begin(from, start)
		if c.start() < 0 || c.Group != group || len(from) == 0 && anew != "" {
			t.Errorf("%+v, %q", c, anew)
		}
		if again, anew := g.begin(c.encode(), start); again != c || anew != "" {
			t.Errorf("%+v comes back as %+v, %q", c, again, anew)
		}
	})
}

func FuzzDescriptors(f *testing.F) {
	f.Add([]byte(`{"descriptors":{"data":[{"id":"901","owner":{"id":"2"}}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ids, err := others(body, app)
		for _, id := range ids {
			if !idForm.MatchString(id) {
				t.Errorf("%q is no id", id)
			}
		}
		if err == nil && len(ids) == 0 {
			t.Error("nobody to tell, and no error")
		}
	})
}
