package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vigil-stream/vigil/api"
)

// FuzzParseLookup holds the parser against the document's schema: what the schema takes
// the parser takes, and the reverse but for what JSON readers differ in (a member named
// twice or in other letters' case).
func FuzzParseLookup(f *testing.F) {
	f.Add([]byte(ask(listedPDQ, listedMD5)))
	f.Add([]byte(remotely(ask(listedPDQ))))
	for _, s := range []string{
		``, `{}`, `{"hashes":[]}`, `{"hashes":[null]}`, `{"hashes":[{"kind":"pdq","hash":1}]}`, `{"radius":1e1,"hashes":[{"kind":"phash","hash":"0123456789abcdef"}]}`,
		`{"hashes":[{"kind":"sha1","hash":"0123456789012345678901234567890123456789"}],"radius":null}`, `[[[[`, `{"hashes":[{"kind":"md5","hash":"x"}]}{`,
	} {
		f.Add([]byte(s))
	}
	schema, err := readDoc(f).Schema("/components/schemas/Lookup")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := parseLookup(body, 1000)
		var p *api.Problem
		if err != nil && (!errors.As(err, &p) || p.Status < 400 || p.Status > 499 || p.Detail == "") {
			t.Fatalf("the error is not the client's: %v", err)
		}
		if err == nil && (len(want.hashes) == 0 || len(want.hashes) > 1000) {
			t.Fatalf("%d hashes", len(want.hashes))
		}
		if err != nil {
			text, _ := json.Marshal(p)
			for i := 0; i+16 <= len(body); i++ {
				if run := body[i : i+16]; isHex(run) && bytes.Contains(text, run) {
					t.Fatalf("the error repeats the body: %s", text)
				}
			}
		}
		value, bad := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if valid := bad == nil && schema.Validate(value) == nil; valid != (err == nil) && !bytes.Contains(body, []byte("\xff")) && !peculiar(body) {
			t.Errorf("the schema takes it: %v, and the parser says %v", valid, err)
		}
	})
}

func isHex(b []byte) bool {
	return strings.Trim(string(b), "0123456789abcdefABCDEF") == ""
}

// peculiar reports whether readers of JSON may differ about the body.
func peculiar(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	known := []string{"hashes", "radius", "remote", "kind", "hash"}
	count := map[string]int{}
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		if s, ok := token.(string); ok {
			for _, k := range known {
				if strings.EqualFold(s, k) {
					count[k]++
					if s != k {
						return true
					}
				}
			}
		}
	}
	return count["hashes"] > 1 || count["radius"] > 1 || count["remote"] > 1 || count["kind"] != count["hash"] || count["kind"] > 1
}

// FuzzForm reads forms of files.
func FuzzForm(f *testing.F) {
	m, photo, video := peerWorld(f)
	contentType, body := form(f, "video", video)
	f.Add(contentType, body)
	contentType, body = form(f, "photo", photo[:40], "photo", "")
	f.Add(contentType, body)
	f.Add("multipart/form-data", []byte("--x"))
	b := newBench(f, m, func(o *Options) { o.MaxImage = 10 << 10 }, func(k *Key) { k.PerMinute, k.PerDay = 1e9, 1e12 })
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		b.T = t
		b.seen, b.reports = nil, nil
		if w := b.Do("POST", "/h/hash", contentType, body); w.Code == http.StatusInternalServerError {
			t.Errorf("%s: %v", w.Body, b.reports)
		}
	})
}
