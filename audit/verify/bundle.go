package verify

import (
	"encoding/binary"
	"fmt"
)

const (
	tileHeight = 8               // levels of the tree in a tile, set by tlog-tiles
	tileWidth  = 1 << tileHeight // entries in a bundle, and hashes in a tile
)

// maxBundle is the size in bytes of the largest bundle that this log writes.
const maxBundle = tileWidth * (2 + MaxEntry)

// parseBundle splits the first width entries off an entry bundle, in which
// each is preceded by its length in two bytes, big-endian. On an error the
// entries before the fault are returned with it. The entries share data's
// memory. What follows the last entry is returned as rest.
func parseBundle(data []byte, width int) (entries [][]byte, rest []byte, err error) {
	for len(entries) < width {
		if len(data) == 0 {
			return entries, nil, fmt.Errorf("ends after %d of %d entries", len(entries), width)
		}
		if len(data) < 2 {
			return entries, nil, fmt.Errorf("ends inside an entry's length")
		}
		size := int(binary.BigEndian.Uint16(data))
		data = data[2:]
		if size > MaxEntry {
			return entries, nil, fmt.Errorf("says that an entry has %d bytes, limit %d", size, MaxEntry)
		}
		if size > len(data) {
			return entries, nil, fmt.Errorf("ends after %d of an entry's %d bytes", len(data), size)
		}
		entries = append(entries, data[:size:size])
		data = data[size:]
	}
	return entries, data, nil
}
