package formats

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vigil-stream/vigil/hashdb"
)

func TestDetect(t *testing.T) {
	for text, want := range map[string]Format{
		pdqA:                    Lines,
		md5A + "\n":             Lines,
		pdqA[:16] + "\n":        Lines,
		"# a\n\n" + pdqA:        Lines,
		"\ufeff" + pdqA:         Lines,
		"pdq\n" + pdqA + "\n":   CSV,
		"Hash,Kind\n":           CSV,
		"\"id\";\"SHA-256\"\n":  CSV,
		"MD5;SHA1;Image ID\n":   ICSE,
		"1,100," + pdqA + ",0":  VPDQ,
		`[{"hash":"","quality"`: VPDQ,
		`[{"timestamp":0,"hash":"x","quality":1}]`:     VPDQ,
		`{"odata.metadata":"x","value":[`:              VICS,
		"\ufeff\n{\"@odata.context\":1":                VICS,
		`{"value":[{"MD5":"`:                           VICS,
		`{"data":[{"id`:                                ThreatExchange,
		`{"paging":{},"data":[]}`:                      ThreatExchange,
		`[{"id":"1","indicator":"x"}]`:                 ThreatExchange,
		`{"id":"1","type":"HASH_MD5","indicator":"x"}`: ThreatExchange,
		`<?xml version="1.0"?><queryResult xmlns="x">`: NCMEC,
		"":                                  "",
		" \n":                               "",
		"# only\n# comments":                "",
		"hello\n":                           "",
		"a,b\n1,2\n":                        "",
		pdqA + ",1\n":                       "",
		pdqA[:50] + "\n":                    "",
		`{"a":1}`:                           "",
		`[1]`:                               "",
		`[]`:                                "",
		`{`:                                 "",
		"<html>":                            "",
		"\x1f\x8b\x08":                      "",
		"PK\x03\x04":                        "",
		"\xff\xfe0\x001\x00":                "",
		strings.Repeat("# x\n", peekSize/4): "",
	} {
		_, got, err := Open("", strings.NewReader(text), Options{})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.60q: %q (%v), want %q", text, got, err, want)
		}
		if err != nil && (!strings.Contains(err.Error(), "threatexchange") || longHex.MatchString(err.Error())) {
			t.Errorf("%.60q: the error should name the formats and no content: %v", text, err)
		}
	}
}

// TestUnreadable shows that what needs another step first is told so.
func TestUnreadable(t *testing.T) {
	for text, want := range map[string]string{
		"\x1f\x8b\x08": "compressed", "PK\x03\x04": "compressed", "\x28\xb5\x2f\xfd": "compressed",
		"\xff\xfe0\x00": "UTF-16", "\xfe\xff\x000": "UTF-16", pdqA + "," + md5A: "97 characters",
	} {
		if _, _, err := Open(Auto, strings.NewReader(text), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}

func TestOpenFaults(t *testing.T) {
	if _, _, err := Open("pdf", strings.NewReader(""), Options{}); err == nil || !strings.Contains(err.Error(), "vics") {
		t.Errorf("unknown format: %v", err)
	}
	if _, _, err := Open(Lines, strings.NewReader(""), Options{Kind: 99}); err == nil {
		t.Error("unknown kind was taken")
	}
	if _, _, err := Open(Lines, strings.NewReader(""), Options{Provenance: strings.Repeat("p", 201)}); err == nil {
		t.Error("a long provenance was taken")
	}
	broken := errors.New("the disk is gone")
	if _, _, err := Open(Auto, iotest.ErrReader(broken), Options{}); err == nil || !strings.Contains(err.Error(), broken.Error()) {
		t.Errorf("failing reader: %v", err)
	}
	for _, f := range Names() {
		r, got, err := Open(f, strings.NewReader(""), Options{})
		if err != nil {
			if f != CSV && f != ICSE || !errors.Is(err, hashdb.ErrTruncated) {
				t.Errorf("%s of nothing: %v", f, err)
			}
			continue
		}
		if _, err := r.Next(); got != f || !errors.Is(err, hashdb.ErrTruncated) && (f != Lines && f != VPDQ || !errors.Is(err, io.EOF)) {
			t.Errorf("%s of nothing: %v", f, err)
		}
	}
}
