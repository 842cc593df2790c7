package pdq

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// testdata returns the folder of a kind of reference pictures.
func testdata(t testing.TB, kind string) string {
	t.Helper()
	root := os.Getenv("VIGIL_TESTDATA")
	if root == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA is empty, and CI must run the conformance tests")
		}
		t.Skip("VIGIL_TESTDATA is empty")
	}
	return filepath.Join(root, "media", kind)
}

// vector is one row of a reference table.
type vector struct {
	file    string
	hash    [2]Hash // By Mode.
	quality [2]int
	// dihedral is of Mode512.
	dihedral Dihedral
}

func vectors(t testing.TB, dir string) []vector {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, row := range rows[1:] {
		v := vector{file: row[0]}
		for m := range v.hash {
			v.hash[m] = parse(t, row[1+2*m])
			if v.quality[m], err = strconv.Atoi(row[2+2*m]); err != nil {
				t.Fatal(err)
			}
		}
		v.dihedral[Original] = v.hash[Mode512]
		for i, text := range row[5:] {
			v.dihedral[i+1] = parse(t, text)
		}
		all = append(all, v)
	}
	return all
}

func parse(t testing.TB, text string) (h Hash) {
	t.Helper()
	if n, err := hex.Decode(h[:], []byte(text)); err != nil || n != len(h) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	return h
}

// readPNM reads a binary PGM or PPM of 8 bits, as the reference vectors are.
func readPNM(t testing.TB, file string) image.Image {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(content)
	var magic string
	var w, h, top int
	if _, err := fmt.Fscanf(r, "%s\n%d %d\n%d\n", &magic, &w, &h, &top); err != nil || top != 255 {
		t.Fatalf("%s: header: %v", file, err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if magic == "P5" && len(data) == w*h {
		return &image.Gray{Pix: data, Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	if magic != "P6" || len(data) != 3*w*h {
		t.Fatalf("%s: %s with %d bytes", file, magic, len(data))
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, color.RGBA{data[3*i], data[3*i+1], data[3*i+2], 255})
	}
	return img
}

// Pictures given pixel for pixel come out as in the reference, even flat colours,
// gradients and the like, whose coefficients tie at the median.
func TestPDQLuminanceVectors(t *testing.T) {
	dir := testdata(t, "luminance")
	compared := 0
	for _, v := range vectors(t, dir) {
		img := readPNM(t, filepath.Join(dir, v.file))
		for _, mode := range []Mode{Mode512, ModeFull} {
			hash, quality, err := New(mode).Luma(LumaOf(img, mode))
			if strings.HasPrefix(v.file, "toosmall") {
				if !errors.Is(err, ErrTooSmall) {
					t.Errorf("%s: error %v, want ErrTooSmall", v.file, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", v.file, err)
				continue
			}
			d := distance(hash, v.hash[mode])
			if quality != v.quality[mode] {
				t.Errorf("%s mode %v: quality %d, want %d", v.file, mode, quality, v.quality[mode])
			}
			if d != 0 {
				t.Errorf("%s mode %v: %d bits from the reference, want 0", v.file, mode, d)
			}
			compared++
		}
	}
	if compared != 22 {
		t.Errorf("compared %d hashes, want 22", compared)
	}
}

// JPEG pictures decoded by Go instead of libjpeg-turbo are off by a few bits.
func TestPDQPictureVectors(t *testing.T) {
	dir := testdata(t, "image")
	total, compared := 0, 0
	for _, v := range vectors(t, dir) {
		img := decode(t, filepath.Join(dir, v.file))
		for _, mode := range []Mode{Mode512, ModeFull} {
			hash, quality, err := New(mode).Image(img)
			if err != nil {
				t.Errorf("%s: %v", v.file, err)
				continue
			}
			d := distance(hash, v.hash[mode])
			t.Logf("%s mode %v: distance %d, quality %d", v.file, mode, d, quality)
			if d > 4 {
				t.Errorf("%s mode %v: %d bits from the reference, want at most 4", v.file, mode, d)
			}
			if quality != v.quality[mode] {
				t.Errorf("%s mode %v: quality %d, want %d", v.file, mode, quality, v.quality[mode])
			}
			total += d
			compared++
		}
	}
	if compared < 30 {
		t.Errorf("compared %d hashes, want at least 30", compared)
	}
	t.Logf("mean distance %.2f bits", float64(total)/float64(compared))
}

func decode(t testing.TB, file string) image.Image {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return img
}
