package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// checkpoint says which file the store holds.
type checkpoint struct {
	// List is a digest of where the file is and how it is read. When that changed, the
	// file is read anew.
	List         string `json:"list"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	SHA256       string `json:"sha256"`
}

// maxValidator bounds what a server may make us keep and repeat.
const maxValidator = 1024

// checkpoint returns what from says, or nothing when it is none, cannot be read, or
// is of another list: the file is then fetched, which is never wrong.
func (l *List) checkpoint(from []byte) checkpoint {
	var c checkpoint
	if json.Unmarshal(from, &c) != nil || c.List != l.id {
		return checkpoint{}
	}
	return c
}

func (c checkpoint) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // Strings can be encoded.
	}
	return b
}

// validator returns a header's value, or nothing when it is unreasonable.
func validator(value string) string {
	if len(value) > maxValidator || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return value
}

// digest names a list by its configuration without giving away what the address may
// hold of secrets.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
