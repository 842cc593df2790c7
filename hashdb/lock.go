package hashdb

import (
	"context"
	"errors"
	"os"
	"time"
)

// errLocked is tryLock's error for a file that somebody else has locked.
var errLocked = errors.New("locked by another")

// lockPoll is how often a writer asks whether it is its turn. The system's own waiting
// would not end with a context.
const lockPoll = 2 * time.Millisecond

// fileLock is a lock on a file, held until it is closed or the process ends. It also
// excludes others of the same process.
type fileLock struct{ file *os.File }

// lockFile locks a file, which it makes if it is not there, or returns errLocked.
func (d *disk) lockFile(name string) (*fileLock, error) {
	file, err := os.OpenFile(d.Path(name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileLock{file}, nil
}

// waitLock is lockFile, but waits for its turn until ctx ends.
func (d *disk) waitLock(ctx context.Context, name string) (*fileLock, error) {
	for {
		l, err := d.lockFile(name)
		if !errors.Is(err, errLocked) {
			return l, err
		}
		t := time.NewTimer(lockPoll)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		case <-t.C:
		}
	}
}

func (l *fileLock) unlock() error { return l.file.Close() }
