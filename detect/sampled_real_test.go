package detect

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/hashdb"
)

// sampleNoise is how many bits ffmpeg's decoder, the JPEG between and our reduction may add
// to a frame's distance from a listed hash, or take from it, at the very most.
const sampleNoise = 10

// TestSampledClipsMatchWhereTheirReferenceHashesSay: every clip as the intake samples it,
// twice a second, against one of them. Which frames are taken is known, so that the
// reference hashes tell of each whether it matches. Of the clip with a large logo a tenth
// of the frames does, and all are looked at: whichever is the first, two a second find it.
func TestSampledClipsMatchWhereTheirReferenceHashesSay(t *testing.T) {
	const planted, logo, radius, rate = "chair-orig-22-sd-bar", "chair-22-with-large-logo-bar", 31, 30
	names, clips := readClips(t)
	needFFmpeg(t)
	nearest := func(h hashdb.Hash) int {
		least := h.Kind.Bits()
		for _, p := range clips[planted] {
			if d, _ := p.hash.Distance(h); p.quality >= MinQuality {
				least = min(least, d)
			}
		}
		return least
	}
	db := clipDB(t, planted)
	for _, name := range names {
		fps := 2
		if name == logo {
			fps = rate
		}
		d, s, hasher := New(db, Options{SegmentGap: time.Hour}), memory{}, NewHasher(Limits{})
		listed, nearly, twice := 0, 0, map[int]int{} // by the first frame's number, of what is seen twice a second
		got, err := intake.Watch(t.Context(), intake.Options{
			Input: filepath.Join(testData(t), "media", "video", name+".mp4"), FPS: float64(fps), Start: at,
		}, func(sample intake.Sample) error {
			number := int(sample.PTS.Seconds()*rate + 0.5)
			if want := sample.Index * rate / fps; number != want {
				t.Errorf("%s: the picture at %s is sample %d, want that at frame %d", name, sample.PTS, sample.Index, want)
			}
			f := frame(sample.Index, JPEG, sample.JPEG)
			f.At = sample.At
			before := d.Stats().Matched
			if _, err := d.Frame(t.Context(), s, f); err != nil {
				return err
			}
			matched := d.Stats().Matched > before
			if matched {
				twice[number%(rate/2)]++
			}
			record, err := hasher.Fingerprint(JPEG, sample.JPEG)
			if err != nil {
				return err
			}
			hash, err := hashdb.ParseHash(hashdb.KindPDQ, record.Hash)
			if err != nil {
				return err
			}
			reference := nearest(clips[name][number].hash)
			if own := nearest(hash); own > reference+sampleNoise || own < reference-sampleNoise {
				t.Errorf("%s at %s: %d bits away, and %d by the reference hash", name, sample.PTS, own, reference)
			} else if own <= radius && !matched {
				t.Errorf("%s at %s: no match, and it is %d bits away", name, sample.PTS, own)
			}
			if reference <= radius {
				listed++
			}
			if reference-sampleNoise <= radius {
				nearly++
			} else if matched {
				t.Errorf("%s at %s: a match, and the reference hash is %d bits away", name, sample.PTS, reference)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d frames, %d match, and by the reference hashes %d, and %d nearly", name, got.Frames, d.Stats().Matched, listed, nearly-listed)
		if shows := name == planted || name == "chair-20-sd-bar" || name == logo; shows != (listed > 0) || !shows && nearly > 0 {
			t.Errorf("%s: by the reference hashes %d frames match, and %d nearly", name, listed, nearly-listed)
		}
		for first := range rate / 2 {
			if name == logo && twice[first] == 0 {
				t.Errorf("%s is not found by two frames a second of which frame %d is the first", name, first)
			}
		}
	}
}
