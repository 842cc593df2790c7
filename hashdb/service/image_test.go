package service

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// pdqOf returns the PDQ hash of a picture.
func pdqOf(t testing.TB, img image.Image) hashdb.Hash {
	t.Helper()
	h, quality, err := pdq.New(pdq.Mode512).Image(img)
	if err != nil || quality < 50 {
		t.Fatalf("quality %d, %v", quality, err)
	}
	return hashdb.Hash{Kind: hashdb.KindPDQ, Bits: h}
}

func sha256Of(data []byte) hashdb.Hash {
	return hashdb.Hash{Kind: hashdb.KindSHA256, Bits: sha256.Sum256(data)}
}

func (b *bench) picture(query string, data []byte) imageAnswer {
	b.T.Helper()
	return decode[imageAnswer](b.T, b.Do("POST", "/v1/lookup/image"+query, "image/png", data))
}

func TestImage(t *testing.T) {
	img := pictureOf(1, 300, 200)
	data := encode(t, img)
	m := &memory{
		lists:   []hashdb.ListInfo{list("ncmec", hashdb.KindPDQ), list("ncmec", hashdb.KindSHA256), list("ncmec", hashdb.KindDHash)},
		entries: []hashdb.Entry{entry("ncmec", flip(pdqOf(t, img), 5)), entry("ncmec", sha256Of(data))},
	}
	b := newBench(t, m, nil, nil)
	a := b.picture("", data)
	var got []string
	for _, r := range a.Results {
		for _, m := range r.Matches {
			got = append(got, fmt.Sprintf("%s %s %d", r.Kind, r.View, m.Distance))
		}
	}
	if !slices.Equal(got, []string{"pdq original 5", "sha256  0"}) {
		t.Errorf("%v", got)
	}
	if a.Width != 300 || a.Height != 200 || a.Quality < 50 || a.LowQuality || a.Vetoed || len(a.Results) != 3 {
		t.Errorf("%+v", a)
	}
	if a.Results[0].Of != pdqOf(t, img).String() || !slices.Equal(a.UnlistedKinds, []string{"phash", "ahash", "md5", "sha1"}) {
		t.Errorf("%+v", a)
	}
	if a := b.picture("?dihedral=false&remote=false", data); len(a.Results) != 3 {
		t.Errorf("%+v", a)
	}
}

func TestImageViews(t *testing.T) {
	img := pictureOf(2, 200, 300)
	seen := map[string]bool{}
	for i := range 8 {
		m := &memory{lists: []hashdb.ListInfo{list("ncmec", hashdb.KindPDQ)}, entries: []hashdb.Entry{entry("ncmec", pdqOf(t, img))}}
		b := newBench(t, m, nil, nil)
		// The listed picture comes in turned: one of the views turns it back.
		was := image.Image(img)
		if i > 0 {
			was = drawn(turned{img, i})
		}
		a := b.picture("?dihedral=true", encode(t, was))
		var matched []string
		for _, r := range a.Results {
			if len(r.Matches) > 0 {
				matched = append(matched, r.View)
			}
		}
		if len(a.Results) != 8 || len(matched) != 1 || seen[matched[0]] {
			t.Errorf("turn %d: %d results, matched %v, want one that matched no other", i, len(a.Results), matched)
			continue
		}
		seen[matched[0]] = true
	}
	if len(seen) != 8 {
		t.Errorf("matched by %v", seen)
	}
}

// drawn copies a picture.
func drawn(img image.Image) image.Image {
	b := img.Bounds()
	c := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c.Set(x, y, img.At(x, y))
		}
	}
	return c
}

// TestImageVeto has the picture's PDQ on a list and, of all its hashes, only the digest
// on an allow-list, of a kind that nothing else has.
func TestImageVeto(t *testing.T) {
	img := pictureOf(3, 100, 100)
	data := encode(t, img)
	m := &memory{
		lists:   []hashdb.ListInfo{list("ncmec", hashdb.KindPDQ), list("innocent", hashdb.KindSHA256, allow)},
		entries: []hashdb.Entry{entry("ncmec", pdqOf(t, img)), entry("innocent", sha256Of(data))},
	}
	a := newBench(t, m, nil, nil).picture("", data)
	if !a.Vetoed || len(a.Results) != 2 || len(a.Results[0].Matches) != 0 || len(a.Results[0].Vetoed) != 1 || len(a.Results[1].Allowed) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestImageWithoutDetail(t *testing.T) {
	flat := encode(t, image.NewGray(image.Rect(0, 0, 100, 100)))
	m := &memory{
		lists:   []hashdb.ListInfo{list("ncmec", hashdb.KindPDQ), list("ncmec", hashdb.KindAHash), list("ncmec", hashdb.KindSHA256)},
		entries: []hashdb.Entry{entry("ncmec", sha256Of(flat)), entry("ncmec", hashdb.Hash{Kind: hashdb.KindPDQ}), entry("ncmec", hashdb.Hash{Kind: hashdb.KindAHash})},
	}
	a := newBench(t, m, nil, nil).picture("?dihedral=true", flat)
	if !a.LowQuality || len(a.Results) != 1 || a.Results[0].Kind != "sha256" || len(a.Results[0].Matches) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestImageRefusals(t *testing.T) {
	m := world()
	b := newBench(t, m, func(o *Options) { o.MaxImage = 100 << 10 }, nil)
	good := encode(t, pictureOf(1, 50, 50))
	post := func(query, contentType string, body []byte) string {
		w := b.Do("POST", "/v1/lookup/image"+query, contentType, body)
		return fmt.Sprint(w.Code, " ", w.Body)
	}
	for _, tt := range []struct {
		query, contentType string
		body               []byte
		want, text         string
	}{
		{"", "image/png", nil, "422", "the picture"},
		{"", "image/png", good[:100], "422", "the picture"},
		{"", "image/png", encode(t, image.NewGray(image.Rect(0, 0, 4, 100))), "422", "at least 5"},
		{"", "image/gif", good, "415", "image/webp"},
		{"", "", good, "415", "image/webp"},
		{"", "image/png", make([]byte, 100<<10+1), "413", "102400"},
		{"?dihedral=1", "image/png", good, "400", "dihedral"},
		{"?dihedral", "image/png", good, "400", "dihedral"},
		{"?dihedral=true&dihedral=true", "image/png", good, "400", "2 times"},
		{"?dihedarl=true", "image/png", good, "400", "not taken"},
		{"?dihedral=true;", "image/png", good, "400", "query"},
		{"?remote=true", "image/png", good, "403", "remote"},
	} {
		if got := post(tt.query, tt.contentType, tt.body); !strings.HasPrefix(got, tt.want) || !strings.Contains(got, tt.text) {
			t.Errorf("%s %s: %s, want %s with %q", tt.query, tt.contentType, got, tt.want, tt.text)
		}
	}
	b = newBench(t, &memory{}, nil, nil)
	if got := post("", "image/png", good); !strings.HasPrefix(got, "503") {
		t.Errorf("without lists: %s", got)
	}
	// Eight views of PDQ, and MD5.
	b = newBench(t, m, nil, func(k *Key) { k.PerMinute = 10 })
	b.picture("?dihedral=true", good)
	if got := post("?dihedral=true", "image/png", good); !strings.HasPrefix(got, "429") {
		t.Errorf("quota: %s", got)
	}
	b = newBench(t, m, func(o *Options) {
		o.Decode = func([]byte) (image.Image, error) { return nil, errors.New("no more than 5 pixels") }
	}, nil)
	if got := post("", "image/png", good); !strings.HasPrefix(got, "422") || !strings.Contains(got, "no more than 5 pixels") {
		t.Errorf("decoder's error: %s", got)
	}
	b = newBench(t, m, func(o *Options) { o.Decode = func([]byte) (image.Image, error) { panic("decoder") } }, nil)
	if got := post("", "image/png", good); !strings.HasPrefix(got, "500") || bytes.Contains([]byte(got), []byte("decoder")) {
		t.Errorf("decoder's panic: %s", got)
	}
}

// turned is a picture turned or mirrored in one of eight ways.
type turned struct {
	image.Image
	view int
}

func (t turned) sideways() bool { return t.view == 1 || t.view == 3 || t.view >= 6 }

func (t turned) Bounds() image.Rectangle {
	size := t.Image.Bounds().Size()
	if t.sideways() {
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

func (t turned) At(x, y int) color.Color {
	b := t.Image.Bounds()
	if t.sideways() {
		x, y = y, x
	}
	if t.view == 2 || t.view == 3 || t.view == 4 || t.view == 7 {
		x = b.Dx() - 1 - x
	}
	if t.view == 1 || t.view == 2 || t.view == 5 || t.view == 7 {
		y = b.Dy() - 1 - y
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}
