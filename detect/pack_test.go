package detect

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

func TestSegmentsSurviveTheirEncoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for i := range 200 {
		seen := rng.Uint64N(1 << 40)
		g := &segment{
			id:      signal.ID(string(rune(i))),
			target:  target{list: "list-é", name: "a name", kind: hashdb.KindPDQ, clip: i%2 == 0},
			version: "v", category: []string{"", "B1"}[rng.IntN(2)], distance: rng.IntN(32), radius: rng.IntN(48), view: view(rng.IntN(views)),
			frames: 1 + rng.Uint64N(100), pictures: rng.Uint64N(9), picture: rng.Uint64(),
			seenFrom: seen, seenTo: seen + 100 + rng.Uint64N(9), goodFrom: 3, goodTo: 3 + rng.Uint64N(9),
			// Years that nanoseconds in 64 bits cannot say.
			first: time.Date(1, 1, 1, 0, 0, 0, rng.IntN(1e9), time.UTC), last: time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC),
			evidence: rng.IntN(signal.MaxEvidence + 1), told: rng.Uint64N(99), toldReached: i%3 == 0,
			clip: clip{total: rng.IntN(1 << 20), matched: rng.IntN(maxClipFrames), chunks: rng.Uint64N(1 << clipChunks)},
		}
		data := g.encode()
		got, ok := decodeSegment(data)
		if !ok || !reflect.DeepEqual(got, g) {
			t.Fatalf("%+v came back as %+v, %v", g, got, ok)
		}
		// A record that was cut, or has more behind it, is damaged.
		if _, ok := decodeSegment(append(data, 0)); ok {
			t.Error("more behind it is taken")
		}
		for n := range data {
			if _, ok := decodeSegment(data[:n]); ok {
				t.Fatalf("%d of %d bytes are taken", n, len(data))
			}
		}
	}
}

func FuzzDecodeSegment(f *testing.F) {
	st := &stream{seen: 9, good: 9, pictures: 3}
	g := begin(Frame{ID: "i", At: at}, st, &hit{target: target{list: "l", name: "n", kind: hashdb.KindPDQ}})
	g.add(Frame{ID: "i", At: at}, st, &hit{})
	f.Add(g.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if g, ok := decodeSegment(data); ok {
			if again, ok := decodeSegment(g.encode()); !ok || !reflect.DeepEqual(again, g) {
				t.Fatalf("%+v came back as %+v", g, again)
			}
		}
	})
}
