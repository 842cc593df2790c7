//go:build linux || darwin || freebsd

package segment

import (
	"fmt"
	"os"
	"syscall"
)

// mapFile maps the first n bytes of f, which it need not stay open for, read-only. The
// system calls in package syscall do all that is needed, so no library is. Of these
// systems it is known that a mapping shows what was written to the file before.
func mapFile(f *os.File, n int) (data []byte, unmap func() error, err error) {
	data, err = syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map %d bytes: %w", n, err)
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
