//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package hashdb

import (
	"errors"
	"os"
)

// tryLock refuses: without a lock, two writers could take each other's lists away.
func tryLock(file *os.File) error {
	return &os.PathError{Op: "lock", Path: file.Name(), Err: errors.ErrUnsupported}
}
