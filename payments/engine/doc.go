// Package engine carries transfers into profiles, lets typologies look at them,
// and says as signals what they found.
//
//	e, err := engine.New(engine.Config{Typologies: typology.All(rules), Marks: rules.Marks()})
//	p := e.Partition()
//	signals, err := p.Process(ctx, state, transfer) // each transfer, in order
//
// State is the store of the partition; nil keeps all profiles in memory and
// nothing else, which is how a backtest or an evaluation runs through millions of
// payments. A Partition belongs to one goroutine. Its signals are a function of
// the transfers that it was given and of their order, and their last revisions
// are one of the set alone, within the bounds that package profile names.
//
// A typology is asked at each transfer that changes a profile. What it found is a
// signal when it is new or says something else than before; where it finds
// nothing any more, or its version is no longer in use, the signal is withdrawn:
// a last revision with strength 0. A signal has one id for a typology, version,
// subject and role, and revisions that grow.
//
// A typology that is [TwoSided] sees the subject's other role too, and is asked
// about both where either changes.
//
// It has no typology of its own (package typology and the rules do), and no
// clock. It trusts its typologies to be pure functions of the view.
package engine
