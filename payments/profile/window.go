package profile

// A Span counts some consecutive ones of picked entries.
type Span struct {
	From, To       int // places in what was picked; To is not included
	Counterparties int
	Classes        int // different classes of references
}

// Transfers is how many there are.
func (s Span) Transfers() int { return s.To - s.From }

// spanCounts is memory of Best.
type spanCounts struct {
	others  []int32
	classes [AllClasses]int32
}

// Best returns the span of at most width seconds with the highest score, of
// several the latest. Score may not fall when a span grows: only spans that cannot
// grow to the left are tried.
func (v *View) Best(picked []int32, width int64, score func(Span) int) Span {
	c := &v.span
	if cap(c.others) < len(v.Others) {
		c.others = make([]int32, len(v.Others)+16)
	}
	c.others = c.others[:len(v.Others)]
	clear(c.others)
	c.classes = [AllClasses]int32{}
	var top, s Span
	best := 0
	for _, at := range picked {
		e := &v.Entries[at]
		s.To++
		if c.others[e.Other]++; c.others[e.Other] == 1 {
			s.Counterparties++
		}
		if e.Classes != 0 {
			s.Classes += c.add(e.Classes, 1)
		}
		for v.Entries[picked[s.From]].At < e.At-width {
			old := &v.Entries[picked[s.From]]
			s.From++
			if c.others[old.Other]--; c.others[old.Other] == 0 {
				s.Counterparties--
			}
			if old.Classes != 0 {
				s.Classes += c.add(old.Classes, -1)
			}
		}
		if n := score(s); top.To == 0 || n >= best {
			top, best = s, n
		}
	}
	return top
}

// Most returns as many of the picked entries as lie within width seconds of each other,
// of several such parts the latest: Best where only their number counts.
func (v *View) Most(picked []int32, width int64) []int32 {
	from, top := 0, picked[:0]
	for n, at := range picked {
		for v.Entries[picked[from]].At < v.Entries[at].At-width {
			from++
		}
		if n+1-from >= len(top) {
			top = picked[from : n+1]
		}
	}
	return top
}

// add counts classes by one up or down, and returns how many more there are now.
func (c *spanCounts) add(classes Classes, by int32) int {
	more := 0
	for i := range c.classes {
		if classes&(1<<i) == 0 {
			continue
		}
		was := c.classes[i]
		c.classes[i] += by
		if was == 0 {
			more++
		} else if c.classes[i] == 0 {
			more--
		}
	}
	return more
}

// Distinct counts the counterparties of some entries.
func (v *View) Distinct(picked []int32) int {
	c := &v.span
	if cap(c.others) < len(v.Others) {
		c.others = make([]int32, len(v.Others)+16)
	}
	c.others = c.others[:len(v.Others)]
	clear(c.others)
	n := 0
	for _, i := range picked {
		if o := v.Entries[i].Other; c.others[o] == 0 {
			c.others[o] = 1
			n++
		}
	}
	return n
}
