package threatexchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/golden"
)

func TestSyncKeepsInStep(t *testing.T) {
	b := newBench(t, nil)
	b.inStep(t) // Nothing listed yet.
	for i := range 8 {
		b.api.put(update{id: i + 1, at: start.Add(time.Duration(i) * time.Second)})
	}
	b.now = start.Add(time.Hour)
	b.inStep(t)
	// Changed, taken back, listed again, and new.
	at := b.now.Add(time.Minute)
	b.api.put(update{id: 1, at: at, tag: "changed"})
	b.api.put(update{id: 2, at: at, gone: true})
	b.api.put(update{id: 3, at: at.Add(1), gone: true})
	b.now = b.now.Add(time.Hour)
	b.inStep(t)
	b.api.put(update{id: 3, at: at.Add(time.Minute), tag: "again"})
	b.api.put(update{id: 9, at: at.Add(time.Minute)})
	b.now = b.now.Add(time.Hour)
	asked := len(b.api.queries)
	b.inStep(t)
	if first := b.api.queries[asked]; first.Get("start_time") != fmt.Sprint(at.Add(-overlap).Unix()) {
		t.Errorf("asked from %s, want %s before the last update", first.Get("start_time"), overlap)
	}
	// A group that stays quiet for a year, synced each month, is never fetched anew.
	for range 12 {
		b.now = b.now.Add(30 * 24 * time.Hour)
		asked = len(b.api.queries)
		b.inStep(t)
		if b.api.queries[asked].Get("start_time") == "" {
			t.Fatal("fetched anew")
		}
	}
}

func TestFirstQuery(t *testing.T) {
	b := newBench(t, nil)
	b.inStep(t)
	got, err := json.MarshalIndent(b.api.queries[0], "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "query.json", append(got, '\n'))
	golden.Check(t, "checkpoint.json", append(b.store.checkpoint, '\n'))
}

// What the documentation shows as an answer, in its JSON, is read as it says.
func TestPublishedPage(t *testing.T) {
	b := newBench(t, nil)
	body, err := os.ReadFile(filepath.Join("testdata", "page.json"))
	if err != nil {
		t.Fatal(err)
	}
	b.api.instead = func(page int, w http.ResponseWriter, r *http.Request) bool {
		if page == 1 {
			_, _ = fmt.Fprint(w, strings.ReplaceAll(string(body), "https://graph.facebook.com", "http://"+r.Host))
		}
		return page == 1
	}
	taken, err := hashdb.ParseHash(hashdb.KindMD5, "ffeeddccbbaa99887766554433221100")
	if err != nil {
		t.Fatal(err)
	}
	b.store.entries = map[hashdb.Hash]map[string]hashdb.Entry{taken: {"123457": {Hash: taken, Ref: "123457"}}}
	if err := b.sync(t); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, refs := range b.store.entries {
		for _, e := range refs {
			got = append(got, fmt.Sprintf("%s %v %s parties %d tags %q status %d\n", e.Ref, e.Hash.Kind, e.Time.Format(time.RFC3339), e.Parties, e.Tags, e.Status))
		}
	}
	slices.Sort(got)
	golden.Check(t, "page.txt", strings.Join(got, ""))
	if len(b.api.queries) != 2 || b.api.queries[1].Get("after") != "MjQZD" {
		t.Errorf("asked for %v, want the page after MjQZD", b.api.queries)
	}
}

func TestInterruptedGoesOn(t *testing.T) {
	const n = 100
	b := newBench(t, func(o *Options) { o.PageSize = 10 })
	b.size = 100
	for i := range n {
		b.api.put0(update{id: i + 1, at: start.Add(time.Duration(i-n) * time.Hour)})
	}
	broken := false
	b.api.instead = func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if broken = page >= 8; broken {
			w.WriteHeader(http.StatusForbidden)
		}
		return broken
	}
	if err := b.sync(t); err == nil || !broken {
		t.Fatalf("%v, want the refusal of page 8", err)
	}
	first := b.store.checkpoint
	var c checkpoint
	if err := json.Unmarshal(first, &c); err != nil || c.Since != start.Unix() || c.Time != b.api.log[50-1].at.Unix() {
		t.Fatalf("checkpoint %s, %v, want the fifth page's last time", first, err)
	}
	asked := len(b.api.queries)
	b.api.instead, b.now = nil, b.now.Add(time.Hour)
	b.inStep(t)
	if more := len(b.api.queries) - asked; more > 6 {
		t.Errorf("%d pages asked for after the interruption, want the other half", more)
	}
	if got := b.store.checkpoint; string(got) == string(first) {
		t.Error("the checkpoint did not move")
	}
	// Begun anew, it marks no place to go on from before it has seen everything.
	first, b.now = b.store.checkpoint, b.now.Add(100*24*time.Hour)
	asked = len(b.api.queries)
	b.api.instead = func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if broken = page >= asked+8; broken {
			w.WriteHeader(http.StatusForbidden)
		}
		return broken
	}
	if err := b.sync(t); err == nil || string(b.store.checkpoint) != string(first) {
		t.Errorf("%v, checkpoint %s, want it where it was", err, b.store.checkpoint)
	}
	for i, batch := range b.store.batches {
		if len(batch.Entries) > 100 {
			t.Errorf("batch %d has %d entries", i+1, len(batch.Entries))
		}
	}
}

// Deletions are missed from the beginning of a first fetch on, not from where it was
// taken up again.
func TestNeverComplete(t *testing.T) {
	b := newBench(t, func(o *Options) { o.PageSize, o.Known = 10, nil })
	b.size = 100
	for i := range 120 {
		b.api.put0(update{id: i + 1, at: start.Add(time.Duration(i-120) * time.Hour)})
	}
	stop := 0
	b.api.instead = func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if page == stop {
			w.WriteHeader(http.StatusForbidden)
		}
		return page == stop
	}
	for _, days := range []int{0, 50, 100} {
		b.now = start.Add(time.Duration(days) * 24 * time.Hour)
		stop = len(b.api.queries) + 7
		before := string(b.store.checkpoint)
		if err := b.sync(t); err == nil || errors.Is(err, ErrStale) != (days == 100) || (string(b.store.checkpoint) == before) != (days == 100) {
			t.Errorf("after %d days: %v, checkpoint %s", days, err, b.store.checkpoint)
		}
	}
}

// put0 appends an update that is newer than all others.
func (g *graph) put0(u update) { g.log = append(g.log, u) }

// A first fetch that is taken up after the tombstones ran out must begin anew: what
// was deleted in between is not told any more.
func TestStale(t *testing.T) {
	stale := func(t *testing.T, change func(*Options)) *bench {
		b := newBench(t, change)
		for i := range 8 {
			b.api.put(update{id: i + 1, at: start.Add(time.Duration(i) * time.Second)})
		}
		b.inStep(t)
		b.api.put(update{id: 2, at: start.Add(time.Hour), gone: true})
		b.api.put(update{id: 9, at: start.Add(time.Hour)})
		b.now = start.Add(100 * 24 * time.Hour)
		return b
	}
	t.Run("known", func(t *testing.T) {
		b := stale(t, nil)
		before := len(b.store.batches)
		b.inStep(t)
		for i, batch := range b.store.batches[before:] {
			if last := before+i == len(b.store.batches)-1; last != (batch.Checkpoint.Value != nil) {
				t.Errorf("batch %d carries a checkpoint %s; only the last should", i+1, batch.Checkpoint.Value)
			}
		}
	})
	t.Run("unknown", func(t *testing.T) {
		b := stale(t, func(o *Options) { o.Known = nil })
		if err := b.sync(t); !errors.Is(err, ErrStale) || !strings.Contains(err.Error(), "100 days") {
			t.Errorf("%v, want ErrStale", err)
		}
	})
	t.Run("young enough", func(t *testing.T) {
		b := stale(t, func(o *Options) { o.Known = nil })
		b.now = start.Add(85 * 24 * time.Hour)
		b.inStep(t)
	})
	t.Run("too much lost", func(t *testing.T) {
		b := stale(t, nil)
		b.api.log = b.api.log[:1]
		before := b.store.ids()
		if err := b.sync(t); !errors.Is(err, ErrShrunk) || !slices.Equal(before, b.store.ids()) {
			t.Errorf("%v and %v, want ErrShrunk and nothing lost", err, b.store.ids())
		}
	})
	t.Run("cut off", func(t *testing.T) {
		b := stale(t, nil)
		old := string(b.store.checkpoint)
		b.api.instead = func(page int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			return b.api.queries[page-1].Get("after") != ""
		}
		if err := b.sync(t); err == nil || string(b.store.checkpoint) != old {
			t.Fatalf("%v, checkpoint %s, want it where it was", err, b.store.checkpoint)
		}
		b.api.instead = nil
		b.inStep(t)
	})
	for name, from := range map[string]string{
		"another group": `{"group":"1","types":"HASH_PDQ,HASH_MD5","time":1,"since":1772366400}`,
		"other types":   `{"group":"123456789012345","types":"HASH_MD5","time":1,"since":1772366400}`,
		"no JSON":       `{`,
		"no times":      `{"group":"123456789012345","types":"HASH_PDQ,HASH_MD5"}`,
		"of the future": `{"group":"123456789012345","types":"HASH_PDQ,HASH_MD5","time":1,"since":1972366400}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.api.put(update{id: 1, at: start})
			b.store.checkpoint = []byte(from)
			b.inStep(t)
			if from := b.api.queries[0].Get("start_time"); from != "" {
				t.Errorf("asked from %s, want everything", from)
			}
			b.o.Known, b.store.checkpoint = nil, []byte(from)
			if err := b.sync(t); !errors.Is(err, ErrStale) {
				t.Errorf("%v, want ErrStale", err)
			}
		})
	}
}

// One entry dated in the future does not make the next sync pass over others.
func TestFutureDate(t *testing.T) {
	b := newBench(t, nil)
	b.api.put(update{id: 1, at: start.Add(1000 * time.Hour)})
	b.inStep(t)
	b.api.put(update{id: 2, at: start.Add(time.Minute)})
	b.now = start.Add(time.Hour)
	b.inStep(t)
}

// An update that appears late, dated a little before what was read, is not missed.
func TestLateUpdate(t *testing.T) {
	b := newBench(t, nil)
	b.api.put(update{id: 1, at: start})
	b.now = start.Add(time.Second)
	b.inStep(t)
	b.api.put(update{id: 2, at: start.Add(-9 * time.Minute)})
	b.inStep(t)
}

// A record that takes back what came in the same batch is applied after it.
func TestOrderWithinAPage(t *testing.T) {
	b := newBench(t, func(o *Options) { o.PageSize = 10 })
	b.api.log = []update{
		{id: 1, at: start}, {id: 2, at: start}, {id: 1, at: start, gone: true}, {id: 2, at: start, tag: "later"},
		{id: 3, at: start, gone: true}, {id: 3, at: start, tag: "again"},
		{id: 4, at: start}, {id: 4, at: start, gone: true, bare: true},
		{id: 5, at: start, gone: true, bare: true}, {id: 5, at: start, tag: "again"},
	}
	if err := b.sync(t); err != nil {
		t.Fatal(err)
	}
	if got := b.store.ids(); !slices.Equal(got, []string{"2 later", "3 again", "5 again"}) {
		t.Errorf("the store holds %v", got)
	}
}

func TestApplysErrorComesBack(t *testing.T) {
	for fail := 1; fail <= 2; fail++ {
		b := newBench(t, func(o *Options) { o.PageSize = 10 })
		b.api.log = []update{{id: 1, at: start}, {id: 1, at: start, gone: true, bare: true}} // Two batches.
		b.store.fail = fail
		if err := b.sync(t); err != errStore { //nolint:errorlint // It is to come back as it is.
			t.Errorf("batch %d: %v, want what apply said", fail, err)
		}
		b.store.fail = 0
		b.inStep(t)
	}
}

func TestBadRecords(t *testing.T) {
	bad := `{"data":[{"id":"1","indicator":"` + hexOf(1)[:60] + `zzzz","type":"HASH_PDQ","should_delete":false,"descriptors":{"data":[]}},` +
		update{id: 2, at: start}.json() + `]}`
	var told []error
	for _, tell := range []func(error){nil, func(err error) { told = append(told, err) }} {
		b := newBench(t, func(o *Options) { o.Bad = tell })
		b.api.instead = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprint(w, bad)
			return true
		}
		err := b.sync(t)
		if tell == nil {
			var fault *hashdb.RecordError
			if !errors.As(err, &fault) || fault.Number != 1 || strings.Contains(err.Error(), hexOf(1)[:12]) || len(b.store.entries) != 0 {
				t.Errorf("%v, want an error of record 1 without its hash", err)
			}
			continue
		}
		if err != nil || len(told) != 1 || len(b.store.ids()) != 1 {
			t.Errorf("%v, told %v, holds %v, want the other record", err, told, b.store.ids())
		}
	}
}
