package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
)

const endOfFile = 22 // bytes of the end of a ZIP

// always is said of every file alike: the version of the ZIP that reads it, that its sizes
// follow it, that it is not compressed, and epoch.
var always = []byte{20, 0, 8, 0, 0, 0, 0, 0, 0x21, 0}

// extra is epoch once more, as seconds.
var extra = binary.LittleEndian.AppendUint32([]byte("UT\x05\x00\x01"), uint32(epoch.Unix()))

// framed checks that what lies around the files, too, is what Write writes, byte for byte.
// Not all that unpacks a ZIP reads its directory: some believe the name before each file,
// and what no reader of the directory sees must not be another one's file.
func framed(r io.ReaderAt, size int64, files []*zip.File) error {
	at := int64(0)
	fits := func(want []byte) bool {
		got := make([]byte, len(want))
		n, _ := r.ReadAt(got, at)
		at += int64(len(want))
		return n == len(want) && bytes.Equal(got, want)
	}
	var directory []byte
	for _, f := range files {
		le, sums := binary.LittleEndian, sizesOf(f)
		lengths := le.AppendUint16(le.AppendUint16(nil, uint16(len(f.Name))), uint16(len(extra)))
		name := append([]byte(f.Name), extra...)
		start := at
		if !fits(bytes.Join([][]byte{[]byte("PK\x03\x04"), always, make([]byte, 12), lengths, name}, nil)) {
			return misfit(f.Name, "has something before it, at byte %d, that is not its header", start)
		}
		if at += int64(f.UncompressedSize64); !fits(append([]byte("PK\x07\x08"), sums...)) {
			return misfit(f.Name, "has other sums behind it, at byte %d, than in the directory", at-int64(4+len(sums)))
		}
		place := le.AppendUint32(make([]byte, 10), uint32(start))
		directory = append(directory, bytes.Join([][]byte{[]byte("PK\x01\x02\x14\x00"), always, sums, lengths, place, name}, nil)...)
	}
	start := at
	if !fits(directory) {
		return misfit("", "has a directory that is not of its files as they lie there")
	}
	le := binary.LittleEndian
	end := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	end = le.AppendUint16(le.AppendUint16(end, uint16(len(files))), uint16(len(files)))
	end = le.AppendUint32(le.AppendUint32(end, uint32(len(directory))), uint32(start))
	if !fits(append(end, 0, 0)) || at != size {
		return misfit("", "does not end behind its directory")
	}
	return nil
}

// sizesOf are a file's CRC-32 and its size, twice.
func sizesOf(f *zip.File) []byte {
	le := binary.LittleEndian
	sums := le.AppendUint32(nil, f.CRC32)
	return le.AppendUint32(le.AppendUint32(sums, uint32(f.CompressedSize64)), uint32(f.UncompressedSize64))
}
