package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// canaryIn returns the first of some words that is in data, in plain, base64 at any offset,
// hex, URL-encoded or as its SHA-256; empty for none.
func canaryIn(data []byte, words ...string) string {
	lower := bytes.ToLower(data)
	for _, w := range words {
		sum := sha256.Sum256([]byte(w))
		for form, text := range map[string]string{
			"plain": w, "hex": hex.EncodeToString([]byte(w)), "url": url.QueryEscape(w), "path": url.PathEscape(w),
			"sha256": hex.EncodeToString(sum[:]), "sha256 in base64": base64.StdEncoding.EncodeToString(sum[:]),
		} {
			if bytes.Contains(lower, bytes.ToLower([]byte(text))) {
				return w + " as " + form
			}
		}
		for offset := range 3 { // what stands before it shifts its letters
			text := base64.RawStdEncoding.EncodeToString(append(make([]byte, offset), w...))
			from, to := (offset*8+5)/6, (offset+len(w))*8/6
			for form, encoded := range map[string]string{"base64": text[from:to], "base64url": base64.RawURLEncoding.EncodeToString(append(make([]byte, offset), w...))[from:to]} {
				if bytes.Contains(data, []byte(encoded)) {
					return w + " as " + form
				}
			}
		}
	}
	return ""
}

func TestCanariesAreFound(t *testing.T) {
	const w = "canary-ref 4711"
	sum := sha256.Sum256([]byte(w))
	for _, text := range []string{
		"x" + w, "CANARY-REF 4711", hex.EncodeToString([]byte(w)), url.QueryEscape(w), url.PathEscape(w), hex.EncodeToString(sum[:]),
		base64.StdEncoding.EncodeToString([]byte(w)), base64.StdEncoding.EncodeToString([]byte("a" + w + "b")), base64.URLEncoding.EncodeToString([]byte("ab" + w)),
	} {
		if canaryIn([]byte("before "+text+" after"), w) == "" {
			t.Errorf("not found in %q", text)
		}
	}
	if hit := canaryIn([]byte("nothing of it"), w); hit != "" {
		t.Error(hit)
	}
}

// allBytes reads every file under a folder.
func allBytes(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		b.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
