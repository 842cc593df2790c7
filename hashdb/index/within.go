package index

const (
	// maxBuckets is how many buckets a look-up visits at most.
	maxBuckets = tableCount * 137
	// ahead is how many buckets before it is read the wide path asks for a bucket.
	ahead = 16
	// room is how many survivors are kept before their codes are compared.
	room = 2048
	// compareShare bounds what is compared, one code here and one there, to this share
	// of the codes: it takes about as long as a scan of all.
	compareShare = 8
)

// bucket is the entries of one value in one table, as a look-up visits them.
type bucket struct {
	siblings uint32 // Where the first sibling is in the tables, in bytes.
	count    uint32
	ids      uint32 // Where the first id is in the tables, in bytes.
	left     uint16 // How many bits of the sibling may differ.
	sibling  uint16 // The query's.
}

// scratch is what one look-up needs to remember.
type scratch struct {
	// buckets end with ahead that are never visited, so that one may look ahead.
	buckets [maxBuckets + ahead]bucket
	found   [room]uint32 // Where survivors' ids are in the tables, in bytes.
	entries [room]uint32 // Their ids.
	cost    cost
}

// cost is what a look-up touched.
type cost struct{ siblings, compared, scanned int }

// Within appends to hits every code within radius bits of q, each once, in no particular
// order. It makes no garbage when hits has room. Where many codes share halves, so that
// reading the tables would cost more than a scan, it scans; so it does beyond MaxRadius.
func (x *Index) Within(q Code, radius int, hits []Hit) []Hit {
	if radius > MaxRadius || x.tables == nil {
		return x.scan(q, radius, hits)
	}
	s := x.scratch.Get().(*scratch)
	s.cost = cost{}
	buckets, siblings := x.plan(&q, radius, s.buckets[:0])
	clear(s.buckets[len(buckets):][:ahead])
	hits = x.search(s, &q, radius, buckets, siblings, hits)
	x.scratch.Put(s)
	return hits
}

// WithinMany looks up queries one after another. It calls found for each in order with its
// position and its hits, which are valid until found returns. (To go through the tables
// with many queries together gained nothing below a thousand, whose hits would have to
// be remembered.)
func (x *Index) WithinMany(qs []Code, radius int, found func(i int, hits []Hit)) {
	var hits []Hit
	for i := range qs {
		hits = x.Within(qs[i], radius, hits[:0])
		found(i, hits)
	}
}

// plan appends the buckets that a look-up of q visits, and returns how many siblings
// they have.
func (x *Index) plan(q *Code, radius int, buckets []bucket) ([]bucket, int) {
	x.touchBounds(q, radius)
	siblings := 0
	for t := range tableCount {
		eighth, half := thresholds(radius, t)
		if half < 0 {
			continue
		}
		table := x.tables[t*x.layout.stride:][:boundsSize]
		b := bucket{sibling: q.half(t ^ 1)}
		value := q.half(t)
		for i, m := range x.masks[:maskCount[half]] {
			lo, hi := boundsOf(table, value^m)
			b.count = hi - lo
			b.siblings, b.ids = x.layout.bucket(t, lo, hi)
			b.left = uint16(eighth - maskBits(i))
			buckets = append(buckets, b)
			siblings += int(b.count)
		}
	}
	return buckets, siblings
}

// touchBounds reads a byte of every bound that plan will need, so that the processor
// waits for many of them at a time.
//
//go:noinline
func (x *Index) touchBounds(q *Code, radius int) (sum byte) {
	for t := range tableCount {
		_, half := thresholds(radius, t)
		if half < 0 {
			continue
		}
		bounds := (*[boundsSize]byte)(x.tables[t*x.layout.stride:])
		value := q.half(t)
		for _, m := range x.masks[:maskCount[half]] {
			sum += bounds[4*int(value^m)]
		}
	}
	return sum
}

// maskBits returns how many bits mask i has.
func maskBits(i int) int {
	switch {
	case i < maskCount[0]:
		return 0
	case i < maskCount[1]:
		return 1
	}
	return 2
}

// search visits the buckets, and scans where that is less work.
func (x *Index) search(s *scratch, q *Code, radius int, buckets []bucket, siblings int, hits []Hit) []Hit {
	if siblings > len(x.codes) {
		s.cost.scanned += len(x.codes)
		return x.scan(*q, radius, hits)
	}
	s.cost.siblings += siblings
	before, compared := len(hits), 0
	for len(buckets) > 0 {
		n, done := x.survivors(buckets, s.found[:])
		buckets = buckets[done:]
		if compared += n; compared > len(x.codes)/compareShare+room {
			s.cost.scanned += len(x.codes)
			return x.scan(*q, radius, hits[:before])
		}
		s.cost.compared += n
		hits = x.compare(s, n, q, radius, hits)
	}
	return hits
}

// compare appends those of the first n survivors that are within radius.
func (x *Index) compare(s *scratch, n int, q *Code, radius int, hits []Hit) []Hit {
	x.lookUpEntries(s.found[:n], s.entries[:n])
	for i, entry := range s.entries[:n] {
		if int(entry) >= len(x.codes) {
			continue // The tables are damaged.
		}
		c := &x.codes[entry]
		d := c.Distance(*q)
		if d <= radius && firstTable(c, q, radius) == int(s.found[i])/x.layout.stride {
			hits = append(hits, Hit{entry, d})
		}
	}
	return hits
}

func (x *Index) scan(q Code, radius int, hits []Hit) []Hit {
	if x.wide {
		return scanWide(x.codes, q, radius, hits)
	}
	return scanScalar(x.codes, q, radius, hits)
}
