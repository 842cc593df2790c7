//go:build !amd64 || purego

package index

// haveWide: here is only the portable path.
const haveWide = false

func survivorsWide(tables []byte, buckets []bucket, found []uint32) (n, done int) {
	return survivorsScalar(tables, buckets, found)
}

func lookUpEntriesWide([]byte, []Code, []uint32, []uint32) {}

func scanWide(codes []Code, q Code, radius int, hits []Hit) []Hit {
	return scanScalar(codes, q, radius, hits)
}
