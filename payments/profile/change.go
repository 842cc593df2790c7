package profile

import "errors"

// A Change is what a transfer does to a profile: Add or Withdraw.
type Change struct {
	Entry       Entry
	Other       Token
	Institution string
	Ref         string
	Withdrawn   bool
}

// Apply makes a change, and says what Add does.
func (p *Profile) Apply(c *Change) (place int, changed bool, err error) {
	if c.Withdrawn {
		return -1, p.Withdraw(c.Entry), nil
	}
	return p.add(c.Entry, c.Other, c.Institution, c.Ref)
}

// AppendChange writes a change and what the typologies said after it.
func AppendChange(b []byte, c *Change, fired []Fired) []byte {
	flags := byte(0)
	if c.Withdrawn {
		flags = 1
	}
	b = append(b, flags)
	b = appendVarint(b, c.Entry.At)
	b = appendEntry(b, &c.Entry)
	if !c.Withdrawn {
		b = append(b, c.Other[:]...)
		b = appendText(b, c.Institution)
		b = appendText(b, c.Ref)
	}
	return AppendFired(b, fired)
}

// ApplyEncoded makes the change that AppendChange wrote.
func (p *Profile) ApplyEncoded(data []byte) error {
	d := decoder{data: data}
	c := Change{Withdrawn: d.byte() != 0}
	at := d.varint()
	d.entry(&c.Entry)
	c.Entry.At = at
	if !c.Withdrawn {
		c.Other = d.token()
		c.Institution, c.Ref = string(d.text()), string(d.text())
	}
	if d.broken {
		return errors.New("a stored change of a profile is damaged")
	}
	if _, changed, err := p.Apply(&c); err != nil || !changed {
		return errors.New("a stored change of a profile does not fit it")
	}
	if p.readFired(&d); d.broken || d.at < len(data) {
		return errors.New("a stored change of a profile is damaged")
	}
	return nil
}
