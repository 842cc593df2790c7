package service

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"net/http"
	"slices"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// imageTypes are the content types of a picture.
var imageTypes = []string{"image/jpeg", "image/png", "image/webp"}

type imageAnswer struct {
	Width   int `json:"width"`
	Height  int `json:"height"`
	Quality int `json:"quality"`
	// LowQuality says that the perceptual kinds were not looked up.
	LowQuality    bool           `json:"low_quality"`
	Vetoed        bool           `json:"vetoed"`
	Results       []imageResult  `json:"results"`
	UnlistedKinds []string       `json:"unlisted_kinds"`
	Searched      []searchedList `json:"searched"`
}

type imageResult struct {
	View string `json:"view,omitempty"`
	Of   string `json:"of"`
	result
}

// lookupImage is POST /v1/lookup/image.
func (v *service) lookupImage(c *call) error {
	values, err := c.Parameters("dihedral", "remote")
	if err != nil {
		return err
	}
	dihedral, err := truth(values, "dihedral")
	if err != nil {
		return err
	}
	remote, err := truth(values, "remote")
	if err != nil {
		return err
	}
	lists := v.visible(c.Key)
	kinds, unlisted, err := v.imageKinds(c.Key, lists, remote)
	if err != nil {
		return err
	}
	data, err := c.ReadBody(v.MaxImage, imageTypes...)
	if err != nil {
		return err
	}
	// What it will cost at most, before the work is done.
	if err := c.Charge(v.price(c.Key, planned(kinds, dihedral, remote))); err != nil {
		return err
	}
	var pic picture
	var found []hashdb.Answer
	err = v.work(c, func(h *pdq.Hasher) error {
		if pic, err = v.hash(h, data, kinds, dihedral); err != nil {
			return err
		}
		found, err = v.searchAll(c.Key, wanted{hashes: pic.hashes, radius: hashdb.OwnRadius})
		return err
	})
	if err != nil {
		return err
	}
	want := wanted{hashes: pic.hashes, remote: remote}
	said, err := v.askRemotes(c, want)
	if err != nil {
		return err
	}
	answer := imageAnswer{
		Width: pic.size.X, Height: pic.size.Y, Quality: pic.quality, LowQuality: pic.low, Vetoed: veto(found),
		Results: make([]imageResult, len(found)), UnlistedKinds: unlisted, Searched: searched(lists, want),
	}
	for i, a := range found {
		h := pic.hashes[i]
		answer.Results[i] = imageResult{View: pic.views[i], Of: h.String(), result: v.result(c.Key, h.Kind, a)}
		answer.Results[i].Remote = said[i]
	}
	return c.JSON(http.StatusOK, answer)
}

// imageKinds returns which kinds a picture is looked up by, and which not because no
// list has them.
func (v *service) imageKinds(h *Key, lists []hashdb.ListInfo, remote bool) (kinds []hashdb.Kind, unlisted []string, err error) {
	unlisted = []string{}
	for _, k := range hashdb.Kinds() {
		if listed(lists, k) || remote && v.takes(h, k) {
			kinds = append(kinds, k)
		} else {
			unlisted = append(unlisted, k.String())
		}
	}
	if len(kinds) == 0 {
		return nil, nil, api.Problemf(http.StatusServiceUnavailable, "no list is there for this key, so that nothing could be looked up")
	}
	// An allow-list's word counts for the whole picture, also by a kind that has no
	// other list.
	for _, l := range lists {
		if l.Allow && !slices.Contains(kinds, l.Kind) {
			kinds = append(kinds, l.Kind)
		}
	}
	if remote {
		return kinds, unlisted, v.answerable(h, lists, wanted{radius: hashdb.OwnRadius, remote: true})
	}
	return kinds, unlisted, nil
}

// planned stands for the hashes that a picture will have, to count them.
func planned(kinds []hashdb.Kind, dihedral, remote bool) wanted {
	want := wanted{remote: remote}
	for _, k := range kinds {
		n := 1
		if k == hashdb.KindPDQ && dihedral {
			n = len(pdq.Dihedral{})
		}
		for range n {
			want.hashes = append(want.hashes, hashdb.Hash{Kind: k})
		}
	}
	return want
}

// veto lets an allow-list's match with any hash of a picture take out the matches of
// all: its owner knows the picture, whichever of its hashes the list had.
func veto(found []hashdb.Answer) bool {
	if !slices.ContainsFunc(found, func(a hashdb.Answer) bool { return len(a.Allowed) > 0 }) {
		return false
	}
	for i := range found {
		found[i].Vetoed = append(found[i].Vetoed, found[i].Matches...)
		found[i].Matches = nil
	}
	return true
}

// picture is what is kept of one: its hashes.
type picture struct {
	size    image.Point
	quality int  // PDQ's, 0 to 100.
	low     bool // Too low for perceptual hashes, which are left out.
	hashes  []hashdb.Hash
	views   []string // With each hash, empty where there is but one view.
}

// hash hashes a picture's bytes and, when it is needed, what they show.
func (v *service) hash(h *pdq.Hasher, data []byte, kinds []hashdb.Kind, dihedral bool) (picture, error) {
	img, err := v.Decode(data)
	if err != nil {
		return picture{}, api.Problemf(http.StatusUnprocessableEntity, "the picture: %v", err)
	}
	pic := picture{size: img.Bounds().Size()}
	var views pdq.Dihedral
	if dihedral {
		views, pic.quality, err = h.ImageDihedral(img)
	} else {
		views[pdq.Original], pic.quality, err = h.Image(img)
	}
	if err != nil {
		return picture{}, hashProblem(err)
	}
	pic.low = pic.quality < v.MinQuality
	for _, k := range kinds {
		switch {
		case k.Exact():
			hash, err := hashdb.Digest(k, bytes.NewReader(data))
			if err != nil {
				return picture{}, err
			}
			pic.add(hash, "")
		case pic.low:
		case k == hashdb.KindPDQ:
			for t, bits := range views {
				if t == 0 || dihedral {
					pic.add(hashdb.Hash{Kind: k, Bits: bits}, pdq.Transform(t).String())
				}
			}
		default:
			hash, _, err := hashdb.HashImage(h, k, img)
			if err != nil {
				return picture{}, hashProblem(err)
			}
			pic.add(hash, "")
		}
	}
	return pic, nil
}

func (p *picture) add(h hashdb.Hash, view string) {
	p.hashes, p.views = append(p.hashes, h), append(p.views, view)
}

func hashProblem(err error) error {
	if errors.Is(err, hashdb.ErrTooSmall) {
		return api.Problemf(http.StatusUnprocessableEntity, "the picture: %v", err)
	}
	return fmt.Errorf("hash a picture: %w", err)
}
