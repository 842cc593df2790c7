package segment

import (
	"encoding/binary"
	"unsafe"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// word is a number that sections are made of.
type word interface{ ~uint16 | ~uint32 | ~uint64 }

// view returns b, which must be aligned for T and of a multiple of its length, as
// little-endian numbers: the same memory where the machine is little-endian, a decoded
// copy elsewhere.
func view[T word](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return decoded[T](b)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(T(0))))
}

// decoded is view for machines that are not little-endian.
func decoded[T word](b []byte) []T {
	size := int(unsafe.Sizeof(T(0)))
	all := make([]T, len(b)/size)
	for i := range all {
		for j := size - 1; j >= 0; j-- {
			all[i] = all[i]<<8 | T(b[i*size+j])
		}
	}
	return all
}

// asCodes returns words as codes of four, in the same memory.
func asCodes(w []uint64) []index.Code {
	if len(w) == 0 {
		return nil
	}
	return unsafe.Slice((*index.Code)(unsafe.Pointer(&w[0])), len(w)/len(index.Code{}))
}

// alignedBytes returns n bytes of heap memory that view accepts.
func alignedBytes(n int) []byte {
	if n == 0 {
		return nil
	}
	w := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), n)
}
