package hashdb

import (
	"context"
	"time"
)

// Run keeps the DB up to date and merged until ctx ends: every Options.Every it takes up
// what other processes changed, and merges a step at a time where it is worth it. Errors
// go to Options.Report and end nothing: matching against the lists of before beats not
// matching. It returns nil.
func (db *DB) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.each(ctx, func() (bool, error) { return db.Merge(ctx) })
	}()
	// Beside merging, which may take seconds: retractions do not wait for it.
	db.each(ctx, func() (bool, error) {
		_, err := db.Refresh()
		return false, err
	})
	<-done
	return nil
}

// each calls f at every tick, and again at once while it says so.
func (db *DB) each(ctx context.Context, f func() (again bool, err error)) {
	tick := time.NewTicker(db.options.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for again := true; again && ctx.Err() == nil; {
			var err error
			if again, err = f(); err != nil && ctx.Err() == nil {
				db.options.Report(err)
			}
			again = again && err == nil
		}
	}
}
