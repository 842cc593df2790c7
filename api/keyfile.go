package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/goccy/go-yaml"
)

// maxKeyFile is the size in bytes of the key file.
const maxKeyFile = 1 << 20

// keyFile is where keys come from, and what was last read there.
type keyFile struct {
	path string
	mu   sync.Mutex
	last []byte
}

// LoadKeys reads a key file: YAML or JSON, an object whose "keys" is a list of what G
// describes. Unit is what quotas count, in the plural. Others than the owner and the
// group must not be able to read it, nor any but the owner to write it: mode 0640, 0600,
// 0440 or 0400. The error names every fault.
func LoadKeys[G Grant](unit, path string) (*Keys[G], error) {
	k := &Keys[G]{unit: unit, file: &keyFile{path: path}}
	if _, err := k.Reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// Reload reads the key file again and reports whether it had changed. After an error
// the keys are those of before: a key is taken back by a good file without it. The
// service calls it every ten seconds while there are requests.
func (k *Keys[G]) Reload() (changed bool, err error) {
	if k.file == nil {
		return false, nil
	}
	k.file.mu.Lock()
	defer k.file.mu.Unlock()
	text, err := readPrivate(k.file.path)
	if err != nil {
		return false, fmt.Errorf("key file: %w", err)
	}
	if k.file.last != nil && bytes.Equal(text, k.file.last) {
		return false, nil
	}
	keys, err := parseKeys[G](text)
	if err == nil {
		err = k.hold(keys)
	}
	if err != nil {
		return false, fmt.Errorf("key file %s: %w", k.file.path, err)
	}
	k.file.last = text
	return true, nil
}

// readPrivate reads a file that only its owner may write and not everybody read.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// Of what was opened, not of what the name may stand for by now.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// Windows keeps its permissions elsewhere and shows none here.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o037 != 0 {
		return nil, fmt.Errorf("%s has mode %04o; others must have no access to it, and its group no more than to read: chmod 0600", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxKeyFile)
	}
	return text, nil
}

func parseKeys[G Grant](text []byte) (keys []G, err error) {
	defer func() {
		if recover() != nil { // goccy/go-yaml panics at some files, as one of testdata/fuzz.
			keys, err = nil, errors.New("not YAML with a list of keys")
		}
	}()
	var file struct {
		Keys []G `yaml:"keys"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		// Without the line's text, which may be a digest, or a key put there by mistake.
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return nil, fmt.Errorf("line %d, column %d: not what a list of keys has there", p.Line, p.Column)
		}
		return nil, errors.New("not YAML with a list of keys")
	}
	return file.Keys, nil
}
