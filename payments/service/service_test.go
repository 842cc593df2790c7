package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/columns"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

func TestOpenAPI(t *testing.T) {
	var served []apitest.Operation
	for _, r := range (&service{}).table() {
		served = append(served, apitest.Operation{Method: r.Method, Path: r.Path, Open: r.Open})
	}
	readDoc(t).Routes(t, served...)
	if n := readDoc(t).Refs(t); n < 20 {
		t.Errorf("only %d components were looked at", n)
	}
}

// TestTheDocumentHasThePublishedSchemas turns each published schema into components, as
// the document must have them.
func TestTheDocumentHasThePublishedSchemas(t *testing.T) {
	n := 0
	for name, prefix := range map[string]string{"transaction": "Transaction", "withdrawal": "Withdrawal", "virtual": "Virtual"} {
		text, ok := payments.SchemaText(name)
		if !ok {
			t.Fatal(name)
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		components := map[string]any{prefix: schema}
		for def, node := range schema["$defs"].(map[string]any) {
			components[prefix+title(def)] = node
		}
		for component, node := range components {
			n++
			var want, got any
			for to, from := range map[*any]any{&want: translated(node, prefix), &got: readDoc(t).At("components", "schemas", component)} {
				data, err := json.Marshal(from)
				if err == nil {
					err = json.Unmarshal(data, to)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: the document has\n%v\nand schema/%s.json\n%v", component, got, name, want)
			}
		}
	}
	if n < 15 {
		t.Errorf("%d components", n)
	}
}

func title(def string) string {
	out := ""
	for part := range strings.SplitSeq(def, "-") {
		out += strings.ToUpper(part[:1]) + part[1:]
	}
	return out
}

// translated is a part of a published schema as the document has it: references lead to
// components, and a pattern is written so that every program reads it.
func translated(node any, prefix string) any {
	switch n := node.(type) {
	case []any:
		out := make([]any, len(n))
		for i, v := range n {
			out[i] = translated(v, prefix)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, v := range n {
			switch {
			case k == "$schema" || k == "$defs":
			case k == "$ref":
				out[k] = "#/components/schemas/" + prefix + title(strings.TrimPrefix(v.(string), "#/$defs/"))
			case k == "pattern" && v == `^[^\p{Cc}\p{Cf}]*$`:
				out[k] = "^[^\\x00-\\x1f\\x7f-\\x9f\\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]*$"
			default:
				out[k] = translated(v, prefix)
			}
		}
		return out
	}
	return node
}

func TestEveryFormIsTaken(t *testing.T) {
	statement, err := os.ReadFile("../columns/testdata/statement.csv")
	if err != nil {
		t.Fatal(err)
	}
	cards, err := os.ReadFile("../card/testdata/binary-4.iso8583")
	if err != nil {
		t.Fatal(err)
	}
	virtual := `{"type":"virtual-asset","institution":"DEMODEFFXXX","id":"V-1","at":"2026-03-31T14:00:00Z","chain":"tron","asset":"USDT","from":{"address":"a"},"to":{"address":"b"}}`
	withdrawal := `{"type":"withdrawal","institution":"DEMODEFFXXX","withdraws":"R-1","at":"2026-03-31T18:00:00Z"}`
	for _, c := range []struct {
		name, target, kind, body string
		accepted, refused        int
	}{
		{"an object", "/v1/transactions", "application/json", payment, 1, 0},
		{"an object over lines", "/v1/transactions", "application/json; charset=utf-8", "\n" + strings.ReplaceAll(payment, ",", ",\n") + "\n", 1, 0},
		{"an array", "/v1/transactions", "application/json", " [" + payment + "," + virtual + "\n," + withdrawal + ",{}]", 3, 1},
		{"lines", "/v1/transactions", "application/x-ndjson", payment + "\n" + virtual + "\n\n" + withdrawal + "\n{}\n", 3, 1},
		{"pacs.008 of the head office", "/v1/transactions", "application/xml", pacs008, 1, 1},
		{"text/xml", "/v1/transactions", "text/xml; charset=UTF-8", pacs008, 1, 1},
		{"CSV", "/v1/transactions", "text/csv", string(statement), 5, 11},
		{"cards", "/v1/transactions?as_of=2026-04-01T02:00:00Z", "application/x-iso8583", string(cards), 10, 7},
	} {
		b := newBench(t, nil, nil)
		r := took(t, b.post(c.target, c.kind, c.body), http.StatusAccepted, c.accepted, c.refused)
		if len(b.sent) != c.accepted || len(r.Refusals) < c.refused {
			t.Errorf("%s: %d sent, %+v", c.name, len(b.sent), r)
		}
		// What is sent must be what the rooms behind read.
		for _, item := range b.sent {
			good, err := intake.Parse(item.ContentType, item.Data)
			if err != nil || len(good) != 1 || good[0].ID() != item.ID() {
				t.Errorf("%s: record %d: %d records, %v", c.name, item.Number, len(good), err)
			}
		}
	}
}

func TestRefusalsSayWhatToMend(t *testing.T) {
	b := newBench(t, nil, nil)
	body := "[" + strings.Join([]string{
		payment, changed("R-1", "R-2", "50.00", "50.001"), changed("R-1", "R-3", "DEMODEFFXXX", "OTHRDEFFXXX"), changed("R-1", "R-4", "2026-03-31", "2026-04-05"),
		changed("R-1", "R-5", "PH", "QQ"), `{"institution":7}`,
	}, ",") + "]"
	r := took(t, b.post("/v1/transactions", "application/json", body), http.StatusAccepted, 1, 5)
	var got []string
	for _, f := range r.Refusals {
		got = append(got, fmt.Sprintf("%d %s %s %s", f.Record, f.Reference, f.Code, f.Place))
	}
	want := []string{"2 R-2 amount-decimals /amount and /currency", "3 R-3 institution ", "4 R-4 time-future ", "5 R-5 country /creditor/country", "6  schema transaction"}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q\nwant %q", got, want)
			break
		}
	}
	if strings.Contains(fmt.Sprint(r), "Testmann") || strings.Contains(fmt.Sprint(r), "12345") {
		t.Error("a refusal quotes a payment")
	}
}

func TestAKeySpeaksForItsInstitutionAlone(t *testing.T) {
	b := newBench(t, nil, nil)
	for _, other := range []string{"OTHRDEFFXXX", "DEMODEFF123", "demodeffxxx", "DEMODEFFXXX2"} {
		took(t, b.post("/v1/transactions", "application/json", changed("DEMODEFFXXX", other)), http.StatusUnprocessableEntity, 0, 1)
	}
	took(t, b.post("/v1/transactions", "application/json", `{"type":"withdrawal","institution":"OTHRDEFFXXX","withdraws":"R-1","at":"2026-03-31T18:00:00Z"}`), http.StatusUnprocessableEntity, 0, 1)
	took(t, b.post("/v1/transactions", "application/json", changed("DEMODEFFXXX", "DEMODEFF")), http.StatusAccepted, 1, 0)
	if len(b.sent) != 1 {
		t.Errorf("%d sent", len(b.sent))
	}
}

func TestTheSameAgainIsAcceptedAndAnotherUnderItsIdIsNot(t *testing.T) {
	b := newBench(t, nil, nil)
	first := b.post("/v1/transactions", "application/json", payment).Body.String()
	if again := b.post("/v1/transactions", "application/json", payment).Body.String(); again != first {
		t.Errorf("%s, want %s", again, first)
	}
	// A message made anew may have a new time.
	took(t, b.post("/v1/transactions", "application/json", changed("14:00:00", "15:00:00")), http.StatusAccepted, 1, 0)
	r := took(t, b.post("/v1/transactions", "application/json", changed("50.00", "51.00")), http.StatusConflict, 0, 1)
	if r.Refusals[0].Code != "reference-reused" || r.Refusals[0].Reference != "R-1" {
		t.Errorf("%+v", r)
	}
	took(t, b.post("/v1/transactions", "application/json", "["+changed("12345", "54321")+","+changed("R-1", "R-2")+"]"), http.StatusAccepted, 1, 1)
	// Within one request too.
	took(t, b.post("/v1/transactions", "application/json", "["+changed("R-1", "R-9")+","+changed("R-1", "R-9", "50.00", "60.00")+","+changed("R-1", "R-9")+"]"), http.StatusAccepted, 2, 1)
	// What could not be kept is not remembered.
	b.fail = errors.New("away")
	apitest.WantStatus(t, b.post("/v1/transactions", "application/json", changed("R-1", "R-10")), http.StatusServiceUnavailable, "after=0")
	b.fail = nil
	took(t, b.post("/v1/transactions", "application/json", changed("R-1", "R-10", "50.00", "70.00")), http.StatusAccepted, 1, 0)
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	var m memory
	sum := func(i int) [16]byte { return [16]byte{byte(i), byte(i >> 8), byte(i >> 16), 1} }
	for i := range 3*maxRemembered + 1 {
		m.remember(fmt.Sprint(i), sum(i))
	}
	if len(m.newer)+len(m.old) > 2*maxRemembered {
		t.Errorf("%d and %d are remembered", len(m.newer), len(m.old))
	}
	last := 3 * maxRemembered
	if m.other(fmt.Sprint(last), sum(last)) || !m.other(fmt.Sprint(last), sum(0)) || m.other("0", sum(5)) {
		t.Error("the newest is forgotten, or the oldest is not")
	}
	m.remember(fmt.Sprint(last), sum(1))
	if m.other(fmt.Sprint(last), sum(last)) {
		t.Error("the first does not stand")
	}
}

func TestWhatIsNotKeptCostsNothing(t *testing.T) {
	b := newBench(t, nil, func(k *Key) { k.PerMinute = 1 })
	b.fail = errors.New("away")
	apitest.WantStatus(t, b.post("/v1/transactions", "application/json", payment), http.StatusServiceUnavailable, "")
	b.fail = nil
	took(t, b.post("/v1/transactions", "application/json", changed("50.00", "-1")), http.StatusUnprocessableEntity, 0, 1)
	took(t, b.post("/v1/transactions", "application/json", payment), http.StatusAccepted, 1, 0)
	apitest.WantStatus(t, b.post("/v1/transactions", "application/json", payment), http.StatusTooManyRequests, "quota")
}

// many are so many payments, a line each.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(changed("R-1", fmt.Sprintf("R-%d", i+1)) + "\n")
	}
	return b.String()
}

func TestAQuotaThatRunsOutSaysFromWhereToGoOn(t *testing.T) {
	b := newBench(t, nil, func(k *Key) { k.PerMinute = 1100 })
	body := many(1600)
	w := b.post("/v1/transactions", "application/x-ndjson", body)
	apitest.WantStatus(t, w, http.StatusTooManyRequests, "after=1000 goes on")
	if w.Header().Get("Retry-After") == "" || len(b.sent) != 1000 {
		t.Errorf("Retry-After %q, %d sent", w.Header().Get("Retry-After"), len(b.sent))
	}
	b.now = b.now.Add(time.Hour)
	took(t, b.post("/v1/transactions?after=1000", "application/x-ndjson", body), http.StatusAccepted, 600, 0)
	if len(b.sent) != 1600 || b.sent[1000].Number != 1001 {
		t.Errorf("%d sent", len(b.sent))
	}
	took(t, b.post("/v1/transactions?after=1", "application/x-ndjson", "{}\n"), http.StatusUnprocessableEntity, 0, 1)
	// All of it was taken before: there is nothing to do, and that is no fault.
	took(t, b.post("/v1/transactions?after=1600", "application/x-ndjson", body), http.StatusAccepted, 0, 0)
}

func TestAnUnlimitedBodyIsReadAsItComes(t *testing.T) {
	most := 0
	b := newBench(t, func(o *Options) {
		send := o.Send
		o.Send = func(ctx context.Context, items []payments.Item) error {
			most = max(most, len(items))
			return send(ctx, items)
		}
	}, nil)
	took(t, b.post("/v1/transactions", "application/x-ndjson", many(2*parcelRecords+7)), http.StatusAccepted, 2*parcelRecords+7, 0)
	if most != parcelRecords {
		t.Errorf("%d at once", most)
	}
}

func TestABodyThatBreaksKeepsWhatCameBefore(t *testing.T) {
	b := newBench(t, nil, nil)
	r := b.Request("POST", "/v1/transactions", "application/x-ndjson", nil)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(many(3)), iotest.ErrReader(errors.New("gone"))))
	apitest.WantStatus(t, b.Send(r), http.StatusBadRequest, "after=3 goes on")
	if len(b.sent) != 3 {
		t.Errorf("%d sent", len(b.sent))
	}
	b = newBench(t, func(o *Options) { o.MaxBody = 1000 }, nil)
	apitest.WantStatus(t, b.post("/v1/transactions", "application/x-ndjson", many(20)), http.StatusRequestEntityTooLarge, "more than 1000 bytes")
	if len(b.sent) == 0 || len(b.sent) > 4 {
		t.Errorf("%d sent", len(b.sent))
	}
	b = newBench(t, func(o *Options) { o.MaxRecords = 2 }, nil)
	apitest.WantStatus(t, b.post("/v1/transactions", "application/x-ndjson", many(3)), http.StatusRequestEntityTooLarge, "more than 2 records")
	// JSON that breaks off is a record that is bad.
	b = newBench(t, nil, nil)
	took(t, b.post("/v1/transactions", "application/json", "["+payment+","), http.StatusAccepted, 1, 1)
	took(t, b.post("/v1/transactions", "application/json", "["+payment+"] x"), http.StatusAccepted, 1, 1)
	took(t, b.post("/v1/transactions", "application/json", `[{"x":"`+strings.Repeat("x", payments.MaxRecord+5)+`"}]`), http.StatusUnprocessableEntity, 0, 1)
}

func TestRefusalsThatAreToldAreBounded(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxRefusals = 3 }, nil)
	if r := took(t, b.post("/v1/transactions", "application/x-ndjson", strings.Repeat("{}\n", 10)), http.StatusUnprocessableEntity, 0, 10); len(r.Refusals) != 3 {
		t.Errorf("%d are told", len(r.Refusals))
	}
}

func TestWrongRequestsAreToldSo(t *testing.T) {
	for _, c := range []struct {
		name, target, kind, body string
		options                  func(*Options)
		key                      func(*Key)
		status                   int
		text                     string
	}{
		{"no records", "/v1/transactions", "application/json", "[]", nil, nil, 400, "no record"},
		{"nothing", "/v1/transactions", "application/x-ndjson", "", nil, nil, 400, "no record"},
		{"a type that is not taken", "/v1/transactions", "text/html", payment, nil, nil, 415, "want application/xml"},
		{"another character set", "/v1/transactions", "application/json; charset=latin1", payment, nil, nil, 415, "UTF-8"},
		{"CSV without a map", "/v1/transactions", "text/csv", "a", nil, func(k *Key) { k.Columns = "" }, 415, "Content-Type"},
		{"CSV that the map does not fit", "/v1/transactions", "text/csv", "x\na;b\n", nil, nil, 400, "no column"},
		{"a map that is not there", "/v1/transactions", "text/csv", "a", nil, func(k *Key) { k.Columns = "nosuch" }, 500, ""},
		{"cards without a time", "/v1/transactions", "application/x-iso8583", "x", nil, nil, 400, "as_of"},
		{"cards that are none", "/v1/transactions?as_of=2026-04-01T02:00:00Z", "application/x-iso8583", "nothing at all", nil, nil, 400, "iso8583"},
		{"names of cards", "/v1/transactions?as_of=2026-04-01T02:00:00Z&names=x", "application/x-iso8583", "x", nil, nil, 400, "names"},
		{"cards where none are taken", "/v1/transactions", "application/x-iso8583", "x", func(o *Options) { o.Token = nil }, nil, 415, ""},
		{"after", "/v1/transactions?after=-1", "application/json", payment, nil, nil, 400, "after"},
		{"a parameter of cards", "/v1/transactions?as_of=x", "application/json", payment, nil, nil, 400, "not taken"},
		{"XML that is none", "/v1/transactions", "application/xml", "<a", nil, nil, 422, `"code":"xml"`},
	} {
		b := newBench(t, c.options, c.key)
		apitest.WantStatus(t, b.post(c.target, c.kind, c.body), c.status, c.text)
		if len(b.sent) != 0 || (c.status == 500) != (len(b.reports) == 1) {
			t.Errorf("%s: %d sent, reports %v", c.name, len(b.sent), b.reports)
		}
	}
	b := newBench(t, nil, nil)
	r := b.Request("POST", "/v1/transactions", "application/json", []byte(payment))
	r.Header.Set("Content-Encoding", "gzip")
	apitest.WantStatus(t, b.Send(r), 415, "Content-Encoding")
	b.Key = "none"
	apitest.WantStatus(t, b.post("/v1/transactions", "application/json", payment), 401, "")
}

func TestSchemasAreServed(t *testing.T) {
	b := newBench(t, nil, nil)
	for _, name := range payments.SchemaNames() {
		text, _ := payments.SchemaText(name)
		if w := b.Send(b.Request("GET", "/v1/schemas/"+name, "", nil)); w.Code != 200 || !bytes.Equal(w.Body.Bytes(), text) {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	apitest.WantStatus(t, b.Send(b.Request("GET", "/v1/schemas/transfer", "", nil)), 404, "no schema of that name")
}

// TestEveryStatus makes every status that the document declares come about.
func TestEveryStatus(t *testing.T) {
	seen := map[string]bool{}
	note := func(path string, w *httptest.ResponseRecorder, method string) {
		seen[fmt.Sprintf("%s %s %d", method, path, w.Code)] = true
	}
	const path = "/v1/transactions"
	post := func(options func(*Options), key func(*Key), kind string, bodies ...string) {
		t.Helper()
		b := newBench(t, options, key)
		for _, body := range bodies {
			note(path, b.post(path, kind, body), "POST")
		}
	}
	post(nil, nil, "application/json", payment, changed("50.00", "51.00"), "{}", "[]")
	post(nil, nil, "text/html", payment)
	post(func(o *Options) { o.MaxBody = 5 }, nil, "application/json", payment)
	post(nil, func(k *Key) { k.PerMinute = 1 }, "application/json", payment, changed("R-1", "R-2"))
	post(func(o *Options) { o.Send = func(context.Context, []payments.Item) error { return errors.New("away") } }, nil, "application/json", payment)
	post(func(o *Options) { o.Send = func(context.Context, []payments.Item) error { panic("send") } }, nil, "application/json", payment)
	b := newBench(t, nil, nil)
	b.Key = ""
	note(path, b.post(path, "application/json", payment), "POST")
	for _, name := range []string{"transaction", "x"} {
		note("/v1/schemas/{name}", b.Send(b.Request("GET", "/v1/schemas/"+name, "", nil)), "GET")
	}
	note("/v1/openapi.yaml", b.Send(b.Request("GET", "/v1/openapi.yaml", "", nil)), "GET")
	note("/status", b.Send(b.Request("GET", "/status", "", nil)), "GET")
	b = newBench(t, func(o *Options) { o.Ready = func() error { return errors.New("away") } }, nil)
	note("/status", b.Send(b.Request("GET", "/status", "", nil)), "GET")
	b = newBench(t, func(o *Options) { o.Ready = func() error { panic("ready") } }, nil)
	note("/status", b.Send(b.Request("GET", "/status", "", nil)), "GET")
	// Nothing can fail in what is served from memory.
	seen["GET /v1/openapi.yaml 500"], seen["GET /v1/schemas/{name} 500"] = true, true
	if unseen, n := readDoc(t).Unseen(seen); len(unseen) > 0 || n < 15 {
		t.Errorf("of %d declared: %v", n, unseen)
	}
}

func TestKeysAreChecked(t *testing.T) {
	for _, institution := range []string{"", " x", "a\nb", strings.Repeat("x", 141)} {
		if (Key{Institution: institution}).Check() == nil {
			t.Errorf("%q was taken", institution)
		}
	}
	file := filepath.Join(t.TempDir(), "keys.yaml")
	text := "keys:\n  - {name: a, sha256: \"" + strings.Repeat("0", 64) + "\", per_minute: 1, per_day: 1, institution: DEMODEFFXXX, columns: m.yaml}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(file); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	keys, err := NewKeys(Key{Key: newKey("a"), Institution: "I"})
	if err != nil {
		t.Fatal(err)
	}
	send := func(context.Context, []payments.Item) error { return nil }
	for _, o := range []Options{{}, {Send: send, MaxBody: -1}, {Send: send, MaxRecords: -1}, {Send: send, Patience: -1}} {
		if _, err := New(keys, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	if _, err := New(nil, Options{Send: send}); err == nil {
		t.Error("no keys were taken")
	}
}

// FuzzBody sends any body of any type.
func FuzzBody(f *testing.F) {
	statement, _ := os.ReadFile("../columns/testdata/statement.csv")
	cards, _ := os.ReadFile("../card/testdata/ascii-2.iso8583")
	f.Add("application/json", []byte("["+payment+",{}]"))
	f.Add("application/x-ndjson", []byte(many(2)))
	f.Add("application/xml", []byte(pacs008))
	f.Add("text/csv", statement)
	f.Add("application/x-iso8583", cards)
	m, err := readMap(columnMap)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		b := newBench(t, func(o *Options) { o.Columns = func(string) (*columns.Map, error) { return m, nil } }, nil)
		target := "/v1/transactions"
		if kind == typeCards {
			target += "?as_of=2026-04-01T02:00:00Z"
		}
		w := b.Send(b.Request("POST", target, kind, body))
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, item := range b.sent {
			if _, err := intake.Parse(item.ContentType, item.Data); err != nil {
				var rejection *signal.Rejection
				t.Fatalf("record %d was taken, and the rooms refuse it: %v (%v)", item.Number, err, errors.As(err, &rejection))
			}
		}
	})
}
