package correlate

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

func indexOf(t testing.TB, seed uint64) set {
	t.Helper()
	var s set
	for _, sig := range history(rand.New(rand.NewPCG(seed, 3))) {
		e, err := entryOf(sig)
		if err != nil {
			t.Fatal(err)
		}
		s.add(e)
	}
	return s
}

func TestIndexRoundTrip(t *testing.T) {
	for seed := range uint64(10) {
		want := indexOf(t, seed)
		got, err := decodeSet(encodeSet(want))
		if err != nil {
			t.Fatal(err)
		}
		if len(want.entries) < 10 || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %d entries came back as %d", seed, len(want.entries), len(got.entries))
		}
	}
}

// TestDamagedIndex cuts an index at every byte and swaps two of its entries.
func TestDamagedIndex(t *testing.T) {
	data := encodeSet(indexOf(t, 1))
	for n := range data {
		if _, err := decodeSet(data[:n]); !errors.Is(err, errDamaged) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(data), err)
		}
	}
	if _, err := decodeSet(append(bytes.Clone(data), 0)); !errors.Is(err, errDamaged) {
		t.Errorf("a byte too many: %v", err)
	}
	swapped := indexOf(t, 1)
	swapped.entries[0], swapped.entries[1] = swapped.entries[1], swapped.entries[0]
	if _, err := decodeSet(encodeSet(swapped)); !errors.Is(err, errDamaged) {
		t.Errorf("out of order: %v", err)
	}
}

func FuzzDecodeSet(f *testing.F) {
	f.Add(encodeSet(indexOf(f, 2)))
	f.Add(encodeSet(set{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeSet(data)
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Errorf("error %v is not errDamaged", err)
			}
			return
		}
		if !bytes.Equal(encodeSet(s), data) {
			t.Error("decodes what it would not have written")
		}
	})
}
