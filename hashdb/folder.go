package hashdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// folder is where the lists lie, one file each, replaced whole and never changed in
// place, so that reading needs no lock.
type folder string

const (
	listSuffix = ".hashes"
	lockName   = ".lock"
	// writeName is the list being written. Only the lock's holder touches it, so a
	// crash leaves at most one, which the next import replaces.
	writeName    = ".writing"
	maxSourceLen = 64
)

// checkSource returns an error unless source can name a list: it goes into file
// names, signals and metrics.
func checkSource(source string) error {
	ok := len(source) >= 1 && len(source) <= maxSourceLen
	for i := 0; ok && i < len(source); i++ {
		c := source[i]
		alnum := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		ok = alnum || i > 0 && strings.IndexByte("._-", c) >= 0
	}
	if !ok {
		return fmt.Errorf("source must be 1 to %d of a-z, A-Z, 0-9, '.', '_' and '-', and begin with a letter or digit", maxSourceLen)
	}
	return nil
}

// fileName returns the name of a list's file. Capitals are marked, since some file
// systems take upper and lower case for the same.
func fileName(source string, k Kind) string {
	var b strings.Builder
	for _, c := range []byte(source) {
		if 'A' <= c && c <= 'Z' {
			b.WriteByte('+')
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String() + "." + k.String() + listSuffix
}

// open makes the folder if it is not there, and checks that it is private.
func (f folder) open() error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(string(f))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", f)
	}
	return checkPrivate(string(f), info, 0o700)
}

// checkPrivate refuses what others than its owner may open. Windows keeps its
// permissions elsewhere and shows none here.
func checkPrivate(name string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, and others must have no access to hash lists: chmod %04o", name, mode, want)
	}
	return nil
}

// names returns the names of the list files, sorted.
func (f folder) names() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), listSuffix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// file opens a list file for reading and returns its size.
func (f folder) file(name string) (*os.File, int64, error) {
	file, err := os.Open(filepath.Join(string(f), name))
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil {
		err = checkPrivate(file.Name(), info, 0o600)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// checksum reads only the checksum of a list file, which differs whenever the list
// does.
func (f folder) checksum(name string) (sum [checksumSize]byte, err error) {
	file, size, err := f.file(name)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if size < checksumSize {
		return sum, fmt.Errorf("%s: it ends too soon: %w", file.Name(), ErrDamaged)
	}
	if _, err := file.ReadAt(sum[:], size-checksumSize); err != nil {
		return sum, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	return sum, nil
}

// read reads and checks a list file.
func (f folder) read(name string) (l *list, s seal, err error) {
	file, size, err := f.file(name)
	if err != nil {
		return nil, seal{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if l, s, err = readList(file, size); err != nil {
		return nil, seal{}, fmt.Errorf("%s: %w", file.Name(), err)
	}
	if want := fileName(l.source, l.kind); name != want {
		return nil, seal{}, fmt.Errorf("%s: it holds the list of %s: %w", file.Name(), want, ErrDamaged)
	}
	return l, s, nil
}

// lock waits until no other import, of this process or another, holds the folder.
func (f folder) lock() (unlock func(), err error) {
	name := filepath.Join(string(f), lockName)
	// The mutex would make the file with everybody's permissions.
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return lockedfile.MutexAt(name).Lock()
}

// write replaces the list's file. When it returns nil the list is on disk; when
// not, the old one is still there. The caller holds the lock.
func (f folder) write(l *list) (err error) {
	temp := filepath.Join(string(f), writeName)
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = l.writeTo(file)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(temp, filepath.Join(string(f), fileName(l.source, l.kind)))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return f.sync()
}

// sync makes a rename durable. Windows cannot sync a folder and does without.
func (f folder) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(string(f))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
