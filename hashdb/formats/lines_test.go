package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// open opens text for a test.
func open(t testing.TB, f Format, text string, o Options) hashdb.RecordReader {
	t.Helper()
	r, _, err := Open(f, strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	pdqA = strings.Repeat("0123456789abcdef", 4)
	pdqB = strings.Repeat("fedcba9876543210", 4)
	md5A = pdqA[:32]
)

func TestLines(t *testing.T) {
	long := "#" + strings.Repeat("x", 3*peekSize) + "\n"
	for name, c := range map[string]struct {
		text    string
		kind    hashdb.Kind
		numbers []int // Of good lines.
		bad     []int // Of bad ones.
		end     error // io.EOF when nil.
	}{
		"empty":                          {},
		"only a comment":                 {text: "# nothing"},
		"no end, whole":                  {text: pdqA, numbers: []int{1}},
		"no end, cut":                    {text: pdqA + "\n" + pdqB[:63], numbers: []int{1}, end: hashdb.ErrTruncated},
		"no end, cut where md5 ends":     {text: pdqA + "\n" + pdqB[:32], numbers: []int{1}, end: hashdb.ErrTruncated},
		"no end, too long":               {text: pdqA + "\n" + pdqB + "0", numbers: []int{1}, bad: []int{2}},
		"no end, no digits":              {text: pdqA + "\nend of list", numbers: []int{1}, bad: []int{2}},
		"only a cut line":                {text: pdqA[:20], end: hashdb.ErrTruncated},
		"only a cut line, kind given":    {text: pdqA[:16], kind: hashdb.KindPDQ, end: hashdb.ErrTruncated},
		"short with an end":              {text: pdqA[:63] + "\n" + pdqB + "\n", kind: hashdb.KindPDQ, numbers: []int{2}, bad: []int{1}},
		"returns and blanks":             {text: "\r\n \t" + pdqA + " \r\n\r\n" + strings.ToUpper(pdqB) + "\r\n", numbers: []int{2, 4}},
		"a header":                       {text: "pdq\n" + pdqA + "\n", numbers: []int{2}, bad: []int{1}},
		"another kind later":             {text: pdqA + "\n" + md5A + "\n", numbers: []int{1}, bad: []int{2}},
		"given kind":                     {text: pdqA[:16] + "\n", kind: hashdb.KindDHash, numbers: []int{1}},
		"long comment":                   {text: long + pdqA + "\n", numbers: []int{2}},
		"long line":                      {text: long[1:] + pdqA + "\n", numbers: []int{2}, bad: []int{1}},
		"long line without an end":       {text: pdqA + "\n" + long[1:len(long)-1], numbers: []int{1}, bad: []int{2}},
		"long line of a hash and blanks": {text: pdqA + strings.Repeat(" ", maxLine) + "\n", kind: hashdb.KindPDQ, bad: []int{1}},
		"a zero byte":                    {text: pdqA[:63] + "\x00\n" + pdqA + "\n", kind: hashdb.KindPDQ, numbers: []int{2}, bad: []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			records, bad, end := readAll(open(t, Lines, c.text, Options{Kind: c.kind}))
			if c.end == nil {
				c.end = io.EOF
			}
			if !errors.Is(end, c.end) {
				t.Errorf("ended with %v, want %v", end, c.end)
			}
			var numbers, badNumbers []int
			for _, r := range records {
				numbers = append(numbers, r.Number)
			}
			for _, err := range bad {
				var one *hashdb.RecordError
				if errors.As(err, &one) {
					badNumbers = append(badNumbers, one.Number)
				}
				if longHex.MatchString(err.Error()) {
					t.Errorf("the error repeats the line: %v", err)
				}
			}
			if fmt.Sprint(numbers) != fmt.Sprint(c.numbers) || fmt.Sprint(badNumbers) != fmt.Sprint(c.bad) {
				t.Errorf("good %v bad %v, want %v and %v", numbers, badNumbers, c.numbers, c.bad)
			}
		})
	}
}

func TestLinesKind(t *testing.T) {
	for digits, want := range map[int]hashdb.Kind{64: hashdb.KindPDQ, 40: hashdb.KindSHA1, 32: hashdb.KindMD5} {
		rec, err := open(t, Lines, pdqA[:digits]+"\n", Options{}).Next()
		if err != nil || rec.Entries[0].Hash.Kind != want || rec.Entries[0].Hash.String() != pdqA[:digits] {
			t.Errorf("%d digits: %+v, %v", digits, rec, err)
		}
	}
	r := open(t, Lines, pdqA[:16]+"\n", Options{})
	_, err := r.Next()
	var one *hashdb.RecordError
	if err == nil || errors.As(err, &one) || !strings.Contains(err.Error(), "name the kind") {
		t.Errorf("16 digits: %v", err)
	}
	if _, again := r.Next(); !errors.Is(again, err) {
		t.Errorf("after its end: %v", again)
	}
}

// TestLinesKept shows that records stay what they were while reading goes on.
func TestLinesKept(t *testing.T) {
	const n = 5 * entriesAtOnce
	var text strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&text, "%064x\n", i)
	}
	records, _, _ := readAll(open(t, Lines, text.String(), Options{}))
	if len(records) != n {
		t.Fatalf("%d records", len(records))
	}
	for i, r := range records {
		_ = append(r.Entries, hashdb.Entry{}) // Which must not reach the next record.
		if got := records[i].Entries[0].Hash.String(); got != fmt.Sprintf("%064x", i) {
			t.Fatalf("record %d became %s", i, got)
		}
	}
}

func TestLinesAllocate(t *testing.T) {
	in := manyLines(20 * entriesAtOnce)
	r := open(t, Lines, string(in), Options{Provenance: "x"})
	got := testing.AllocsPerRun(1, func() {
		for range 8 * entriesAtOnce {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got > 9 {
		t.Errorf("%v allocations for %d lines", got, 8*entriesAtOnce)
	}
}

func TestLimits(t *testing.T) {
	l := newLines(buffered(bytes.NewReader(manyLines(4))), Options{})
	l.text.count.max = 3
	if records, _, err := readAll(l); len(records) != 3 || errors.Is(err, io.EOF) || !strings.Contains(fmt.Sprint(err), "more than 3 records") {
		t.Errorf("lines: %d records, %v", len(records), err)
	}
	x := NewThreatExchange(strings.NewReader(strings.Repeat(`{"type":"URI"}`+"\n", 4)))
	x.count.max = 3
	if records, _, err := readAll(x); len(records) != 3 || !strings.Contains(fmt.Sprint(err), "more than 3 records") {
		t.Errorf("JSON: %d records, %v", len(records), err)
	}
	n := NewNCMEC(strings.NewReader("<queryResult><images>" + strings.Repeat(`<image><member id="1"/><id>2</id></image>`, 4)))
	n.count.max = 3
	if records, _, err := readAll(n); len(records) != 3 || !strings.Contains(fmt.Sprint(err), "more than 3 records") {
		t.Errorf("XML: %d records, %v", len(records), err)
	}
	c, err := newCSV(buffered(strings.NewReader("pdq\n"+strings.Repeat(pdqA+"\n", 4))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.count.max = 3
	if records, _, err := readAll(c); len(records) != 3 || !strings.Contains(fmt.Sprint(err), "more than 3 records") {
		t.Errorf("csv: %d records, %v", len(records), err)
	}
}

// TestReference reads hashes that the reference programs wrote.
func TestReference(t *testing.T) {
	dir := os.Getenv("VIGIL_TESTDATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA is not set")
		}
		t.Skip("VIGIL_TESTDATA is not set")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "media", "vpdq", "*.txt"))
	for _, f := range append(files, filepath.Join(dir, "media", "haystack.txt"), filepath.Join(dir, "media", "needles.txt")) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, format, err := Open(Auto, bytes.NewReader(data), Options{Provenance: filepath.Base(f)})
		if err != nil {
			t.Fatal(err)
		}
		records, bad, end := readAll(r)
		if len(bad) > 0 || !errors.Is(end, io.EOF) || len(records) != bytes.Count(data, []byte("\n")) {
			t.Errorf("%s as %s: %d records, %v, %v", filepath.Base(f), format, len(records), bad, end)
		}
	}
	if len(files) < 6 {
		t.Errorf("only %d videos", len(files))
	}
}

func manyLines(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var out bytes.Buffer
	for range n {
		_, _ = fmt.Fprintf(&out, "%016x%016x%016x%016x\n", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
	}
	return out.Bytes()
}

func BenchmarkLines(b *testing.B) {
	const n = 100_000
	in := manyLines(n)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		benchmarkRead(b, Lines, in, n)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkVICS(b *testing.B) {
	const n = 5_000
	var in bytes.Buffer
	in.WriteString(`{"@odata.context":"x#Media","value":[`)
	for i := range n {
		if i > 0 {
			in.WriteByte(',')
		}
		_, _ = fmt.Fprintf(&in, `{"MediaID":%d,"Category":1,"MD5":"%032X","SHA1":"%040X","MediaSize":12345,"DateUpdated":"2026-01-02T03:04:05.83Z","IsPrecategorized":"false","IsDistributed":"false","Tags":"one,two","PhotoDNA":%q}`, i, i, i, strings.Repeat("A", 192))
	}
	in.WriteString(`]}`)
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		benchmarkRead(b, VICS, in.Bytes(), n)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func benchmarkRead(b *testing.B, f Format, in []byte, n int) {
	b.Helper()
	r, _, err := Open(f, bytes.NewReader(in), Options{Provenance: "x"})
	if err != nil {
		b.Fatal(err)
	}
	for count := 0; ; count++ {
		if _, err := r.Next(); err != nil {
			if !errors.Is(err, io.EOF) || count != n {
				b.Fatalf("%d records: %v", count, err)
			}
			return
		}
	}
}
