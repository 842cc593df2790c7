package detect

import (
	"errors"
	"image"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// fuzzFrame checks that no bytes of a content type do anything but pass or be
// refused.
func fuzzFrame(f *testing.F, contentType string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
		f.Add(s[:len(s)/2])
	}
	index := &lists{
		entries: []entry{{"demo-list", hashdb.Hash{Kind: hashdb.KindPDQ}, 31}},
		kinds:   []hashdb.Kind{hashdb.KindPHash, hashdb.KindDHash, hashdb.KindAHash},
	}
	d := New(index, Options{Limits: Limits{Bytes: 64 << 10, Pixels: 1 << 16}})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := memory{}
		got, err := d.Frame(t.Context(), s, frame(0, contentType, data))
		var r *signal.Rejection
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("not a Rejection: %v", err)
		}
		if (err == nil) != (len(s) > 0) {
			t.Fatalf("error %v, and %d keys of state", err, len(s))
		}
		wantSound(t, got.Signals)
	})
}

func FuzzFrameJPEG(f *testing.F) {
	fuzzFrame(f, JPEG, jpegOf(f, scene(1, 24, 16), 75), testFile(f, "progressive.jpg"), testFile(f, "cmyk.jpg"))
}

func FuzzFramePNG(f *testing.F) {
	fuzzFrame(f, PNG, pngOf(f, scene(1, 24, 16)), pngOf(f, image.NewGray(image.Rect(0, 0, 9, 9))), testFile(f, "animated.png"))
}

func FuzzFrameWebP(f *testing.F) {
	fuzzFrame(f, WebP, testFile(f, "lossy.webp"), testFile(f, "alpha.webp"), testFile(f, "animated.webp"), testFile(f, "lossless.webp"))
}

func FuzzFrameHash(f *testing.F) {
	good, err := HashRecord{Kind: "pdq", Hash: hashdb.Hash{Kind: hashdb.KindPDQ}.String(), Quality: 100}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	fuzzFrame(f, HashType, good, []byte(`{"kind":"phash","hash":"0000000000000000","quality":50}`))
}

// fuzzRecord checks that what is not refused makes signals that can be read.
func fuzzRecord(f *testing.F, read func([]byte) ([]signal.Signal, error), seed []byte, err error) {
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := read(data)
		var r *signal.Rejection
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("not a Rejection: %v", err)
		}
		if err == nil && (len(got) == 0 || len(got) > 1 && got[0].Kind != signal.KindSession) {
			t.Fatalf("%d signals", len(got))
		}
		wantSound(t, got)
	})
}

func FuzzSession(f *testing.F) {
	seed, err := session(Ended, 1e9).Encode()
	fuzzRecord(f, Session, seed, err)
}

func FuzzScore(f *testing.F) {
	seed, err := ScoreRecord{Stream: "s", Platform: "p", Subject: streamer, Classifier: "c", Value: 0.5, At: at}.Encode()
	fuzzRecord(f, Score, seed, err)
}

func FuzzFlag(f *testing.F) {
	seed, err := FlagRecord{ID: "1", Stream: "s", Platform: "p", Subject: streamer, Reason: "r", At: at}.Encode()
	fuzzRecord(f, Flag, seed, err)
}
