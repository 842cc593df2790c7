package index

// Hit is a code found.
type Hit struct {
	Entry    uint32 // Its position among the codes.
	Distance int    // The number of bits in which it differs from the query.
}

// Scan appends to hits every code within radius bits of q, in their order. It compares
// with each, and needs no index.
func Scan(codes []Code, q Code, radius int, hits []Hit) []Hit {
	if haveWide {
		return scanWide(codes, q, radius, hits)
	}
	return scanScalar(codes, q, radius, hits)
}

func scanScalar(codes []Code, q Code, radius int, hits []Hit) []Hit {
	return scanFrom(codes, 0, len(codes), &q, radius, hits)
}

// scanFrom scans codes[from:to].
func scanFrom(codes []Code, from, to int, q *Code, radius int, hits []Hit) []Hit {
	for i := from; i < to; i++ {
		if d := codes[i].Distance(*q); d <= radius {
			hits = append(hits, Hit{uint32(i), d})
		}
	}
	return hits
}
