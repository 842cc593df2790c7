package hashdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

const (
	lockName   = ".lock"  // Held by the one who writes.
	mergeName  = ".merge" // Held by the one who merges.
	workPrefix = "work-"  // Files under way and imports' runs, and the lock of whose they are.
	tempSuffix = ".writing"
)

// worker gives out the names of files under way. They begin with the name of a file
// that is locked as long as the worker lives, so that nobody takes them for remains.
type worker struct {
	mu   sync.Mutex
	lock *fileLock
	name string
	next int
	done bool
}

// claim makes the worker's own file, once.
func (w *worker) claim(d *disk) error {
	if w.done {
		return ErrClosed
	}
	for w.lock == nil {
		file, err := os.CreateTemp(d.Dir, workPrefix+"*")
		if err != nil {
			return err
		}
		err = tryLock(file)
		if err == nil {
			// Before it was locked, somebody who cleans up may have taken it away.
			mine, err1 := file.Stat()
			there, err2 := os.Stat(file.Name())
			if err1 == nil && err2 == nil && os.SameFile(mine, there) {
				w.lock, w.name = &fileLock{file}, filepath.Base(file.Name())
				break
			}
			err = errLocked
		}
		if err := errors.Join(ignore(err, errLocked), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

// file returns a new file name.
func (w *worker) file(d *disk) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.claim(d); err != nil {
		return "", fmt.Errorf("begin a file: %w", err)
	}
	w.next++
	return fmt.Sprintf("%s-%d", w.name, w.next), nil
}

// owner returns the worker's name.
func (w *worker) owner(d *disk) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.claim(d)
	return w.name, err
}

func (w *worker) close(d *disk) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	if w.lock == nil {
		return nil
	}
	l := w.lock
	w.lock = nil
	return errors.Join(d.Remove(w.name), l.unlock())
}

// ownerOf returns the worker to whom a file under way belongs.
func ownerOf(name string) string {
	if i := strings.LastIndexByte(name, '-'); i >= len(workPrefix) {
		return name[:i]
	}
	return name
}

// busy reports whether the worker of that name still lives. Of a dead one it returns
// the lock, if the file is there.
func (d *disk) busy(name string) (bool, *fileLock, error) {
	file, err := os.OpenFile(d.Path(name), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	if err = tryLock(file); err == nil {
		return false, &fileLock{file}, nil
	}
	return true, nil, errors.Join(ignore(err, errLocked), file.Close())
}

// lives reports whether the worker of that name still lives.
func (d *disk) lives(name string) (bool, error) {
	lives, lock, err := d.busy(name)
	if lock != nil {
		err = errors.Join(err, lock.unlock())
	}
	return lives, err
}

// clean removes what neither the manifest names nor anybody works on. The caller holds
// the writer's lock.
func (d *disk) clean(m *manifest) (err error) {
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		return err
	}
	keep := m.files()
	living := map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		switch {
		case keep[name]:
			continue
		case strings.HasPrefix(name, workPrefix):
			owner := ownerOf(name)
			if _, asked := living[owner]; !asked {
				lives, lock, busyErr := d.busy(owner)
				// The lock is held until the file is gone, or a newcomer could take it over
				// between the question and the removal.
				if lock != nil {
					defer func() { err = errors.Join(err, lock.unlock()) }()
				}
				err = errors.Join(err, busyErr)
				living[owner] = lives
			}
			if living[owner] {
				continue
			}
		case strings.HasPrefix(name, segmentPrefix), strings.HasPrefix(name, journalPrefix), strings.HasSuffix(name, tempSuffix):
		default:
			continue
		}
		if removeErr := d.Remove(name); removeErr != nil && runtime.GOOS != "windows" {
			// Windows does not remove what is mapped: it stays for the next time.
			err = errors.Join(err, removeErr)
		}
	}
	return err
}
