package detect

import "sync/atomic"

// Stats count what a Detector did since it was made.
type Stats struct {
	Frames     uint64 // Taken, repeats left out.
	Repeats    uint64 // Dropped, for their id was among the stream's last.
	LowQuality uint64 // Of the frames, those below MinQuality: not looked up.
	Held       uint64 // Of the frames, those that showed the picture before once more.
	Trimmed    uint64 // Of the frames, those with bars.
	Innocent   uint64 // Of the frames, those that an allow-list knows.
	Lookups    uint64 // Hashes looked up.
	Skipped    uint64 // Hashes that an earlier look-up had proved to be near nothing.
	Proofs     uint64 // Wide look-ups that found nothing, and so let later ones be skipped.
	Vain       uint64 // Wide look-ups that found something and proved nothing.
	Matched    uint64 // Of the frames, those that matched.
	Signals    uint64 // Given.
	Untold     uint64 // Matches left out, the stream matching maxTracked others.
}

// counters are Stats that several goroutines add to.
type counters struct {
	frames, repeats, lowQuality, held, trimmed, innocent, lookups, skipped, proofs, vain, matched, signals, untold atomic.Uint64
}

// Stats returns the counts. Frames that are being worked on may be in some of them.
func (d *Detector) Stats() Stats {
	c := &d.count
	return Stats{
		Frames: c.frames.Load(), Repeats: c.repeats.Load(), LowQuality: c.lowQuality.Load(), Held: c.held.Load(),
		Trimmed: c.trimmed.Load(), Innocent: c.innocent.Load(), Lookups: c.lookups.Load(), Skipped: c.skipped.Load(),
		Proofs: c.proofs.Load(), Vain: c.vain.Load(), Matched: c.matched.Load(), Signals: c.signals.Load(), Untold: c.untold.Load(),
	}
}
