package edge

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

// prepare makes the folder if it is not there, and checks that it is private. Windows
// keeps its permissions elsewhere and shows none here.
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
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, and others must have no access to kept frames: chmod 0700", d.dir, mode)
	}
	return nil
}

// create opens a new file, which must not be there.
func (d *disk) create(name string) (*os.File, error) {
	if err := d.before("create", name); err != nil {
		return nil, err
	}
	return os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *disk) write(file *os.File, b []byte) (int, error) {
	if err := d.before("write", file.Name()); err != nil {
		return 0, err
	}
	return file.Write(b)
}

func (d *disk) sync(file *os.File) error {
	if err := d.before("sync", file.Name()); err != nil {
		return err
	}
	return file.Sync()
}

// settle makes the content of a file that is written and closed durable.
func (d *disk) settle(name string) error {
	file, err := os.OpenFile(d.path(name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(file), file.Close())
}

// replace makes data the content of a file and durable, whole or not at all.
func (d *disk) replace(name string, data []byte) (err error) {
	temp := name + tempSuffix
	if err := d.remove(temp); err != nil {
		return err
	}
	file, err := d.create(temp)
	if err != nil {
		return err
	}
	_, err = d.write(file, data)
	if err == nil {
		err = d.sync(file)
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = d.rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, d.remove(temp))
	}
	return d.syncDir()
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

// syncDir makes renames and new files durable. Windows cannot sync a folder and does
// without.
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
