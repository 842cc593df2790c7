//go:build !purego

package index

import "golang.org/x/sys/cpu"

// haveWide reports whether the processor, and the operating system with it, can do what
// wide_amd64.s needs.
var haveWide = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512BITALG &&
	cpu.X86.HasAVX512VPOPCNTDQ && cpu.X86.HasBMI1 && cpu.X86.HasBMI2

func survivorsWide(tables []byte, buckets []bucket, found []uint32) (n, done int) {
	return survivors512(&tables[0], &buckets[0], len(buckets), &found[0], len(found))
}

func lookUpEntriesWide(tables []byte, codes []Code, found, entries []uint32) {
	if len(found) > 0 && len(codes) > 0 {
		entries512(&tables[0], &codes[0], len(codes), &found[0], &entries[0], len(found))
	}
}

func scanWide(codes []Code, q Code, radius int, hits []Hit) []Hit {
	if radius < 0 {
		return hits
	}
	// Assembly cannot be interrupted, so it is given two megabytes at a time.
	const block, turn = 8, 8192
	at, blocks := 0, len(codes)/block
	for at < blocks {
		end := min(at+turn, blocks)
		at += near512(&codes[at*block], end-at, &q, radius)
		if at < end {
			hits = scanFrom(codes, at*block, (at+1)*block, &q, radius, hits)
			at++
		}
	}
	return scanFrom(codes, blocks*block, len(codes), &q, radius, hits)
}

// survivors512 is survivors, 32 siblings at a time. It asks for each bucket ahead of
// its turn, which is why ahead more buckets must follow the last, and for each
// survivor's id. It reads no byte outside of the buckets' siblings.
//
//go:noescape
func survivors512(tables *byte, buckets *bucket, count int, found *uint32, room int) (n, done int)

// entries512 reads the ids at found, at least one, and asks for their codes.
//
//go:noescape
func entries512(tables *byte, codes *Code, codeCount int, found, entries *uint32, count int)

// near512 returns the first block of eight codes in which one is within radius of q, or
// blocks.
//
//go:noescape
func near512(codes *Code, blocks int, q *Code, radius int) int
