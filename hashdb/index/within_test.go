package index

import (
	"cmp"
	"slices"
	"testing"
)

func sortHits(hits []Hit) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Entry, b.Entry) })
	return hits
}

// within looks up q and also returns what that cost.
func within(s *scratch, x *Index, q Code, radius int, hits []Hit) ([]Hit, cost) {
	s.cost = cost{}
	buckets, siblings := x.plan(&q, radius, s.buckets[:0])
	hits = x.search(s, &q, radius, buckets, siblings, hits)
	return hits, s.cost
}

// The index finds exactly what a scan finds, by either path, at every radius.
func TestWithinIsExact(t *testing.T) {
	r := seeded(1)
	for _, set := range sets(r, 1501) {
		found, byTables, s := 0, 0, new(scratch)
		both(t, Build(set.codes), func(t *testing.T, path string, x *Index) {
			for radius := range MaxRadius + 1 {
				near := set.codes[r.IntN(len(set.codes))]
				for _, q := range []Code{randomCode(r), near, flipped(r, near, radius), flipped(r, near, radius+1)} {
					want := scanScalar(set.codes, q, radius, nil)
					if got := sortHits(x.Within(q, radius, nil)); !slices.Equal(got, want) {
						t.Fatalf("%s, %s, radius %d: %d hits, want %d", set.name, path, radius, len(got), len(want))
					}
					found += len(want)
					if _, c := within(s, x, q, radius, nil); c.scanned == 0 {
						byTables++
					}
				}
			}
		})
		if found < 2*(MaxRadius+1) || byTables < MaxRadius {
			t.Errorf("%s: %d hits, %d look-ups by the tables: too few to mean anything", set.name, found, byTables)
		}
	}
}

func TestRadiusOutsideOfTheTables(t *testing.T) {
	r := seeded(2)
	codes := randomCodes(r, 500)
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		for _, radius := range []int{-300, -1, 48, 100, 128, 256, 1000} {
			want := scanScalar(codes, codes[3], radius, nil)
			if got := sortHits(x.Within(codes[3], radius, nil)); !slices.Equal(got, want) {
				t.Errorf("%s, radius %d: %d hits, want %d", path, radius, len(got), len(want))
			}
		}
	})
}

// Hits whose differing bits are spread as evenly as can be are what the thresholds
// barely allow.
func TestWithinFindsEvenlySpreadBits(t *testing.T) {
	codes := randomCodes(seeded(3), MinCodes)
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		for radius := range MaxRadius + 1 {
			for first := range tableCount {
				q := codes[radius]
				for i := range radius {
					// The next half each time, and another bit of it.
					half := (first + 2*i + i/8) % tableCount
					q[half/4] ^= 1 << (halfShift(half) + i/16)
				}
				if d := q.Distance(codes[radius]); d != radius {
					t.Fatalf("planted at distance %d, want %d", d, radius)
				}
				if hits := x.Within(q, radius, nil); !slices.Contains(hits, Hit{uint32(radius), radius}) {
					t.Fatalf("%s, radius %d, from half %d: the planted code was not found", path, radius, first)
				}
			}
		}
	})
}

// Hashes of real pictures are less even than random ones.
func TestWithinOnRealHashes(t *testing.T) {
	codes := readCodes(t, testdata(t, "media/haystack.txt"))
	queries := append(readCodes(t, testdata(t, "media/needles.txt")), codes...)
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		found := 0
		for i, q := range queries {
			radii := []int{31}
			if i%8 == 0 {
				radii = []int{0, 15, 39, 47}
			}
			for _, radius := range radii {
				got, want := sortHits(x.Within(q, radius, nil)), scanScalar(codes, q, radius, nil)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, query %d, radius %d: %d hits, want %d", path, i, radius, len(got), len(want))
				}
				found += len(want)
			}
		}
		if found < len(codes) {
			t.Errorf("%s: %d hits, want at least each hash itself", path, found)
		}
	})
}

func TestThresholdsAddUp(t *testing.T) {
	for radius := range MaxRadius + 1 {
		sum := 0
		for e := range 8 {
			eighth, left := thresholds(radius, 2*e)
			_, right := thresholds(radius, 2*e+1)
			sum += eighth + 1
			if left+1+right+1 != eighth+1 {
				t.Errorf("radius %d, eighth %d: halves %d and %d do not make %d", radius, e, left, right, eighth)
			}
			if max(left, right) > maxHalfThreshold {
				t.Errorf("radius %d, eighth %d: a half has threshold %d", radius, e, max(left, right))
			}
		}
		if sum != radius+1 {
			t.Errorf("radius %d: thresholds add up to %d", radius, sum)
		}
	}
}

// No set of codes makes a look-up cost much more than a scan.
func TestCostIsBounded(t *testing.T) {
	const n = 20_000
	r := seeded(4)
	for _, set := range sets(r, n) {
		both(t, Build(set.codes), func(t *testing.T, path string, x *Index) {
			scanned, s := 0, new(scratch)
			for range 10 {
				q := flipped(r, set.codes[r.IntN(n)], r.IntN(12))
				for _, radius := range []int{0, 20, 31, 47} {
					_, c := within(s, x, q, radius, nil)
					if c.siblings > n || c.compared > n/compareShare+room || c.scanned > n {
						t.Fatalf("%s, %s, radius %d: cost %+v of %d codes", set.name, path, radius, c, n)
					}
					if c.scanned > 0 {
						scanned++
					}
				}
			}
			if set.name == "all equal" && scanned == 0 {
				t.Errorf("%s, %s: no look-up was scanned", set.name, path)
			}
			if set.name == "uniform" && scanned > 0 {
				t.Errorf("%s, %s: %d look-ups were scanned", set.name, path, scanned)
			}
		})
	}
}
