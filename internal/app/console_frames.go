package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/review/console"
)

// frames opens preserved windows for the console.
type frames struct {
	c     Config
	store *review.Store
	keys  []age.Identity
}

// consoleFrames reads the key that the process which reviews has, or returns nothing
// where it has none.
func (c *Config) consoleFrames(ctx context.Context, store *review.Store) (console.Frames, error) {
	if c.Review.EvidenceIdentity == "" {
		return nil, nil
	}
	keys, err := readIdentities(ctx, c.Review.EvidenceIdentity)
	if err != nil {
		return nil, fmt.Errorf("review.evidence_identity: %w", err)
	}
	return &frames{*c, store, keys}, nil
}

// Of implements console.Frames: frames that a case names, the first ones, and where none
// of those was preserved, some of those that were.
func (f *frames) Of(ctx context.Context, of review.Case) (all []console.Frame, err error) {
	keeps, closes, err := f.c.custody(ctx, f.store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closes()) }()
	want := wantedOf(review.Dossier{Decisions: []review.Decision{{Case: of}}})
	windows, err := allWindows(ctx, keeps, of.ID, want)
	if err != nil {
		return nil, err
	}
	return someFrames(windows, want, f.keys)
}

// someFrames returns at most console.MaxFrames frames, in order of time. It holds no more
// pictures at a time than it returns.
func someFrames(windows []bundle.Window, want wanted, keys []age.Identity) ([]console.Frame, error) {
	var named, others []console.Frame
	have := map[string]bool{}
	every, n := 1, 0 // of the others each so many-th is kept, ever fewer
	for _, w := range windows {
		_, err := eachFrame(w.Open, keys, func(f edge.Frame) error {
			one := console.Frame{SHA256: hex.EncodeToString(f.SHA256[:]), At: f.At}
			if one.Named = want.frames[one.SHA256]; have[one.SHA256] || one.Named && len(named) == console.MaxFrames {
				return nil
			}
			if one.Named {
				have[one.SHA256], one.JPEG = true, slices.Clone(f.JPEG)
				named, others = append(named, one), nil
				return nil
			}
			if n++; len(named) > 0 || n%every != 0 {
				return nil
			}
			have[one.SHA256], one.JPEG = true, slices.Clone(f.JPEG)
			if others = append(others, one); len(others) > console.MaxFrames {
				thin := others[:0]
				for i := 0; i < len(others); i += 2 {
					thin = append(thin, others[i])
				}
				others, every = thin, 2*every
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("windows/%s: %w", w.Name, err)
		}
	}
	if len(named) == 0 {
		named = others
	}
	slices.SortStableFunc(named, func(a, b console.Frame) int { return a.At.Compare(b.At) })
	return named, nil
}
