package detect

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// fullRecord is a record with everything in it.
func fullRecord() HashRecord {
	r := HashRecord{
		Kind: "pdq", Hash: strings.Repeat("0f", 32), Quality: 87, SHA256: strings.Repeat("9a", 32),
	}
	for v := range view(views) {
		if v != plain {
			r.Views = append(r.Views, View{View: v.String(), Hash: strings.Repeat("ab", 32)})
		}
	}
	return r
}

// wantQuickLikeSchema checks that what is read quickly is what the schema would read, and
// reports whether it was.
func wantQuickLikeSchema(t *testing.T, data []byte) bool {
	t.Helper()
	got, ok := quickHashRecord(data)
	if !ok {
		return false
	}
	var want HashRecord
	if err := hashSchema.Decode(data, &want); err != nil {
		t.Fatalf("was taken, and the schema says %v: %q", err, data)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("read %+v, want %+v", got, want)
	}
	return true
}

// TestRecordsAreReadAsTheSchemaReadsThem changes records at random places.
func TestRecordsAreReadAsTheSchemaReadsThem(t *testing.T) {
	var seeds [][]byte
	for _, r := range []HashRecord{fullRecord(), {Kind: "phash", Hash: strings.Repeat("0", 16), Quality: 100}, {Kind: "ahash", Hash: strings.Repeat("E", 16), Views: []View{{"trimmed", strings.Repeat("1", 16)}}}} {
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !wantQuickLikeSchema(t, data) {
			t.Errorf("%s is not read quickly", data)
		}
		seeds = append(seeds, data)
	}
	spaced := bytes.ReplaceAll(bytes.ReplaceAll(seeds[0], []byte(","), []byte(" ,\n\t")), []byte(":"), []byte("\r : "))
	if !wantQuickLikeSchema(t, spaced) {
		t.Error("white space is not read quickly")
	}
	const size = 2500
	if len(seeds[0]) > size || size > maxQuick {
		t.Errorf("a full record has %d bytes", len(seeds[0]))
	}
	pieces := []string{`"`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, `\u0061`, `\`, `0`, `00`, `1`, `.0`, `e1`, `-0`, `-`, `null`, `true`, `[]`, `{}`, `"kind"`, `"views":[]`, `"sha256":null`, `,"quality":1`, `"KIND"`, "\x00", "\xff", "é", `trimmed`, `rot90`, `a`, `G`, `101`, `9`, `{"view":"rot90","hash":"0000000000000000"}`}
	rng := rand.New(rand.NewPCG(1, 1))
	taken, refused := 0, 0
	for range 15_000 {
		data := bytes.Clone(seeds[rng.IntN(len(seeds))])
		for range 1 + rng.IntN(3) {
			if rng.IntN(2) == 0 { // One byte for a digit, which often changes little.
				data[rng.IntN(len(data))] = "0123456789abcdefABCDEF "[rng.IntN(23)]
				continue
			}
			from := rng.IntN(len(data) + 1)
			to := min(from+rng.IntN(4)*rng.IntN(20), len(data))
			data = append(data[:from:from], append([]byte(pieces[rng.IntN(len(pieces))]), data[to:]...)...)
		}
		if wantQuickLikeSchema(t, data) {
			taken++
		} else {
			refused++
		}
	}
	if taken < 300 || refused < 300 {
		t.Errorf("%d taken and %d refused show little", taken, refused)
	}
	for _, slow := range []string{
		`{"kind":"pd\u0071","hash":"` + strings.Repeat("0", 64) + `","quality":100}`,
		`{"quality":1,"kind":"pdq","hash":"` + strings.Repeat("0", 64) + `","quality":100}`,
	} {
		if fp, err := readHash([]byte(slow)); err != nil || fp.quality != 100 || len(fp.looks) != 1 {
			t.Errorf("%s: %v", slow, err)
		}
	}
}

func FuzzQuickHashRecord(f *testing.F) {
	data, err := fullRecord().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"quality": 5 ,"kind":"dhash","hash":"00000000000000aF","views":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) { wantQuickLikeSchema(t, data) })
}

func BenchmarkReadHash(b *testing.B) {
	data, err := fullRecord().Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := readHash(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("schema", func(b *testing.B) {
		for b.Loop() {
			var r HashRecord
			if err := hashSchema.Decode(data, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
