package audit

import (
	"errors"
	"os"
	"slices"
	"sync"
)

// ErrOpen says that this process has the folder's log open already.
var ErrOpen = errors.New("this process has the log open already: share it")

// openFolders is what this process has open. Tessera keeps writers apart with
// fcntl's record locks, and those belong to a process: a second writer in the
// same one would get every lock it asks for, and give up the first one's by
// closing the file. Only the process itself can know, hence a variable of the
// package, the only one.
var openFolders folders

type folders struct {
	mu   sync.Mutex
	open []os.FileInfo // compared with os.SameFile, as one folder has many paths
}

// take marks dir as open until release is called.
func (f *folders) take(dir string) (release func(), err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	same := func(other os.FileInfo) bool { return os.SameFile(info, other) }
	if slices.ContainsFunc(f.open, same) {
		return nil, ErrOpen
	}
	f.open = append(f.open, info)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.open = slices.DeleteFunc(f.open, same)
	}, nil
}
