package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/golden"
)

// inputs returns the example inputs by their base names, which begin with the format.
func inputs(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*-*.*")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		if filepath.Ext(f) == ".golden" {
			continue
		}
		if out[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 13 {
		t.Fatalf("only %d example inputs", len(out))
	}
	return out
}

func formatOf(name string) Format {
	before, _, _ := strings.Cut(name, "-")
	return Format(before)
}

// readAll returns every record and every bad record's error until the input ends.
func readAll(r hashdb.RecordReader) (records []hashdb.Record, bad []error, end error) {
	for {
		rec, err := r.Next()
		var one *hashdb.RecordError
		switch {
		case errors.As(err, &one):
			bad = append(bad, err)
		case err != nil:
			return records, bad, err
		default:
			records = append(records, rec)
		}
	}
}

func dump(r hashdb.RecordReader) string {
	var out strings.Builder
	for {
		rec, err := r.Next()
		var one *hashdb.RecordError
		if err != nil {
			_, _ = fmt.Fprintf(&out, "error: %v\n", err)
			if errors.As(err, &one) {
				continue
			}
			break
		}
		_, _ = fmt.Fprintf(&out, "record %d: %d entries", rec.Number, len(rec.Entries))
		if rec.RetractRef != "" {
			_, _ = fmt.Fprintf(&out, ", retract %q", rec.RetractRef)
		}
		out.WriteString("\n")
		for _, e := range rec.Entries {
			at := ""
			if !e.Time.IsZero() {
				at = " time " + e.Time.Format(time.RFC3339)
			}
			_, _ = fmt.Fprintf(&out, "  %v %v ref %q%s parties %d tags %q from %q status %d\n", e.Hash.Kind, e.Hash, e.Ref, at, e.Parties, e.Tags, e.Provenance, e.Status)
		}
	}
	if p, ok := r.(*NCMECReader); ok {
		next, at := p.Page()
		_, _ = fmt.Fprintf(&out, "page: next %q, max %s\n", next, at.Format(time.RFC3339))
	}
	if p, ok := r.(*ThreatExchangeReader); ok {
		_, _ = fmt.Fprintf(&out, "page: next %q\n", p.Page())
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	for name, data := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			r, f, err := Open(Auto, bytes.NewReader(data), Options{Provenance: "made-up"})
			if err != nil || f != formatOf(name) {
				t.Fatalf("opened as %q: %v", f, err)
			}
			got := dump(r)
			golden.Check(t, name+".golden", got)
			// However the bytes come, the records are the same.
			for how, in := range map[string]io.Reader{"one byte": iotest.OneByteReader(bytes.NewReader(data)), "with the end": iotest.DataErrReader(bytes.NewReader(data))} {
				r, _, err := Open(f, in, Options{Provenance: "made-up"})
				if err != nil {
					t.Fatal(err)
				}
				if again := dump(r); again != got {
					t.Errorf("%s at a time: got\n%s", how, again)
				}
			}
		})
	}
}

var longHex = regexp.MustCompile(`[0-9A-Fa-f]{12,}`)

// TestTruncated cuts each example in some thousand places, short ones after every byte. JSON and XML must say so; text may
// at worst lose lines and the end of its last cell, and must never make up a hash.
func TestTruncated(t *testing.T) {
	for name, data := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			f := formatOf(name)
			whole := hashesOf(t, f, data)
			structured := (strings.Contains(name, ".json") || f == NCMEC) && !strings.HasSuffix(name, ".jsonl")
			end := len(bytes.TrimRight(data, " \r\n"))
			cuts := 0
			start := 1
			if bytes.HasPrefix(data, []byte("\ufeff")) {
				start = 4 // Half a byte order mark is no text.
			}
			for n := start; n < end; n += 1 + end/1000 {
				r, _, err := Open(f, bytes.NewReader(data[:n]), Options{Kind: kindFor(name)})
				if err != nil {
					continue // A header that is not whole.
				}
				records, _, err := readAll(r)
				if errors.Is(err, hashdb.ErrTruncated) {
					cuts++
					continue
				}
				if structured {
					t.Fatalf("cut after %d of %d bytes: %v", n, len(data), err)
				}
				if !errors.Is(err, io.EOF) {
					t.Fatalf("cut after %d of %d bytes: %v", n, len(data), err)
				}
				for _, rec := range records {
					for _, e := range rec.Entries {
						if !whole[e.Hash] {
							t.Fatalf("cut after %d bytes: record %d has a hash that the input has not", n, rec.Number)
						}
					}
				}
			}
			if cuts == 0 {
				t.Error("no cut was noticed")
			}
		})
	}
}

func kindFor(name string) hashdb.Kind {
	switch name {
	case "lines-pdq.txt":
		return hashdb.KindPDQ
	case "lines-md5.txt":
		return hashdb.KindMD5
	}
	return 0
}

func hashesOf(t *testing.T, f Format, data []byte) map[hashdb.Hash]bool {
	t.Helper()
	r, _, err := Open(f, bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := readAll(r)
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	all := map[hashdb.Hash]bool{}
	for _, rec := range records {
		for _, e := range rec.Entries {
			all[e.Hash] = true
		}
	}
	if len(all) == 0 {
		t.Fatal("no hashes")
	}
	return all
}

// TestReadFailure has the input's reader fail in the middle: no format may take that
// for an end or for a truncated input, or go on.
func TestReadFailure(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, data := range inputs(t) {
		for _, n := range []int{0, 4, len(data) / 2, len(data) - 1} {
			r, _, err := Open(formatOf(name), io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken)), Options{Kind: kindFor(name)})
			if err == nil {
				_, _, err = readAll(r)
			}
			if !errors.Is(err, broken) || errors.Is(err, hashdb.ErrTruncated) {
				t.Errorf("%s, broken after %d bytes: %v", name, n, err)
			}
			if longHex.MatchString(fmt.Sprint(err)) {
				t.Errorf("%s: the error repeats a hash: %v", name, err)
			}
		}
	}
}

// once fails once, and then pretends to have come to its end.
type once struct {
	r   io.Reader
	err error
}

func (o *once) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if errors.Is(err, io.EOF) && o.err != nil {
		err, o.err = o.err, nil
	}
	return n, err
}

// TestBreaksOff has bodies break off, once and in the midst of looking at them. No
// format may take that for an end.
func TestBreaksOff(t *testing.T) {
	for name, data := range inputs(t) {
		for _, n := range []int{2, len(data) / 2, len(data)} {
			in := &once{r: bytes.NewReader(data[:n]), err: io.ErrUnexpectedEOF}
			r, _, err := Open(formatOf(name), in, Options{Kind: kindFor(name)})
			if err == nil {
				_, _, err = readAll(r)
			}
			if !errors.Is(err, hashdb.ErrTruncated) && (n > 3 || !bytes.HasPrefix(data, []byte("\ufeff"))) {
				t.Errorf("%s, broken off after %d bytes: %v", name, n, err)
			}
		}
	}
}
