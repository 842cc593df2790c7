package app

import (
	"sync/atomic"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/rule"
)

// A shadow holds rules that are tried: they look at every profile beside the live
// ones, what they find is counted, and that is all. So they may change at any moment.
type shadow struct {
	set     atomic.Pointer[rule.Set]
	metrics *rulesMetrics
}

// A shadowLook is the typology by which a shadow sees profiles. It never fires.
type shadowLook struct {
	of   *shadow
	live map[string]*rule.Compiled // those in force, by id
}

// beside returns what looks at profiles beside the live rules.
func (s *shadow) beside(live *rule.Set) engine.Typology {
	l := shadowLook{of: s, live: make(map[string]*rule.Compiled)}
	for _, c := range live.Rules() {
		l.live[c.ID()] = c
	}
	return l
}

func (shadowLook) ID() string      { return "shadow" }
func (shadowLook) Version() string { return "0" }

// TwoSided says whether a rule that is tried looks at both roles of a subject. It
// implements [engine.TwoSided].
func (l shadowLook) TwoSided() bool {
	set := l.of.set.Load()
	return set != nil && set.TwoSided()
}

// Find counts what the shadow's rules find, beside the live rules of the same ids.
func (l shadowLook) Find(v *profile.View) (engine.Finding, bool) {
	set := l.of.set.Load()
	if set == nil {
		return engine.Finding{}, false
	}
	for _, c := range set.Rules() {
		_, fires := c.Find(v)
		live := l.live[c.ID()]
		before := fires && live != nil
		if live != nil && !live.Same(c) {
			_, before = live.Find(v)
		}
		if fires || before {
			l.of.metrics.shadow(c.ID(), before, fires, profile.TokenOf(v.Subject))
		}
	}
	return engine.Finding{}, false
}
