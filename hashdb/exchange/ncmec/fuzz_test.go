package ncmec

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

func FuzzPage(f *testing.F) {
	f.Add([]byte(`<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images count="1" maxTimestamp="2026-01-01T00:00:00Z">`+
		`<image><member id="1">A</member><timestamp>2026-01-01T00:00:00Z</timestamp><id>a</id><classification>A1</classification>`+
		`<fingerprints><md5>00112233445566778899aabbccddeeff</md5></fingerprints></image>`+
		`<deletedImage><member id="1">A</member><id>b</id><timestamp>2026-01-01T00:00:00Z</timestamp></deletedImage></images>`+
		`<paging><next>/v2/entries?from=a&amp;start=2001&amp;size=1000&amp;max=3000</next></paging></queryResult>`), "https://host/base")
	f.Add([]byte(`<availableFeedbackReasons><reason guid="a" name="b" type="c"/></availableFeedbackReasons>`), "http://127.0.0.1/")
	f.Add([]byte(`<status><member id="7">x</member></status>`), "https://host")
	f.Fuzz(func(t *testing.T, body []byte, base string) {
		s, err := New(Options{
			Client: exchange.ClientOptions{URL: base, Now: time.Now},
			User:   exchange.NewSecret("u"), Password: exchange.NewSecret("p"),
		})
		if err != nil {
			return
		}
		w := &window{s: s, newest: map[string]time.Time{}}
		next, err := w.page("page", body)
		if err == nil && next != "" {
			if left(next) < 0 {
				t.Fatal("fewer than none are left")
			}
			if ref, err := s.ref(next); err == nil {
				u, err := url.Parse(ref)
				if err != nil || !strings.HasSuffix(u.Path, "v2/entries") {
					t.Fatalf("%q leads to %q", next, ref)
				}
			}
		}
		if len(w.order) != len(w.pending) {
			t.Fatalf("%d ids and %d changes", len(w.order), len(w.pending))
		}
		for ref, entries := range w.pending {
			for i := range entries {
				if err := entries[i].Check(); err != nil || entries[i].Ref != ref {
					t.Fatalf("an entry of %q: %v", ref, err)
				}
			}
		}
		for _, into := range []any{&submission{}, &struct {
			XMLName xml.Name
			Reasons []Reason `xml:"reason"`
		}{}} {
			_ = decode("x", body, into)
		}
	})
}
