//go:build !(linux || darwin || freebsd)

package segment

import (
	"fmt"
	"os"
)

// mapFile reads the first n bytes of f into memory: slower to open than a mapping, and
// the memory is not shared between processes, but all else is the same.
func mapFile(f *os.File, n int) (data []byte, unmap func() error, err error) {
	data = alignedBytes(n)
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, nil, fmt.Errorf("read %d bytes: %w", n, err)
	}
	return data, func() error { return nil }, nil
}
