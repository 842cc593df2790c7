package service

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// peerFile is a file sent to be hashed, and what it shall be hashed by.
type peerFile struct {
	data  []byte
	types []string // Names of signal types.
}

// peerLookupFile is POST /m/lookup: by signal type, matches by bank.
func (v *service) peerLookupFile(c *call) error {
	values, err := c.Query()
	if err != nil {
		return err
	}
	lists := v.visible(c.Key)
	banks, err := banksOf(values, lists)
	if err != nil {
		return err
	}
	file, err := v.peerUpload(c, values)
	if err != nil {
		return err
	}
	var types []string
	for _, name := range file.types {
		if kind, _ := signalType(name); listed(lists, kind) {
			types = append(types, name)
		} else if values.Has("types") {
			return notReady(kind)
		}
	}
	if len(types) == 0 {
		kind, _ := signalType(file.types[0])
		return notReady(kind)
	}
	if err := c.Charge(len(types)); err != nil {
		return err
	}
	var found []hashdb.Answer
	err = v.work(c, func(h *pdq.Hasher) error {
		hashes, err := v.peerHashes(h, file.data, types)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(hashes, func(h hashdb.Hash) bool { return h.Kind == 0 }) {
			return api.Problemf(http.StatusBadRequest, "invalid signal: the picture's PDQ quality is below %d, too little to match by", v.MinQuality)
		}
		found, err = v.searchAll(c.Key, wanted{hashes: hashes, radius: hashdb.OwnRadius})
		return err
	})
	if err != nil {
		return err
	}
	veto(found)
	answer := map[string]map[string][]peerMatch{}
	for i, name := range types {
		answer[name] = byBank(v.inBanks(found[i], banks))
	}
	return c.JSON(http.StatusOK, answer)
}

// peerHash is POST /h/hash: the file's hash by signal type, empty for a picture whose
// PDQ quality is too low.
func (v *service) peerHash(c *call) error {
	values, err := c.Query()
	if err != nil {
		return err
	}
	file, err := v.peerUpload(c, values)
	if err != nil {
		return err
	}
	if err := c.Charge(len(file.types)); err != nil {
		return err
	}
	answer := map[string]string{}
	err = v.work(c, func(h *pdq.Hasher) error {
		hashes, err := v.peerHashes(h, file.data, file.types)
		for i := range hashes {
			answer[file.types[i]] = hashes[i].String()
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// peerHashes hashes a file by each signal type. The zero Hash stands for a picture of
// too low a quality.
func (v *service) peerHashes(h *pdq.Hasher, data []byte, types []string) ([]hashdb.Hash, error) {
	hashes := make([]hashdb.Hash, len(types))
	for i, name := range types {
		kind, err := signalType(name)
		if err != nil {
			return nil, err
		}
		if kind != hashdb.KindPDQ {
			if hashes[i], err = hashdb.Digest(kind, bytes.NewReader(data)); err != nil {
				return nil, err
			}
			continue
		}
		pic, err := v.hash(h, data, []hashdb.Kind{kind}, false)
		if err != nil {
			return nil, asBadRequest(err)
		}
		if !pic.low {
			hashes[i] = pic.hashes[0]
		}
	}
	return hashes, nil
}

// asBadRequest makes a fault of the picture what the peer's clients expect of one.
func asBadRequest(err error) error {
	var p *api.Problem
	if errors.As(err, &p) {
		return api.Problemf(http.StatusBadRequest, "%s", p.Detail)
	}
	return err
}

// maxParts bounds the fields of a form, of which all but one are for nothing.
const maxParts = 100

// peerUpload reads the one file of a form. Its field is named for what it is: photo or
// video.
func (v *service) peerUpload(c *call, values url.Values) (peerFile, error) {
	missing := api.Problemf(http.StatusBadRequest, "Missing multipart/form-data file upload")
	// The parts' headers and the borders between them are little beside a file.
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, int64(v.MaxImage)+64<<10)
	form, err := c.R.MultipartReader()
	if err != nil {
		return peerFile{}, missing
	}
	var file *peerFile
	for n := 0; ; n++ {
		// Raw, so that what is hashed is what was sent, and what others on the way see.
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if n == maxParts {
			return peerFile{}, api.Problemf(http.StatusBadRequest, "more than %d fields, which is the most", maxParts)
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return peerFile{}, api.Problemf(http.StatusRequestEntityTooLarge, "more than %d bytes, which is the most", v.MaxImage)
		}
		if err != nil {
			return peerFile{}, api.Problemf(http.StatusBadRequest, "the form ends too soon or is not one")
		}
		if part.FileName() == "" {
			continue
		}
		if file != nil {
			return peerFile{}, api.Problemf(http.StatusBadRequest, "Only one file allowed per request")
		}
		names, err := typesOf(part.FormName(), values)
		if err != nil {
			return peerFile{}, err
		}
		data, err := c.ReadLimited(part, v.MaxImage)
		if err != nil {
			return peerFile{}, err
		}
		file = &peerFile{data, names}
	}
	if file == nil {
		return peerFile{}, missing
	}
	return *file, nil
}

// typesOf returns the signal types of a content type, or those of them that the query
// chooses.
func typesOf(content string, values url.Values) ([]string, error) {
	var all []string
	for _, t := range signalTypes {
		if t.content == content {
			all = append(all, t.name)
		}
	}
	if len(all) == 0 {
		return nil, api.Problemf(http.StatusBadRequest, "no such content_type; name the file's field photo or video")
	}
	if !values.Has("types") {
		return all, nil
	}
	var names []string
	for name := range strings.SplitSeq(values.Get("types"), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(all, name) {
			return nil, api.Problemf(http.StatusBadRequest, "types: a %s has no such signal type; want %s", content, strings.Join(all, ", "))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, api.Problemf(http.StatusBadRequest, "types: empty signal type selection")
	}
	return names, nil
}
