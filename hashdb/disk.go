package hashdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// disk is the folder, and every change that is made to it.
type disk struct {
	dir string
	// step, when not nil, is called before each change, and its error takes the
	// change's place. Tests fail and kill there.
	step func(op, name string) error
}

func (d *disk) before(op, name string) error {
	if d.step == nil {
		return nil
	}
	return d.step(op, filepath.Base(name))
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// prepare makes the folder if it is not there, and checks that it is private.
func (d *disk) prepare() error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(d.dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", d.dir)
	}
	return checkPrivate(d.dir, info, 0o700)
}

// checkPrivate refuses what others than its owner may open. Windows keeps its
// permissions elsewhere and shows none here.
func checkPrivate(name string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, and others must have no access to hash lists: chmod %04o", name, mode, want)
	}
	return nil
}

// private checks that only the owner has access to a file.
func (d *disk) private(name string) error {
	info, err := os.Stat(d.path(name))
	if err != nil {
		return err
	}
	return checkPrivate(d.path(name), info, 0o600)
}

// open opens a file that is there and private.
func (d *disk) open(name string, flag int) (*os.File, error) {
	file, err := os.OpenFile(d.path(name), flag, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = checkPrivate(file.Name(), info, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// replace makes data the content of a file and durable, whole or not at all.
func (d *disk) replace(name string, data []byte) error {
	temp := name + tempSuffix
	if err := d.write(temp, data); err != nil {
		return err
	}
	if err := d.rename(temp, name); err != nil {
		return errors.Join(err, d.remove(temp))
	}
	return d.syncDir()
}

// write writes a new file, in place of one that a crash left, and makes its content
// durable.
func (d *disk) write(name string, data []byte) (err error) {
	if err := d.before("create", name); err != nil {
		return err
	}
	file, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = d.writeAt(file, data, 0)
	if err == nil {
		err = d.sync(file)
	}
	err = errors.Join(err, file.Close())
	if err != nil {
		return errors.Join(err, d.remove(name))
	}
	return nil
}

func (d *disk) writeAt(file *os.File, b []byte, at int64) error {
	if err := d.before("write", file.Name()); err != nil {
		return err
	}
	_, err := file.WriteAt(b, at)
	return err
}

func (d *disk) sync(file *os.File) error {
	if err := d.before("sync", file.Name()); err != nil {
		return err
	}
	return file.Sync()
}

func (d *disk) truncate(file *os.File, size int64) error {
	if err := d.before("truncate", file.Name()); err != nil {
		return err
	}
	return file.Truncate(size)
}

func (d *disk) rename(from, to string) error {
	if err := d.before("rename", to); err != nil {
		return err
	}
	return os.Rename(d.path(from), d.path(to))
}

// remove removes a file if it is there.
func (d *disk) remove(name string) error {
	if err := d.before("remove", name); err != nil {
		return err
	}
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes renames durable. Windows cannot sync a folder and does without.
func (d *disk) syncDir() error {
	if err := d.before("sync", d.dir); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
