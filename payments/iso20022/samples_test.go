package iso20022

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/payments"
)

// samples are made-up messages, each in a wrapper or a form of its own.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) < 6 {
		t.Fatal(len(files), err)
	}
	all := make(map[string][]byte)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".xml")] = data
	}
	return all
}

func TestSamplesAreReadAsTheyWere(t *testing.T) {
	for name, data := range samples(t) {
		records, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := shown(t, records)
		golden.Check(t, name+".golden", append(text, '\n'))
		for _, private := range []string{"1970", "Nowhere", `"SE"`, "3312"} {
			if bytes.Contains(text, []byte(private)) {
				t.Errorf("%s: %s was read", name, private)
			}
		}
	}
}

// shown lists what is not empty.
func shown(t *testing.T, records []payments.Record) []byte {
	t.Helper()
	raw, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(pruned(tree), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// pruned leaves out of a tree what is empty; nil means that nothing is left.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value = pruned(value); value == nil {
				delete(v, key)
			} else {
				v[key] = value
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}

// A version with a prefix and no header says what an older one in an envelope says.
func TestVersionsSayTheSame(t *testing.T) {
	all := samples(t)
	for _, pair := range [][2]string{{"pacs008-08", "pacs008-13"}, {"pain001-09", "pain001-11"}} {
		one, err := Parse(all[pair[0]])
		other, err2 := Parse(all[pair[1]])
		if err != nil || err2 != nil || len(one) < 2 || !reflect.DeepEqual(one, other) {
			t.Errorf("%v: %+v, %v, %+v, %v", pair, one, err, other, err2)
		}
	}
}

// TestEachRecordIsAMessageOfItsOwn holds the items of a file to what the file says.
func TestEachRecordIsAMessageOfItsOwn(t *testing.T) {
	for name, data := range samples(t) {
		want, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		var got []payments.Record
		r := NewReader(bytes.NewReader(data))
		for {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err = errors.Join(err, item.Err); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			alone, err := Parse(item.Data)
			if err != nil || len(alone) != 1 || !reflect.DeepEqual(alone[0], item.Record) {
				t.Errorf("%s, record %d: alone it is %+v, %v\n%s", name, item.Number, alone, err, item.Data)
			}
			if data[item.Offset] != '<' {
				t.Errorf("%s, record %d: byte %d is no tag's beginning", name, item.Number, item.Offset)
			}
			got = append(got, item.Record)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, got, want)
		}
	}
}

// FuzzSamples bends messages of every kind.
func FuzzSamples(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		good, bad := Parse(data)
		reasons(t, bad)
		for _, r := range good {
			if (r.Transaction == nil) == (r.Withdrawal == nil) {
				t.Fatalf("a record of both or none: %+v", r)
			}
			if t1 := r.Transaction; t1 != nil && (t1.Amount <= 0 || t1.Institution == "" || t1.Ref == "" || t1.At.IsZero()) {
				t.Fatalf("%+v", t1)
			}
			if w := r.Withdrawal; w != nil && (w.At.IsZero() || w.References == (payments.References{})) {
				t.Fatalf("%+v", w)
			}
		}
		// A document of pacs.008.001.08 alone is what encoding/xml makes of it.
		if bytes.Count(data, []byte("xmlns")) != 1 || !bytes.Contains(data, []byte(`<Document xmlns="`+namespaceStem+`08">`)) || bad != nil {
			return
		}
		want, err := reference(data)
		if err != nil || len(want) != len(good) {
			return // reference stops after the first element
		}
		for i := range want {
			if !reflect.DeepEqual(*good[i].Transaction, want[i]) {
				t.Fatalf("got  %+v\nwant %+v", *good[i].Transaction, want[i])
			}
		}
	})
}
