package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"

	"github.com/vigil-stream/vigil/detect/jpeg"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// A Hasher takes the fingerprints of pictures. It keeps its buffers and is for one
// goroutine at a time.
type Hasher struct {
	limits Limits
	pdq    *pdq.Hasher
	jpeg   jpeg.Decoder
}

// NewHasher returns a Hasher. A limit of zero is the default.
func NewHasher(limits Limits) *Hasher {
	return &Hasher{limits: limits.withDefaults(), pdq: pdq.New(pdq.Mode512)}
}

// Fingerprint returns the hash record of a picture, JPEG, PNG or WebP as contentType
// says: its PDQ, as it came and in all its views, quality and digest. Sent as a frame in
// the picture's place it matches what the picture would match by PDQ. The error is a
// Rejection.
func (h *Hasher) Fingerprint(contentType string, data []byte) (HashRecord, error) {
	return h.FingerprintAs(hashdb.KindPDQ, contentType, data)
}

// FingerprintAs is Fingerprint by another perceptual kind. A picture with too little in it
// to tell it by has a hash by PDQ alone.
func (h *Hasher) FingerprintAs(kind hashdb.Kind, contentType string, data []byte) (HashRecord, error) {
	fp, err := h.picture(mediaType(contentType), data, []hashdb.Kind{kind})
	if err != nil {
		return HashRecord{}, err
	}
	r := HashRecord{Kind: kind.String(), Quality: fp.quality, SHA256: fp.sha256}
	if kind == hashdb.KindPDQ {
		r.Hash = fp.base.String()
	}
	for _, l := range fp.looks {
		if l.view == plain {
			r.Hash = l.hash.String()
		} else {
			r.Views = append(r.Views, View{View: l.view.String(), Hash: l.hash.String()})
		}
	}
	return r, nil
}

// picture decodes and hashes a picture for lists of the given kinds. PDQ is
// always computed, since its quality stands for the picture under every kind:
// the 64-bit kinds have no measure of their own, and a featureless picture
// would be near to much of a list. Digests are left out: a frame was encoded a moment
// ago, so that no list holds its bytes' digest.
func (h *Hasher) picture(contentType string, data []byte, kinds []hashdb.Kind) (fingerprint, error) {
	img, err := open(contentType, data, h.limits, h.quick(contentType, kinds))
	if err != nil {
		return fingerprint{}, err
	}
	hashes, quality, err := h.pdq.ImageDihedral(img)
	if err != nil {
		return fingerprint{}, rejectHash(img, err)
	}
	sum := sha256.Sum256(data)
	fp := fingerprint{
		base:    hashdb.Hash{Kind: hashdb.KindPDQ, Bits: hashes[pdq.Original]},
		quality: quality, sha256: hex.EncodeToString(sum[:]),
	}
	if quality < MinQuality {
		return fp, nil
	}
	if err := h.look(&fp, img, hashes, plain, kinds); err != nil {
		return fingerprint{}, err
	}
	inner, ok := withoutBars(img)
	if !ok {
		return fp, nil
	}
	// What is left may be too small or too dull to be told by: then there is no second hash.
	hashes, quality, err = h.pdq.ImageDihedral(inner)
	if err != nil || quality < MinQuality {
		return fp, nil //nolint:nilerr // The frame was hashed as it came.
	}
	fp.trimmed, fp.hasBars = hashes[pdq.Original], true
	if err := h.look(&fp, inner, hashes, trimmed, kinds); err != nil {
		return fingerprint{}, err
	}
	return fp, nil
}

// quick returns what decodes a picture as far as PDQ and the search for bars look at it,
// where the kinds need no more, and nil elsewhere: the other kinds weigh colours that are
// left out. What it fails at is for the whole decoder.
func (h *Hasher) quick(contentType string, kinds []hashdb.Kind) func([]byte) (image.Image, error) {
	if contentType != JPEG {
		return nil
	}
	for _, kind := range kinds {
		if kind != hashdb.KindPDQ && !kind.Exact() {
			return nil
		}
	}
	return h.jpeg.Decode
}

// look adds what is to be looked up of a picture: PDQ in all turns, the others as it is.
func (h *Hasher) look(fp *fingerprint, img image.Image, turned pdq.Dihedral, first view, kinds []hashdb.Kind) error {
	for _, kind := range kinds {
		switch {
		case kind == hashdb.KindPDQ:
			for t, bits := range turned {
				fp.looks = append(fp.looks, look{first + view(t), hashdb.Hash{Kind: kind, Bits: bits}})
			}
		case !kind.Exact():
			hash, _, err := hashdb.HashImage(h.pdq, kind, img)
			if err != nil {
				return rejectHash(img, err)
			}
			fp.looks = append(fp.looks, look{first, hash})
		}
	}
	return nil
}

// rejectHash makes a fault of hashing a Rejection: a hash is a pure function of
// the picture, so no retry will mend it.
func rejectHash(img image.Image, err error) error {
	if errors.Is(err, hashdb.ErrTooSmall) {
		return signal.Reject("image-too-small", "%d by %d pixels", img.Bounds().Dx(), img.Bounds().Dy())
	}
	return signal.Reject("image-broken", "hash: %w", err)
}
