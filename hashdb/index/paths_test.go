package index

import (
	"slices"
	"sync"
	"testing"
)

// Both paths find the same survivors in the same order, wherever a bucket ends and
// wherever room does.
func TestPathsAgreeOnSurvivors(t *testing.T) {
	if !haveWide {
		t.Skip("here is only the portable path")
	}
	r := seeded(20)
	survivors, stops := 0, 0
	for range 3000 {
		size := 1 + r.IntN(300)
		tables := make([]byte, 8+siblingSize*size)
		for i := range tables {
			tables[i] = byte(r.Uint32() & r.Uint32()) // Few bits, so that many survive.
		}
		buckets := make([]bucket, 1+r.IntN(6), 6+ahead)
		for i := range buckets {
			from := r.IntN(size + 1)
			buckets[i] = bucket{
				siblings: uint32(8 + siblingSize*from), count: uint32(r.IntN(size - from + 1)),
				ids: uint32(1 + r.IntN(1000)), left: uint16(r.IntN(6)), sibling: uint16(r.Uint32() & r.Uint32()),
			}
			if r.IntN(4) == 0 {
				buckets[i].left = 16 // All survive.
			}
		}
		room := 32 + r.IntN(100)
		collect := func(by func([]byte, []bucket, []uint32) (int, int)) (all []uint32) {
			todo := make([]bucket, len(buckets), cap(buckets))
			copy(todo, buckets)
			for len(todo) > 0 {
				found := make([]uint32, room+32)
				n, done := by(tables, todo, found[:room:room])
				if n > room || slices.Max(found[room:]) > 0 {
					t.Fatalf("%d survivors in room for %d", n, room)
				}
				if all, todo = append(all, found[:n]...), todo[done:]; n == 0 && done == 0 {
					t.Fatal("no progress")
				}
				if len(todo) > 0 {
					stops++
				}
			}
			return all
		}
		var want []uint32 // One sibling at a time.
		for _, b := range buckets {
			for i := range b.count {
				at := b.siblings + siblingSize*i
				c := Code{uint64(tables[at]) | uint64(tables[at+1])<<8}
				if c.Distance(Code{uint64(b.sibling)}) <= int(b.left) {
					want = append(want, b.ids+idSize*i)
				}
			}
		}
		if scalar := collect(survivorsScalar); !slices.Equal(scalar, want) {
			t.Fatalf("scalar: %d survivors, want %d", len(scalar), len(want))
		}
		if wide := collect(survivorsWide); !slices.Equal(wide, want) {
			t.Fatalf("wide: %d survivors, want %d", len(wide), len(want))
		}
		survivors += len(want)
	}
	if survivors < 10_000 || stops < 100 {
		t.Errorf("%d survivors, %d stops: too few to mean anything", survivors, stops)
	}
}

func TestPathsAgreeOnScan(t *testing.T) {
	r := seeded(21)
	long := randomCodes(r, 150_000) // More than one turn.
	for _, at := range []int{0, 65_535, 65_536, 65_543, 65_544, 131_072, 149_999} {
		if hits := Scan(long, long[at], 31, nil); !slices.Equal(hits, []Hit{{uint32(at), 0}}) {
			t.Errorf("code %d: found %v", at, hits)
		}
	}
	found := 0
	for n := range 70 {
		codes := randomCodes(r, n)
		for range 40 {
			q := randomCode(r)
			if n > 0 {
				q = flipped(r, codes[r.IntN(n)], r.IntN(256))
			}
			for _, radius := range []int{-1, 0, 31, 47, 120, 128, 255, 256, 300} {
				want := scanScalar(codes, q, radius, nil)
				if got := Scan(codes, q, radius, nil); !slices.Equal(got, want) {
					t.Fatalf("%d codes, radius %d: %d hits, want %d", n, radius, len(got), len(want))
				}
				found += len(want)
			}
		}
	}
	if found < 10_000 {
		t.Errorf("%d hits: too few to mean anything", found)
	}
}

// What hits held stays, however the look-up ends.
func TestWithinKeepsWhatIsThere(t *testing.T) {
	const n = 20_000
	for _, test := range []struct {
		name  string
		equal int // So many are the same.
		scans int
	}{
		{"by the tables", 100, 0},
		{"scanned after comparing many", 500, n},
		{"scanned at once", 2000, n},
	} {
		codes := randomCodes(seeded(22), n)
		for i := range codes[:test.equal] {
			codes[i] = codes[0]
		}
		both(t, Build(codes), func(t *testing.T, path string, x *Index) {
			first := Hit{77, 7}
			hits, c := within(new(scratch), x, codes[0], 31, []Hit{first})
			if c.scanned != test.scans || (c.siblings > 0) != (test.equal < 2000) {
				t.Errorf("%s, %s: cost %+v", test.name, path, c)
			}
			if len(hits) != 1+test.equal || hits[0] != first {
				t.Errorf("%s, %s: %d hits, want %d after the one there", test.name, path, len(hits), test.equal)
			}
		})
	}
}

func TestWithinMakesNoGarbage(t *testing.T) {
	codes := randomCodes(seeded(25), MinCodes)
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		hits := make([]Hit, 0, 10)
		if n := testing.AllocsPerRun(200, func() { hits = x.Within(codes[9], 47, hits[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations a look-up", path, n)
		}
		if len(hits) != 1 {
			t.Errorf("%s: %d hits, want 1", path, len(hits))
		}
	})
}

func TestWithinMany(t *testing.T) {
	r := seeded(23)
	codes := randomCodes(r, MinCodes)
	qs := randomCodes(r, 300)
	for i := range qs {
		if i%3 > 0 {
			qs[i] = flipped(r, codes[i], 10*(i%3))
		}
	}
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		for _, radius := range []int{-1, 0, 31, 47, 60} {
			calls := 0
			x.WithinMany(qs, radius, func(i int, hits []Hit) {
				if i != calls {
					t.Errorf("%s: query %d comes as number %d", path, i, calls)
				}
				calls++
				if want := scanScalar(codes, qs[i], radius, nil); !slices.Equal(sortHits(hits), want) {
					t.Errorf("%s, radius %d, query %d: %d hits, want %d", path, radius, i, len(hits), len(want))
				}
			})
			if calls != len(qs) {
				t.Errorf("%s, radius %d: %d answers, want %d", path, radius, calls, len(qs))
			}
		}
		x.WithinMany(nil, 31, func(int, []Hit) { t.Error("an answer to nothing") })
		// The answer may ask in turn.
		x.WithinMany(qs[:1], 31, func(int, []Hit) { x.WithinMany(qs[1:2], 31, func(int, []Hit) {}) })
	})
}

func TestManyGoroutines(t *testing.T) {
	r := seeded(24)
	codes := randomCodes(r, MinCodes)
	both(t, Build(codes), func(t *testing.T, path string, x *Index) {
		var wait sync.WaitGroup
		for g := range 8 {
			wait.Go(func() {
				var hits []Hit
				for i := g; i < 800; i += 8 {
					hits = x.Within(codes[i], 31, hits[:0])
					if !slices.Contains(hits, Hit{uint32(i), 0}) {
						t.Errorf("%s: code %d not found", path, i)
					}
				}
			})
		}
		wait.Wait()
	})
}

// Distance and Compare are those of the hexadecimal form.
func TestCode(t *testing.T) {
	for _, test := range []struct {
		a, b              Code
		distance, compare int
	}{
		{Code{}, Code{}, 0, 0},
		{Code{1}, Code{2}, 2, -1},
		{Code{0, 0, 0, 1}, Code{0, 0, 1, 0}, 2, -1},
		{Code{1 << 63}, Code{0, 0, 0, 1}, 2, 1},
		{Code{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}, Code{}, 256, 1},
	} {
		if d := test.a.Distance(test.b); d != test.distance {
			t.Errorf("distance of %x and %x is %d, want %d", test.a, test.b, d, test.distance)
		}
		if c, back := test.a.Compare(test.b), test.b.Compare(test.a); c != test.compare || back != -c {
			t.Errorf("%x compares with %x as %d and %d, want %d", test.a, test.b, c, back, test.compare)
		}
	}
	c := Code{0x0001_0203_0405_0607}
	if c.half(0) != 1 || c.half(3) != 0x0607 || c.half(15) != 0 {
		t.Errorf("halves %x, %x, %x", c.half(0), c.half(3), c.half(15))
	}
}
