package custody

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// A Wrapper encrypts small secrets with a key that lies elsewhere, as a key-management
// service does. *secrets.Keeper of gocloud.dev is one.
type Wrapper interface {
	Encrypt(ctx context.Context, plain []byte) ([]byte, error)
	Decrypt(ctx context.Context, wrapped []byte) ([]byte, error)
}

// A Source gives the identities with which somebody may open what was encrypted to them.
type Source interface {
	Identities(ctx context.Context) ([]age.Identity, error)
}

// A File is a Source: a file of age identities, as age-keygen makes it, or one that Wrap
// made of such a file. Open finds the wrapper of a URL; nil means that there is none.
type File struct {
	Path string
	Open func(ctx context.Context, url string) (Wrapper, func() error, error)
}

// wrappedHead begins a wrapped file; the URL of what it was wrapped with follows, then, on
// a line of its own, the wrapped file in base64.
const wrappedHead = "vigil wrapped key 1 "

const maxKeyFile = 1 << 20

// Identities reads the file.
func (f File) Identities(ctx context.Context) ([]age.Identity, error) {
	data, err := readKeyFile(f.Path)
	if err != nil {
		return nil, err
	}
	if rest, ok := strings.CutPrefix(string(data), wrappedHead); ok {
		if data, err = f.unwrap(ctx, rest); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	keys, err := age.ParseIdentities(strings.NewReader(string(data)))
	if err != nil {
		// What age says may quote a line, which may be half a secret.
		return nil, fmt.Errorf("%s: it holds no age identities", f.Path)
	}
	return keys, nil
}

func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s: %d bytes, and the limit is %d", path, info.Size(), maxKeyFile)
	}
	return os.ReadFile(path)
}

func (f File) unwrap(ctx context.Context, rest string) (_ []byte, err error) {
	url, text, ok := strings.Cut(rest, "\n")
	if !ok || url == "" {
		return nil, errors.New("a wrapped key without what it was wrapped with")
	}
	wrapped, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("a wrapped key that is no base64")
	}
	if f.Open == nil {
		return nil, fmt.Errorf("it is wrapped with %s, and nothing opens that here", url)
	}
	w, closes, err := f.Open(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("unwrap with %s: %w", url, err)
	}
	defer func() { err = errors.Join(err, closes()) }()
	plain, err := w.Decrypt(ctx, wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrap with %s: %w", url, err)
	}
	return plain, nil
}

// Wrap makes of a file of identities one that only who may use the wrapper can open.
func Wrap(ctx context.Context, plain []byte, url string, w Wrapper) ([]byte, error) {
	if strings.ContainsAny(url, "\r\n") || url == "" {
		return nil, errors.New("wrap: no URL of a key")
	}
	if _, err := age.ParseIdentities(strings.NewReader(string(plain))); err != nil {
		return nil, errors.New("wrap: it holds no age identities")
	}
	wrapped, err := w.Encrypt(ctx, plain)
	if err != nil {
		return nil, fmt.Errorf("wrap with %s: %w", url, err)
	}
	return fmt.Appendf(nil, "%s%s\n%s\n", wrappedHead, url, base64.StdEncoding.EncodeToString(wrapped)), nil
}

// Keys keep the keys of cases, by name. A destroyed one is gone for good.
type Keys interface {
	// Make returns the key of a name, and makes it, safe from a crash, where there is none.
	Make(ctx context.Context, name string) (*age.X25519Identity, error)
	// Open returns a key that was made, or fs.ErrNotExist.
	Open(ctx context.Context, name string) (age.Identity, error)
	// Destroy destroys a key; to destroy one that is not there is no error.
	Destroy(ctx context.Context, name string) error
}

// A Folder keeps keys in files, a key a file, wrapped where Wrapper is set.
type Folder struct {
	Dir     string
	URL     string  // of Wrapper
	Wrapper Wrapper // or nil: the files hold the keys as they are
}

func (f Folder) path(name string) string { return filepath.Join(f.Dir, name+".key") }

// Make makes a key under another name and links it into place, so that of two that make
// one both get the same.
func (f Folder) Make(ctx context.Context, name string) (_ *age.X25519Identity, err error) {
	if key, err := f.Open(ctx, name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return x25519(key, err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	data := []byte(key.String() + "\n")
	if f.Wrapper != nil {
		if data, err = Wrap(ctx, data, f.URL, f.Wrapper); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(f.Dir, ".new-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(file.Name(), f.path(name)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := syncDir(f.Dir); err != nil {
		return nil, err
	}
	return x25519(f.Open(ctx, name))
}

func x25519(key age.Identity, err error) (*age.X25519Identity, error) {
	if err != nil {
		return nil, err
	}
	own, ok := key.(*age.X25519Identity)
	if !ok {
		return nil, fmt.Errorf("a case's key is of type %T", key)
	}
	return own, nil
}

// Open opens a key.
func (f Folder) Open(ctx context.Context, name string) (age.Identity, error) {
	open := func(context.Context, string) (Wrapper, func() error, error) {
		return f.Wrapper, func() error { return nil }, nil
	}
	if f.Wrapper == nil {
		open = nil
	}
	keys, err := File{f.path(name), open}.Identities(ctx)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("%s: %d keys, and must have one", f.path(name), len(keys))
	}
	return keys[0], nil
}

// Destroy overwrites a key's file, as far as the file system does that in place, and
// removes it.
func (f Folder) Destroy(_ context.Context, name string) error {
	file, err := os.OpenFile(f.path(name), os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		_, err = file.Write(make([]byte, info.Size()))
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(f.Dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
