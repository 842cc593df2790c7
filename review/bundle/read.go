package bundle

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/signal"
)

// A Reader reads what is in a bundle that was found to fit together.
type Reader struct {
	Report
	c *contained
}

// Matches are the signals of the case that matched an entry of a list, each in the form
// with the most frames, by their start.
func (r *Reader) Matches() []signal.Signal {
	all := slices.Clone(r.c.matches)
	slices.SortFunc(all, func(a, b signal.Signal) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID), cmp.Compare(b.Match.FramesMatched, a.Match.FramesMatched))
	})
	return slices.CompactFunc(all, func(a, b signal.Signal) bool { return a.ID == b.ID })
}

// Entries are the hashes of the entries that were matched.
func (r *Reader) Entries() []Entry { return r.c.listed }

// Original returns a frame that lies in the bundle in the clear, if it does.
func (r *Reader) Original(sum string) (data []byte, there bool, err error) {
	name := "originals/" + sum + ".jpg"
	if r.c.named[name] == nil {
		return nil, false, nil
	}
	r.c.texts = 0 // one at a time is in memory
	data, err = r.c.text(name)
	return data, true, err
}

// Windows are the names of the preserved windows.
func (r *Reader) Windows() (names []string) {
	for _, f := range r.c.files {
		if strings.HasPrefix(f.Name, "windows/") && strings.HasSuffix(f.Name, ".age") {
			names = append(names, f.Name)
		}
	}
	return names
}

// OpenWindow opens one of them, encrypted as it is.
func (r *Reader) OpenWindow(name string) (io.ReadCloser, error) { return r.c.named[name].Open() }

// entriesFit reads entries.json and checks that each entry in it is one that a signal names.
func (c *contained) entriesFit() error {
	if c.named[nameEntries] == nil {
		return nil
	}
	data, err := c.text(nameEntries)
	if err != nil {
		return err
	}
	if err := dsse.Strict(data, &c.listed); err != nil {
		return misfit(nameEntries, "is no list of entries: %v", err)
	}
	for i, e := range c.listed {
		if len(e.Hashes) == 0 || !slices.ContainsFunc(c.matches, func(s signal.Signal) bool {
			return s.Match.List == e.List && s.Match.Entry == e.Entry && s.Match.HashKind == e.Kind
		}) {
			return misfit(nameEntries, "/%d is of an entry that no signal of the case names", i)
		}
	}
	return nil
}

// opened checks that the salt opens what the log has of the records that are here: where
// there is a salt, each must be one that the log was told of when it came.
func (c *contained) opened() error {
	if c.named[nameSalt] == nil {
		return nil
	}
	data, err := c.text(nameSalt)
	if err != nil {
		return err
	}
	salt := strings.TrimSuffix(string(data), "\n")
	told := map[string]bool{}
	for _, e := range c.entries {
		told[e.Digest] = true
	}
	for sum, name := range c.records {
		if !told[commitment(salt, sum)] && !told[sum] { // older entries are not salted
			return misfit(nameSalt, "opens no entry of the audit log about %s", name)
		}
	}
	return nil
}

// commitment is what the audit log has in place of the digest of something that may be
// erased: HMAC-SHA256 of its text, keyed by the salt's.
func commitment(salt, digest string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(digest))
	return hex.EncodeToString(mac.Sum(nil))
}
