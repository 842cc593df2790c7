package intake

import (
	"bufio"
	"bytes"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// The thresholds published with PDQ.
const (
	minQuality = 50
	radius     = 31
)

func testData(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("VIGIL_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA must name the test data")
		}
		t.Skip("VIGIL_TESTDATA names no test data")
	}
	needFFmpeg(t)
	return folder
}

// reference reads the hashes that the reference program took from every frame
// of a clip: lines of index, quality, hash, second.
func reference(t *testing.T, path string) []hashdb.Hash {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []hashdb.Hash
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		fields := strings.Split(lines.Text(), ",")
		if len(fields) != 4 {
			t.Fatalf("%s: %q", path, lines.Text())
		}
		quality, err := strconv.Atoi(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		hash, err := hashdb.ParseHash(hashdb.KindPDQ, fields[2])
		if err != nil {
			t.Fatal(err)
		}
		if quality >= minQuality {
			all = append(all, hash)
		}
	}
	return all
}

// rerender makes another rendition of a clip's first ten seconds: two thirds of
// its size, encoded roughly.
func rerender(t *testing.T, path string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "rendition.mp4")
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", "file:"+path, "-t", "10", "-an",
		"-vf", "scale=320:-2", "-preset", "veryfast", "-crf", "34", "file:"+out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("render another rendition: %v: %s", err, text)
	}
	return out
}

// TestSampledFramesMatchTheReferenceOfAnotherRendition is the way of a replayed
// clip: real ffmpeg, JPEG, this project's PDQ, against hashes that the reference
// program took from another file of the same scene. By the reference program's
// own hashes, one frame in ten outlives a large logo, and none the bars between
// the two renditions of the pattern.
func TestSampledFramesMatchTheReferenceOfAnotherRendition(t *testing.T) {
	media := filepath.Join(testData(t), "media")
	video := func(name string) string { return filepath.Join(media, "video", name+".mp4") }
	for _, c := range []struct {
		name, input string
		fps         float64
		list        string
		least, most float64 // share of the frames that match
	}{
		{"the same file", video("pattern-hd-no-bar"), 1, "pattern-hd-no-bar", 1, 1},
		{"smaller and rougher", rerender(t, video("chair-orig-22-sd-bar")), 1, "chair-orig-22-sd-bar", 0.9, 1},
		{"another take", video("chair-20-sd-bar"), 1, "chair-orig-22-sd-bar", 0.9, 1},
		{"a large logo", video("chair-22-with-large-logo-bar"), 1, "chair-orig-22-sd-bar", 0.04, 0.3},
		{"unrelated", video("doorknob-hd-no-bar"), 5, "chair-orig-22-sd-bar", 0, 0},
		{"unrelated too", video("pattern-hd-no-bar"), 1, "chair-orig-22-sd-bar", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := reference(t, filepath.Join(media, "vpdq", c.list+".txt"))
			hasher := pdq.New(pdq.Mode512)
			usable, matched := 0, 0
			o := Options{Input: c.input, FPS: c.fps, Start: start}
			result, err := Watch(t.Context(), o, func(s Sample) error {
				img, err := jpeg.Decode(bytes.NewReader(s.JPEG))
				if err != nil {
					return err
				}
				hash, quality, err := hashdb.HashImage(hasher, hashdb.KindPDQ, img)
				if err != nil || quality < minQuality {
					return err
				}
				usable++
				best := 256
				for _, e := range list {
					if d, ok := hash.Distance(e); ok {
						best = min(best, d)
					}
				}
				if best <= radius {
					matched++
				}
				return nil
			})
			if result.Reason != ReasonEnded || err != nil {
				t.Fatalf("got %q, %v", result.Reason, err)
			}
			if usable < 3 || len(list) < 100 {
				t.Fatalf("only %d frames against %d hashes", usable, len(list))
			}
			share := float64(matched) / float64(usable)
			t.Logf("%d of %d frames match", matched, usable)
			if share < c.least || share > c.most {
				t.Errorf("a share of %.2f, want %.2f to %.2f", share, c.least, c.most)
			}
		})
	}
}
