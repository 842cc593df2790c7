// Package folder changes a private folder of files, so that a crash at any step leaves each
// file whole: before each change a test may fail, or kill.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// A Folder is a folder, and every change that is made to it.
type Folder struct {
	Dir  string
	Of   string // what is in it, as "hash lists"
	Temp string // how the names of files end that are being written
	// Step, when not nil, is called before each change, and its error takes the
	// change's place. Tests fail and kill there.
	Step func(op, name string) error
}

// Before is called before each change, also before those that others make in the folder.
func (d *Folder) Before(op, name string) error {
	if d.Step == nil {
		return nil
	}
	return d.Step(op, filepath.Base(name))
}

// Path is where a file of the folder is.
func (d *Folder) Path(name string) string { return filepath.Join(d.Dir, name) }

// Prepare makes the folder if it is not there, and checks that it is private.
func (d *Folder) Prepare() error {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(d.Dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", d.Dir)
	}
	return d.checkPrivate(d.Dir, info, 0o700)
}

// checkPrivate refuses what others than its owner may open. Windows keeps its
// permissions elsewhere and shows none here.
func (d *Folder) checkPrivate(name string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, and others must have no access to %s: chmod %04o", name, mode, d.Of, want)
	}
	return nil
}

// Private checks that only the owner has access to a file.
func (d *Folder) Private(name string) error {
	info, err := os.Stat(d.Path(name))
	if err != nil {
		return err
	}
	return d.checkPrivate(d.Path(name), info, 0o600)
}

// Open opens a file that is there and private.
func (d *Folder) Open(name string, flag int) (*os.File, error) {
	file, err := os.OpenFile(d.Path(name), flag, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = d.checkPrivate(file.Name(), info, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Replace makes data the content of a file and durable, whole or not at all.
func (d *Folder) Replace(name string, data []byte) error {
	temp := name + d.Temp
	if err := d.Write(temp, data); err != nil {
		return err
	}
	if err := d.Rename(temp, name); err != nil {
		return errors.Join(err, d.Remove(temp))
	}
	return d.SyncDir()
}

// Write writes a new file, in place of one that a crash left, and makes its content
// durable.
func (d *Folder) Write(name string, data []byte) (err error) {
	if err := d.Before("create", name); err != nil {
		return err
	}
	file, err := os.OpenFile(d.Path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = d.WriteAt(file, data, 0)
	if err == nil {
		err = d.Sync(file)
	}
	err = errors.Join(err, file.Close())
	if err != nil {
		return errors.Join(err, d.Remove(name))
	}
	return nil
}

// Create opens a new file, which must not be there.
func (d *Folder) Create(name string) (*os.File, error) {
	if err := d.Before("create", name); err != nil {
		return nil, err
	}
	return os.OpenFile(d.Path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// Append writes on where a file is.
func (d *Folder) Append(file *os.File, b []byte) (int, error) {
	if err := d.Before("write", file.Name()); err != nil {
		return 0, err
	}
	return file.Write(b)
}

// WriteAt writes at a place of a file.
func (d *Folder) WriteAt(file *os.File, b []byte, at int64) error {
	if err := d.Before("write", file.Name()); err != nil {
		return err
	}
	_, err := file.WriteAt(b, at)
	return err
}

// Sync makes what was written to a file durable.
func (d *Folder) Sync(file *os.File) error {
	if err := d.Before("sync", file.Name()); err != nil {
		return err
	}
	return file.Sync()
}

// Settle makes the content of a file that is written and closed durable.
func (d *Folder) Settle(name string) error {
	file, err := os.OpenFile(d.Path(name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(file), file.Close())
}

// Truncate cuts a file off.
func (d *Folder) Truncate(file *os.File, size int64) error {
	if err := d.Before("truncate", file.Name()); err != nil {
		return err
	}
	return file.Truncate(size)
}

// Rename gives a file another name.
func (d *Folder) Rename(from, to string) error {
	if err := d.Before("rename", to); err != nil {
		return err
	}
	return os.Rename(d.Path(from), d.Path(to))
}

// Remove removes a file if it is there.
func (d *Folder) Remove(name string) error {
	if err := d.Before("remove", name); err != nil {
		return err
	}
	if err := os.Remove(d.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// SyncDir makes renames and new files durable. Windows cannot sync a folder and does without.
func (d *Folder) SyncDir() error {
	if err := d.Before("sync", d.Dir); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(d.Dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
