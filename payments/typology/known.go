package typology

import (
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
)

// known is what typologies worked out of one view for those that are asked after them:
// companions ask whether any leading pattern fires, and most are asked themselves as well.
type known struct {
	rules   *Rules
	view    uint64 // its Serial
	silent  uint32 // of Rules.lead, those that do not fire, by their bits
	asked   bool   // of which one does
	finding engine.Finding
	found   bool
}

// known returns what is known of a view.
func (r *Rules) known(v *profile.View) *known {
	k, ok := v.Memo.(*known)
	if !ok || k.rules != r {
		k = &known{rules: r}
		v.Memo = k
	}
	if k.view != v.Serial {
		*k = known{rules: r, view: v.Serial}
	}
	return k
}

// leading returns the first finding that is enough for companions to speak beside.
func (r *Rules) leading(v *profile.View) (engine.Finding, bool) {
	k := r.known(v)
	if k.asked {
		return k.finding, k.found
	}
	k.asked = true
	for i, p := range r.lead {
		if k.silent&(1<<i) != 0 {
			continue
		}
		f, ok := p.find(v, r.muted)
		if !ok {
			k.silent |= 1 << i
		} else if !f.Victim {
			k.finding, k.found = f, true
			break
		}
	}
	return k.finding, k.found
}
