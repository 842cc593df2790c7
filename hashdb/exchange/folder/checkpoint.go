package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// files are the files that were looked at, by name. They are the checkpoint.
type files struct {
	All    []file `json:"files"`
	stored []byte // The checkpoint that was applied last.
}

// file is what is remembered of one.
type file struct {
	Name    string `json:"n"`
	Size    int64  `json:"s"`           // In bytes.
	Changed int64  `json:"t"`           // Nanoseconds since 1970.
	Digest  string `json:"d"`           // The first 16 bytes of SHA-256 of it, in hexadecimal.
	Fault   string `json:"f,omitempty"` // Why it could not be taken.
}

func decode(from []byte) (*files, error) {
	k := &files{}
	if from == nil {
		k.stored = k.encode()
		return k, nil
	}
	if err := json.Unmarshal(from, k); err != nil {
		return nil, errors.New("folder: the checkpoint cannot be read: to take every file anew, remove it")
	}
	k.stored = from
	slices.SortFunc(k.All, func(a, b file) int { return strings.Compare(a.Name, b.Name) })
	return k, nil
}

func (k *files) encode() []byte {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // Strings and numbers can be encoded.
	}
	return b
}

func (k *files) at(name string) (int, bool) {
	return slices.BinarySearchFunc(k.All, name, func(f file, name string) int { return strings.Compare(f.Name, name) })
}

func (k *files) find(name string) (file, bool) {
	i, ok := k.at(name)
	if !ok {
		return file{}, false
	}
	return k.All[i], true
}

func (k *files) put(f file) {
	i, ok := k.at(f.Name)
	if ok {
		k.All[i] = f
		return
	}
	k.All = slices.Insert(k.All, i, f)
}

// with returns the checkpoint with one more file.
func (k *files) with(f file) ([]byte, error) {
	more := &files{All: slices.Clone(k.All)}
	more.put(f)
	return more.encode(), more.fits()
}

// keep forgets the files that are not present any more.
func (k *files) keep(present []string) {
	k.All = slices.DeleteFunc(k.All, func(f file) bool { return !slices.Contains(present, f.Name) })
}

// fits refuses more files than can be remembered: some 500, of names of usual length.
func (k *files) fits() error {
	if n := len(k.encode()); n > exchange.MaxCheckpoint {
		return fmt.Errorf("folder: %d files are more than can be remembered: take away what is done", len(k.All))
	}
	return nil
}
