package world

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// The limits of PDQ as published: matches lie within 31 bits, and a picture of
// quality below 50 is not compared.
const (
	radius     = 31
	minQuality = 50
)

func pdqOf(t *testing.T, img image.Image) hashdb.Hash {
	t.Helper()
	h, quality, err := hashdb.HashImage(pdq.New(pdq.Mode512), hashdb.KindPDQ, img)
	if err != nil {
		t.Fatal(err)
	}
	if quality < minQuality {
		t.Errorf("quality %d is below %d", quality, minQuality)
	}
	return h
}

func distance(t *testing.T, a, b hashdb.Hash) int {
	t.Helper()
	d, ok := a.Distance(b)
	if !ok {
		t.Fatal("hashes of two kinds")
	}
	return d
}

func TestScenesAreUnlikeEachOther(t *testing.T) {
	var hashes []hashdb.Hash
	for seed := range uint64(40) {
		hashes = append(hashes, pdqOf(t, newScene(seed).render(0)))
	}
	compared := 0
	for i, a := range hashes {
		for _, b := range hashes[:i] {
			compared++
			if d := distance(t, a, b); d <= 60 {
				t.Errorf("two scenes are %d bits apart", d)
			}
		}
	}
	if compared != 40*39/2 {
		t.Errorf("compared %d pairs", compared)
	}
}

func TestReplaysStayWithinTheRadius(t *testing.T) {
	for seed := range uint64(20) {
		original := newScene(seed).render(0)
		data, err := encodeJPEG(tampered(original), 40)
		if err != nil {
			t.Fatal(err)
		}
		replay, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if replay.Bounds() == original.Bounds() {
			t.Error("the replay has the size of the original")
		}
		d := distance(t, pdqOf(t, original), pdqOf(t, replay))
		if d == 0 || d > radius {
			t.Errorf("seed %d: the replay is %d bits from the original, want 1 to %d", seed, d, radius)
		}
	}
}
