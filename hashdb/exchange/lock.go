package exchange

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// ErrBusy is wrapped by the error of a sync that was not begun since another one of
// the same source is under way, in this process or in another.
var ErrBusy = errors.New("another sync of this source is under way")

// locks holds that no two syncs of one source are under way: in this process by a
// mutex and between processes by a lock on a file, which the system drops when its
// holder dies. The files stay; to remove a lock's file would be to lose the lock.
type locks struct {
	folder string
	mu     sync.Mutex
	held   map[string]bool
}

// take locks a source or fails at once with ErrBusy.
func (l *locks) take(source string) (release func(), err error) {
	name := strings.ToLower(source)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[name] {
		return nil, ErrBusy
	}
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	file := flock.New(filepath.Join(l.folder, name+".sync.lock"), flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if !ok {
		return nil, ErrBusy
	}
	l.held[name] = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = file.Close() // Unlocks it; the system does when this process ends.
		delete(l.held, name)
	}, nil
}
