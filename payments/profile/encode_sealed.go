package profile

func newSlot(number int64) slot {
	return slot{number: number, others: newHLL(), unrelated: newHLL(), amounts: newQuantiles(), gaps: newQuantiles()}
}

func (s *sealed) append(b []byte) []byte {
	if s.empty() {
		return append(b, 0)
	}
	b = append(b, 1)
	b = appendVarint(b, s.at)
	b = appendUint64(b, s.id)
	b = appendUvarint(b, uint64(len(s.days)))
	for i := range s.days {
		d := &s.days[i]
		b = appendVarint(b, d.day)
		for _, n := range d.numbers() {
			b = appendUvarint(b, uint64(*n))
		}
	}
	b = appendUvarint(b, uint64(len(s.slots)))
	for i := range s.slots {
		l := &s.slots[i]
		b = appendVarint(b, l.number)
		b = l.others.append(b)
		b = l.unrelated.append(b)
		b = l.amounts.append(b)
		b = l.gaps.append(b)
		b = appendUvarint(b, uint64(len(l.countries)))
		for _, c := range l.countries {
			b = appendUint16(b, uint16(c))
		}
	}
	b = appendUvarint(b, uint64(len(s.others)))
	for i := range s.others {
		o := &s.others[i]
		b = append(b, o.token[:]...)
		b = appendUvarint(b, uint64(o.transfers))
		b = appendVarint(b, o.first)
		b = appendUvarint(b, uint64(o.last-o.first))
		b = append(b, byte(o.tie))
	}
	return b
}

func (d *daySum) numbers() [8]*int64 {
	return [...]*int64{&d.transfers, &d.base, &d.noBase, &d.low, &d.round, &d.night, &d.otherNight, &d.abroad}
}

func (d *decoder) sealed() (s sealed) {
	if d.byte() == 0 {
		return s
	}
	s.at, s.id = d.varint(), d.uint64()
	d.check(s.at != 0)
	for range d.count(9) {
		sum := daySum{day: d.varint()}
		for _, n := range sum.numbers() {
			*n = d.number()
		}
		s.days = append(s.days, sum)
	}
	n := d.count(6)
	d.check(n <= Kept/day/slotDays+2)
	for i := 0; i < n && !d.broken; i++ {
		l := slot{number: d.varint(), others: d.hll(), unrelated: d.hll(), amounts: d.quantiles(), gaps: d.quantiles()}
		for range d.count(2) {
			l.countries = append(l.countries, Country(d.uint16()))
		}
		s.slots = append(s.slots, l)
	}
	for range d.count(20) {
		o := sealedOther{token: d.token(), transfers: int(d.number()), first: d.varint()}
		o.last = o.first + d.number()
		o.tie = Tie(d.byte())
		s.others = append(s.others, o)
	}
	return s
}
