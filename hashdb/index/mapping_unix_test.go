//go:build linux || darwin || freebsd

package index

import (
	"syscall"
	"testing"
	"unsafe"
)

// Tables and codes may end with the last byte of a mapping: reading one further would be
// the end of the process.
func TestReadsNothingPastTheEnd(t *testing.T) {
	r := seeded(30)
	for _, n := range []int{1, 7, 31, 333, 4100} {
		codes := randomCodes(r, n)
		for i := range codes[:n/2] {
			codes[i] = codes[0] // Long buckets too.
		}
		tables := atEnd(t, encode(t, codes))
		raw := atEnd(t, unsafe.Slice((*byte)(unsafe.Pointer(&codes[0])), 32*n))
		mapped := unsafe.Slice((*Code)(unsafe.Pointer(&raw[0])), n)
		x, err := Open(tables, mapped)
		if err != nil {
			t.Fatal(err)
		}
		both(t, x, func(t *testing.T, path string, x *Index) {
			for _, q := range append(randomCodes(r, 20), codes[0], codes[n-1], Code{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}) {
				for _, radius := range []int{0, 31, 47, 256} {
					got, want := x.Within(q, radius, nil), scanScalar(codes, q, radius, nil)
					if len(got) != len(want) {
						t.Errorf("%s, %d codes, radius %d: %d hits, want %d", path, n, radius, len(got), len(want))
					}
				}
			}
		})
	}
}

// atEnd copies b to the end of a page that a forbidden one follows.
func atEnd(t *testing.T, b []byte) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	size := (len(b) + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mprotect(m[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	end := m[size-len(b) : size : size]
	copy(end, b)
	return end
}
