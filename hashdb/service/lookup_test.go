package service

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
)

var (
	listedPDQ = hashOf(hashdb.KindPDQ, 1)
	listedMD5 = hashOf(hashdb.KindMD5, 1)
)

// world has one entry of PDQ and of MD5 with ncmec, and a PDQ list on trial.
func world() *memory {
	return &memory{
		lists: []hashdb.ListInfo{
			list("ncmec", hashdb.KindPDQ), list("ncmec", hashdb.KindMD5),
			list("trial", hashdb.KindPDQ, shadow), list("old", hashdb.KindSHA1, func(l *hashdb.ListInfo) { l.State = hashdb.StateRetired }),
		},
		entries: []hashdb.Entry{entry("ncmec", listedPDQ), entry("ncmec", listedMD5), entry("trial", listedPDQ)},
	}
}

func TestLookup(t *testing.T) {
	b := newBench(t, world(), nil, nil)
	body := ask(flip(listedPDQ, 7), hashOf(hashdb.KindPDQ, 2), listedMD5)
	w := b.lookup(body)
	if strings.Contains(w.Body.String(), listedPDQ.String()) || strings.Contains(w.Body.String(), `"shadow"`) {
		t.Errorf("a key that may not see them is shown hashes or shadow lists: %s", w.Body)
	}
	a := decode[lookupAnswer](t, w)
	if len(a.Results) != 3 {
		t.Fatalf("%d results", len(a.Results))
	}
	m := a.Results[0].Matches
	if len(m) != 1 || m[0].Distance != 7 || m[0].Radius != 31 || m[0].List != "ncmec" || m[0].Owner != "Owner of ncmec" || m[0].Category != "A1" ||
		m[0].Jurisdiction != "AE" || m[0].Entry != listedPDQ.Entry() || m[0].Version != "00112233aabbccdd" || m[0].Parties != 2 ||
		len(m[0].Refs) != 1 || len(m[0].Tags) != 1 || !m[0].Time.Equal(epoch) {
		t.Errorf("first: %+v", m)
	}
	if len(a.Results[1].Matches) != 0 {
		t.Errorf("second: %+v", a.Results[1])
	}
	if m := a.Results[2].Matches; len(m) != 1 || m[0].Distance != 0 || m[0].Kind != "md5" {
		t.Errorf("third: %+v", m)
	}
	if fmt.Sprint(a.Searched) != "[{ncmec pdq live false 00112233aabbccdd} {ncmec md5 live false 00112233aabbccdd}]" {
		t.Errorf("searched %v", a.Searched)
	}
	if got := fmt.Sprint(b.seen); got != "[/v1/lookup tester OK]" {
		t.Errorf("observed %s", got)
	}
}

func TestWhatKeysMaySee(t *testing.T) {
	near := ask(flip(listedPDQ, 1))
	t.Run("hash", func(t *testing.T) {
		b := newBench(t, world(), nil, func(k *Key) { k.MaySeeHash = true })
		if m := decode[lookupAnswer](t, b.lookup(near)).Results[0].Matches; len(m) != 1 || m[0].Hash != listedPDQ.String() {
			t.Errorf("%+v", m)
		}
	})
	t.Run("shadow", func(t *testing.T) {
		b := newBench(t, world(), nil, func(k *Key) { k.MaySeeShadow = true })
		a := decode[lookupAnswer](t, b.lookup(near))
		if s := a.Results[0].Shadow; s == nil || len(*s) != 1 || (*s)[0].List != "trial" || (*s)[0].Hash != "" {
			t.Errorf("%+v", s)
		}
		if len(a.Searched) != 2 {
			t.Errorf("searched %v", a.Searched)
		}
	})
	t.Run("sources", func(t *testing.T) {
		w := world()
		w.lists = append(w.lists, list("other", hashdb.KindPDQ), list("other", hashdb.KindSHA256))
		w.entries = append(w.entries, entry("other", listedPDQ))
		b := newBench(t, w, nil, func(k *Key) { k.Sources = []string{"other", "yet-to-come"} })
		if m := decode[lookupAnswer](t, b.lookup(near)).Results[0].Matches; len(m) != 1 || m[0].List != "other" {
			t.Errorf("%+v", m)
		}
		if lists := b.Do("GET", "/v1/lists", "", nil).Body.String(); strings.Contains(lists, "ncmec") {
			t.Errorf("lists of other sources are told: %s", lists)
		}
		apitest.WantStatus(t, b.lookup(ask(listedMD5)), 409, "no list of md5")
	})
}

func TestRadius(t *testing.T) {
	w := world()
	w.lists = append(w.lists, list("narrow", hashdb.KindPDQ, func(l *hashdb.ListInfo) { l.Radius = 20 }))
	with := func(radius string, hashes ...hashdb.Hash) string {
		return strings.TrimSuffix(ask(hashes...), "}") + `,"radius":` + radius + "}"
	}
	at15, at40 := flip(listedPDQ, 15), flip(listedPDQ, 40)
	b := newBench(t, w, nil, nil)
	for _, tt := range []struct {
		radius string
		status int
		found  int
	}{
		{"14", 200, 0}, {"15", 200, 1}, {"15.0", 200, 1}, {"20", 200, 1},
		{"21", 403, 0}, {"47", 403, 0}, {"48", 400, 0}, {"-1", 400, 0}, {"null", 400, 0}, {"1.5", 400, 0}, {`"31"`, 400, 0}, {"1e99", 400, 0},
	} {
		got := b.lookup(with(tt.radius, at15))
		if got.Code != tt.status {
			t.Errorf("radius %s: %d %s, want %d", tt.radius, got.Code, got.Body, tt.status)
		} else if tt.status == 200 && len(decode[lookupAnswer](t, got).Results[0].Matches) != tt.found {
			t.Errorf("radius %s: not %d matches", tt.radius, tt.found)
		}
	}
	// Exact kinds go along with any radius, in their place.
	a := decode[lookupAnswer](t, b.lookup(with("15", hashOf(hashdb.KindMD5, 5), at15, listedMD5, at40)))
	for i, kind := range []string{"", "pdq", "md5", ""} {
		if m := a.Results[i].Matches; (len(m) == 1) != (kind != "") || kind != "" && m[0].Kind != kind {
			t.Errorf("result %d: %+v, want %q", i, m, kind)
		}
	}
	wide := newBench(t, w, nil, func(k *Key) { k.MaxRadius = map[string]int{"pdq": 45} })
	if a := decode[lookupAnswer](t, wide.lookup(with("40", at40))); len(a.Results[0].Matches) != 1 {
		t.Errorf("with leave for 45: %+v", a)
	}
	apitest.WantStatus(t, wide.lookup(with("46", at40)), 403, "at most 45")
}

func TestNothingToSearchIsNoAnswer(t *testing.T) {
	b := newBench(t, world(), nil, nil)
	// Unlisted, listed by a retired list only; and listed along with a kind that is not.
	apitest.WantStatus(t, b.lookup(ask(hashOf(hashdb.KindPHash, 1))), 409, "no list of phash")
	apitest.WantStatus(t, b.lookup(ask(hashOf(hashdb.KindSHA1, 1))), 409, "no list of sha1")
	apitest.WantStatus(t, b.lookup(ask(listedPDQ, hashOf(hashdb.KindPHash, 1))), 409, "no list of phash")
	onlyAllow := &memory{lists: []hashdb.ListInfo{list("innocent", hashdb.KindPDQ, allow)}}
	apitest.WantStatus(t, newBench(t, onlyAllow, nil, nil).lookup(ask(listedPDQ)), 503, "no list is there")
	empty := &memory{lists: []hashdb.ListInfo{list("coming", hashdb.KindPDQ, func(l *hashdb.ListInfo) { l.Entries = 0 })}}
	apitest.WantStatus(t, newBench(t, empty, nil, nil).lookup(ask(listedPDQ)), 503, "no list is there")
	apitest.WantStatus(t, newBench(t, empty, nil, nil).Do("GET", "/status", "", nil), 503, "INDEX-NOT-LOADED")
	onlyShadow := &memory{lists: []hashdb.ListInfo{list("trial", hashdb.KindPDQ, shadow)}}
	apitest.WantStatus(t, newBench(t, onlyShadow, nil, nil).lookup(ask(listedPDQ)), 503, "no list is there")
	apitest.WantStatus(t, newBench(t, &memory{}, nil, nil).lookup(ask(listedPDQ)), 503, "no list is there")
	apitest.WantStatus(t, newBench(t, &memory{}, nil, nil).Do("GET", "/status", "", nil), 503, "INDEX-NOT-LOADED")
}

func TestManyMatchesAreCut(t *testing.T) {
	w := world()
	for i := range 30 {
		w.entries = append(w.entries, entry("ncmec", flip(listedPDQ, i+1)))
	}
	b := newBench(t, w, func(o *Options) { o.MaxMatches = 10 }, nil)
	r := decode[lookupAnswer](t, b.lookup(ask(listedPDQ))).Results[0]
	if len(r.Matches) != 10 || r.LeftOut != 21 {
		t.Errorf("%d matches and %d left out", len(r.Matches), r.LeftOut)
	}
}

func TestBadBodies(t *testing.T) {
	b := newBench(t, world(), nil, nil)
	hash := listedPDQ.String()
	for _, tt := range []struct{ body, text string }{
		{``, "ends too soon"},
		{`{`, "ends too soon"},
		{`[]`, "the body is a JSON array, want an object"},
		{`null`, "#/hashes"},
		{`{}`, "#/hashes: want at least one"},
		{`{"hashes":null}`, "#/hashes"},
		{`{"hashes":[]}`, "#/hashes"},
		{`{"hashes":[null]}`, "#/hashes/0/kind"},
		{`{"hashes":["` + hash + `"]}`, "hashes is a JSON string, want an object"},
		{`{"hashes":[{"kind":"pdq","hash":` + strings.Repeat("1", 64) + `}]}`, "hashes.hash is a JSON number, want a string"},
		{`{"hashes":[{"kind":"` + hash + `","hash":"pdq"}]}`, "#/hashes/0/kind: want one of pdq"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash + `0"}]}`, "#/hashes/0/hash: pdq hash has 65 characters"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash[:63] + `x"}]}`, "character 64"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash + `","` + hash + `":1}]}`, "a member that it does not take"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash + `"}],"remote":1}`, "true or false"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash + `"}]} {}`, "something follows"},
		{`{"hashes":[{"kind":"pdq","hash":"` + hash + `"}]}x`, "something follows"},
		{strings.Repeat(`[`, 20000), "byte"},
		{strings.Repeat(`{"hashes":`, 20000), "byte"},
		{"\xff", "UTF-8"},
	} {
		w := b.lookup(tt.body)
		apitest.WantStatus(t, w, 400, tt.text)
		for i := range 64 - 16 { // No run of 17 digits, for the kinds of 16 are told by their kind.
			if strings.Contains(w.Body.String(), hash[i:i+17]) {
				t.Errorf("the answer repeats the hash: %s", w.Body)
			}
		}
	}
	many := make([]hashdb.Hash, 1001)
	for i := range many {
		many[i] = listedPDQ
	}
	apitest.WantStatus(t, b.lookup(ask(many...)), 413, "1001 hashes, and the most is 1000")
	if a := decode[lookupAnswer](t, b.lookup(ask(many[:1000]...))); len(a.Results) != 1000 {
		t.Errorf("%d results of 1000", len(a.Results))
	}
	apitest.WantStatus(t, b.lookup(strings.Repeat(" ", 256<<10+1)), 413, "bytes")
	apitest.WantStatus(t, b.Do("POST", "/v1/lookup", "text/plain", []byte(ask(listedPDQ))), 415, "application/json")
	apitest.WantStatus(t, b.Do("POST", "/v1/lookup", "", []byte(ask(listedPDQ))), 415, "application/json")
	apitest.WantStatus(t, b.Do("POST", "/v1/lookup?radius=3", "application/json", []byte(ask(listedPDQ))), 400, "parameter")
	// Ten faults at most.
	bad := `{"hashes":[` + strings.Repeat(`{"kind":"pdq","hash":"x"},`, 30)
	w := b.lookup(bad[:len(bad)-1] + "]}")
	if n := strings.Count(w.Body.String(), `"pointer"`); w.Code != 400 || n != 10 {
		t.Errorf("%d: %d faults", w.Code, n)
	}
}

func TestFaultsOfOurs(t *testing.T) {
	secret := listedPDQ.String()
	for name, m := range map[string]*memory{
		"error": {lists: world().lists, err: fmt.Errorf("segment 3 is damaged")},
		"panic": {lists: world().lists, panics: "about " + secret},
	} {
		b := newBench(t, m, nil, nil)
		for range 5 { // More than there are workers: each must come back.
			w := b.lookup(ask(listedPDQ))
			apitest.WantStatus(t, w, 500, "the service failed")
			if s := w.Body.String(); strings.Contains(s, "segment") || strings.Contains(s, secret) {
				t.Errorf("%s: the client is told %s", name, s)
			}
		}
		if len(b.reports) != 5 || strings.Contains(fmt.Sprint(b.reports), secret) {
			t.Errorf("%s: %d reports: %.200v", name, len(b.reports), b.reports)
		}
		// Where it was, and no argument of a call.
		if trace := fmt.Sprint(b.reports); name == "panic" && (!strings.Contains(trace, "helpers_test.go:") || strings.Contains(trace, "0x")) {
			t.Errorf("the trace is\n%s", trace)
		}
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	b := newBench(t, world(), nil, nil)
	apitest.WantStatus(t, b.Do("GET", "/v1/entries", "", nil), 404, "no such path")
	w := b.Do("DELETE", "/m/lookup", "", nil)
	apitest.WantStatus(t, w, 405, "message")
	if got := w.Header().Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", got)
	}
	apitest.WantStatus(t, b.Do("GET", "/v1/lookup", "", nil), 405, "status")
	if w := b.Do("HEAD", "/v1/lists", "", nil); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	w = b.Do("GET", "/v1/openapi.yaml", "", nil)
	if w.Body.String() != string(document) || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the document: %v", w.Header())
	}
	if got := fmt.Sprint(b.seen); got != "[other  Not Found /m/lookup  Method Not Allowed /v1/lookup  Method Not Allowed /v1/lists tester OK /v1/openapi.yaml  OK]" {
		t.Errorf("observed %s", got)
	}
}

func TestLists(t *testing.T) {
	b := newBench(t, world(), nil, func(k *Key) { k.MaySeeShadow = true })
	a := decode[struct {
		Lists []listInfo
		Key   keyInfo
	}](t, b.Do("GET", "/v1/lists", "", nil))
	if len(a.Lists) != 3 || a.Lists[2].State != "shadow" || a.Lists[0].Entries != 1 || a.Lists[0].Radius != 31 {
		t.Errorf("%+v", a.Lists)
	}
	if fmt.Sprint(a.Key.MaxRadius) != "map[pdq:31]" || a.Key.Name != "tester" {
		t.Errorf("%+v", a.Key)
	}
	apitest.WantStatus(t, b.Do("GET", "/v1/lists?x=1", "", nil), http.StatusBadRequest, "parameter")
}
