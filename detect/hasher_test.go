package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

func TestAFingerprintHasAllViews(t *testing.T) {
	h := NewHasher(Limits{})
	img := scene(1, 192, 128)
	dull := image.NewGray(image.Rect(0, 0, 200, 120))
	for i := range dull.Pix {
		dull.Pix[i] = 128 + uint8(i%200/20)
	}
	for name, c := range map[string]struct {
		contentType string
		data        []byte
		views       int
	}{
		"jpeg":        {JPEG, jpegOf(t, img, 80), turns - 1},
		"parameters":  {"IMAGE/PNG; x=1", pngOf(t, img), turns - 1},
		"with bars":   {PNG, pngOf(t, barred(img, color.Black, 0, 30, 0, 30)), views - 1},
		"featureless": {PNG, pngOf(t, image.NewGray(image.Rect(0, 0, 64, 64))), 0},
		// What is left within the bars is as dull.
		"dull within bars": {PNG, pngOf(t, barred(dull, color.Black, 0, 30, 0, 30)), turns - 1},
	} {
		r, err := h.Fingerprint(c.contentType, c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sum := sha256.Sum256(c.data)
		if r.Kind != "pdq" || r.SHA256 != hex.EncodeToString(sum[:]) || len(r.Views) != c.views {
			t.Errorf("%s: %d views of quality %d, want %d: %+v", name, len(r.Views), r.Quality, c.views, r)
		}
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		// Both ways to a fingerprint are one.
		got, err := readHash(data)
		if err != nil {
			t.Fatal(err)
		}
		want, err := h.picture(mediaType(c.contentType), c.data, []hashdb.Kind{hashdb.KindPDQ})
		if err != nil {
			t.Fatal(err)
		}
		if got.base != want.base || got.quality != want.quality || got.trimmed != want.trimmed || got.hasBars != want.hasBars || len(got.looks) != len(want.looks) {
			t.Errorf("%s: the record reads as %+v, want %+v", name, got, want)
		}
		for i := range got.looks {
			if got.looks[i] != want.looks[i] {
				t.Errorf("%s: look %d is %v, want %v", name, i, got.looks[i], want.looks[i])
			}
		}
	}
	_, err := h.Fingerprint(HashType, []byte("{}"))
	wantReason(t, err, "content-type")
	_, err = NewHasher(Limits{Bytes: 10}).Fingerprint(JPEG, jpegOf(t, img, 80))
	wantReason(t, err, "image-too-large")
	_, err = h.Fingerprint(JPEG, jpegOf(t, img, 80)[:200])
	wantReason(t, err, "image-broken")
}

// A JPEG is decoded only as far as its lists need it. Its PDQ is the same in all views,
// and its other hashes are those of the whole picture.
func TestTheQuickDecoderChangesNoHash(t *testing.T) {
	pdqOnly, all := []hashdb.Kind{hashdb.KindPDQ, hashdb.KindMD5}, []hashdb.Kind{hashdb.KindPDQ, hashdb.KindPHash, hashdb.KindDHash}
	h := NewHasher(Limits{})
	if h.quick(JPEG, pdqOnly) == nil || h.quick(JPEG, nil) == nil || h.quick(JPEG, all) != nil || h.quick(PNG, pdqOnly) != nil {
		t.Error("the quick decoder is for JPEGs and lists of PDQ and digests")
	}
	garish := scene(2, 320, 240)
	for i := range garish.Pix {
		if i%4 != 3 {
			garish.Pix[i] = uint8(min(max(3*int(garish.Pix[i])-256, 0), 255))
		}
	}
	for name, data := range map[string][]byte{
		"a scene":     jpegOf(t, scene(1, 192, 128), 80),
		"saturated":   jpegOf(t, garish, 90),
		"with bars":   jpegOf(t, barred(garish, color.Black, 0, 30, 0, 30), 90),
		"progressive": testFile(t, "progressive.jpg"),
	} {
		img, err := open(JPEG, data, h.limits, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.picture(JPEG, data, pdqOnly)
		if err != nil {
			t.Fatal(err)
		}
		want, err := h.picture(JPEG, data, all)
		if err != nil {
			t.Fatal(err)
		}
		var looks []look
		for _, l := range want.looks {
			if l.hash.Kind == hashdb.KindPDQ {
				looks = append(looks, l)
			} else if whole, _, err := hashdb.HashImage(h.pdq, l.hash.Kind, img); l.view == plain && (err != nil || l.hash != whole) {
				t.Errorf("%s: another %v, %v", name, l.hash.Kind, err)
			}
		}
		if len(looks) < turns || !slices.Equal(got.looks, looks) || got.quality != want.quality || got.trimmed != want.trimmed {
			t.Errorf("%s: %d views of quality %d, want %d of %d", name, len(got.looks), got.quality, len(looks), want.quality)
		}
	}
}

func TestViewsOfARecordAreChecked(t *testing.T) {
	good := HashRecord{Kind: "phash", Hash: strings.Repeat("0", 16), Quality: 90, Views: []View{{"trimmed", strings.Repeat("1", 16)}}}
	data, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if fp, err := readHash(data); err != nil || len(fp.looks) != 2 || fp.looks[1].view != trimmed || fp.hasBars {
		t.Errorf("%+v, %v", fp, err)
	}
	for name, c := range map[string]struct{ old, new, names string }{
		"of another kind":    {strings.Repeat("1", 16), strings.Repeat("1", 64), "/views/0/hash"},
		"of an unknown view": {"trimmed", "upside-down", "/views/0/view"},
		"of no view":         {`"trimmed"`, `""`, "/views/0/view"},
		"too many":           {"[{", "[" + strings.Repeat(`{"view":"rot90","hash":"0000000000000000"},`, maxViews) + "{", "/views"},
	} {
		_, err := readHash([]byte(strings.Replace(string(data), c.old, c.new, 1)))
		wantReason(t, err, "schema")
		if err != nil && (!strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "1111")) {
			t.Errorf("%s: %v should name %s and quote nothing", name, err, c.names)
		}
	}
}

func TestPrints(t *testing.T) {
	d, s := New(&lists{}, Options{}), memory{}
	bars := barred(scene(1, 192, 128), color.Black, 0, 30, 0, 30)
	low, err := HashRecord{Kind: "pdq", Hash: listed.String(), Quality: MinQuality - 1}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	within, err := HashRecord{Kind: "pdq", Hash: listed.String(), Quality: 80, Views: []View{{"rot90", unlisted.String()}, {"trimmed", unlisted.String()}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h := pdq.New(pdq.Mode512)
	whole, _, _ := h.Image(bars)
	inner, _, _ := h.Image(scene(1, 192, 128))
	i := 0
	for _, c := range []struct {
		name   string
		frame  Frame
		hashes []pdq.Hash
	}{
		{"with bars", frame(0, PNG, pngOf(t, bars)), []pdq.Hash{whole, inner}},
		{"held", frame(0, PNG, pngOf(t, bars)), nil},
		{"dull", frame(0, HashType, low), nil},
		{"held behind it", frame(0, PNG, pngOf(t, bars)), nil},
		{"sent as hashes", frame(0, HashType, within), []pdq.Hash{listed.Bits, unlisted.Bits}},
		{"of another kind", hashFrame(t, 0, hashdb.Hash{Kind: hashdb.KindPHash}), nil},
		{"as it came", hashFrame(t, 0, unlisted), []pdq.Hash{unlisted.Bits}},
	} {
		f := frame(i, c.frame.ContentType, c.frame.Data)
		i++
		got, err := d.Frame(t.Context(), s, f)
		if err != nil {
			t.Fatal(err)
		}
		p := got.Print
		if (p != nil) != (c.hashes != nil) {
			t.Errorf("%s: a print: %v", c.name, p != nil)
			continue
		}
		if p == nil {
			continue
		}
		if p.Stream != f.Stream || p.Platform != f.Platform || p.Subject != f.Subject || !p.At.Equal(f.At) {
			t.Errorf("%s: got %+v", c.name, p)
		}
		back, err := DecodePrint(p.Encode())
		if err != nil || len(back.Hashes) != len(c.hashes) {
			t.Fatalf("%s: %d hashes, want %d, %v", c.name, len(back.Hashes), len(c.hashes), err)
		}
		for n, want := range c.hashes {
			if d := apart((*[32]byte)(&back.Hashes[n]), (*[32]byte)(&want)); d > 0 {
				t.Errorf("%s: hash %d is %d bits away", c.name, n, d)
			}
		}
	}
	if st := d.Stats(); st.Frames != uint64(i) || st.Held != 2 || st.LowQuality != 1 || st.Trimmed != 4 {
		t.Errorf("%+v", st)
	}
}
