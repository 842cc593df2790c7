package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/signal"
)

// ErrNotReproduced says that a match did not come out as it was stated.
var ErrNotReproduced = errors.New("not reproduced")

// ReproduceOptions say whose bundle to check, and with what to open its windows.
type ReproduceOptions struct {
	Bundle, Key string
	Identity    string // file of age identities; empty: only frames that lie in the clear
	Out         io.Writer
}

// ReproduceEvidence repeats the matches of a bundle, once it was found to fit together:
// frames to hashes to distances, each held against what the signals state. That one
// differs, or cannot be repeated, is ErrNotReproduced.
func ReproduceEvidence(ctx context.Context, o ReproduceOptions) (err error) {
	file, err := os.Open(o.Bundle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	b, err := bundle.Open(file, info.Size(), bundle.Options{Key: o.Key})
	if err != nil {
		return fmt.Errorf("%s does not verify, and so is not reproduced: %w", o.Bundle, err)
	}
	var keys []age.Identity
	if o.Identity != "" {
		if keys, err = readIdentities(ctx, o.Identity); err != nil {
			return err
		}
	}
	tool, err := version()
	if err != nil {
		return err
	}
	r := &reproduction{bundle: b, keys: keys, hasher: detect.NewHasher(detect.Limits{}), out: o.Out}
	r.say("case %s, exported %s with %s\nrepeated with %s on %s/%s, %s\n", b.Case, b.At.Format(time.RFC3339), b.Tool, tool, runtime.GOOS, runtime.GOARCH, runtime.Version())
	matches := b.Matches()
	failed := 0
	for _, s := range matches {
		ok, err := r.match(ctx, s)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
	}
	switch {
	case len(matches) == 0:
		r.say("no signal of the case is a match: there is nothing to repeat\n")
		return fmt.Errorf("%w: the case rests on no match", ErrNotReproduced)
	case failed > 0:
		return fmt.Errorf("%w: %d of %d matches", ErrNotReproduced, failed, len(matches))
	}
	r.say("all %d matches came out as they are stated\n", len(matches))
	return r.err
}

// A reproduction repeats the matches of one bundle and says what it does.
type reproduction struct {
	bundle *bundle.Reader
	keys   []age.Identity
	hasher *detect.Hasher
	out    io.Writer
	err    error // of out
}

func (r *reproduction) say(format string, args ...any) {
	_, err := io.WriteString(r.out, strings.Map(printable, fmt.Sprintf(format, args...)))
	r.err = errors.Join(r.err, err)
}

// A nearestFrame is the frame that lies nearest to an entry.
type nearestFrame struct {
	frame    string // SHA-256
	view     string
	distance int
	named    bool // the signal names the frame
}

func (r *reproduction) match(ctx context.Context, s signal.Signal) (bool, error) {
	m := s.Match
	r.say("\nmatch %s: list %s (%s), entry %s, %s\n  stated: distance %d, radius %d%s\n",
		s.ID, m.List, m.ListVersion, m.Entry, m.HashKind, m.Distance, m.Radius, viewWords(m.View))
	want, err := r.entry(m)
	if err != nil {
		r.say("  CANNOT BE REPEATED: %v\n", err)
		return false, nil //nolint:nilerr // It is what came out.
	}
	named := map[string]bool{}
	for _, e := range s.Evidence {
		if e.SHA256 != "" {
			named[e.SHA256] = true
		}
	}
	best := nearestFrame{distance: -1}
	frames := 0
	look := func(sum string, picture []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		frames++
		got, err := r.distance(want, m, picture)
		if err != nil {
			r.say("  frame %s: %v\n", sum, err)
			return nil
		}
		if got.frame, got.named = sum, named[sum]; named[sum] {
			r.say("  frame %s: its bytes have this SHA-256; distance %d%s\n", sum, got.distance, viewWords(got.view))
		}
		if best.distance < 0 || got.distance < best.distance {
			best = got
		}
		return nil
	}
	if err := r.frames(m, named, look); err != nil {
		return false, err
	}
	switch {
	case frames == 0:
		r.say("  CANNOT BE REPEATED: none of its frames is in the clear here%s\n", map[bool]string{true: "", false: ", and no identity was given for the windows"}[r.keys != nil])
	case best.distance < 0:
		r.say("  DIFFERS: no frame could be hashed\n")
	case best.distance == m.Distance && best.view == m.View:
		r.say("  reproduced: the nearest of %d frames is at distance %d%s, within the radius of %d\n", frames, best.distance, viewWords(best.view), m.Radius)
		return true, nil
	case best.distance == m.Distance:
		r.say("  reproduced: the nearest of %d frames is at distance %d, laid otherwise%s\n", frames, best.distance, viewWords(best.view))
		return true, nil
	case best.distance < m.Distance:
		r.say("  DIFFERS: frame %s is at distance %d, nearer than the %d that is stated\n", best.frame, best.distance, m.Distance)
	case best.distance <= m.Radius:
		r.say("  DIFFERS: the nearest of %d frames is at distance %d; that is within the radius of %d, but %d is stated: the frame of that distance is not here\n",
			frames, best.distance, m.Radius, m.Distance)
	default:
		r.say("  DIFFERS: the nearest of %d frames is at distance %d, beyond the radius of %d\n", frames, best.distance, m.Radius)
	}
	return false, nil
}

func viewWords(view string) string {
	if view == "" {
		return ", as it came"
	}
	return ", laid " + view
}

// entry returns the hashes of the entry that a match names, each found to be its own.
func (r *reproduction) entry(m *signal.Match) ([]hashdb.Hash, error) {
	for _, e := range r.bundle.Entries() {
		if e.List != m.List || e.Entry != m.Entry || e.Kind != m.HashKind {
			continue
		}
		kind, err := hashdb.ParseKind(e.Kind)
		if err != nil {
			return nil, err
		}
		var all []hashdb.Hash
		for _, text := range e.Hashes {
			h, err := hashdb.ParseHash(kind, text)
			if err != nil {
				return nil, fmt.Errorf("entries.json: %w", err)
			}
			if m.Clip == nil && h.Entry() != m.Entry {
				return nil, fmt.Errorf("entries.json: the hash given for entry %s is that of %s", m.Entry, h.Entry())
			}
			all = append(all, h)
		}
		r.say("  entry: %d hash(es) of the list, whose names fit\n", len(all))
		return all, nil
	}
	return nil, errors.New("the entry's hash is not in the bundle: the list had it no more when the bundle was made")
}

// frames calls look with the frames of a match that can be had: those in the clear, and
// those of its stream in windows that the keys open.
func (r *reproduction) frames(m *signal.Match, named map[string]bool, look func(string, []byte) error) error {
	seen := map[string]bool{}
	for sum := range named {
		data, there, err := r.bundle.Original(sum)
		if err != nil {
			return err
		}
		if there {
			seen[sum] = true
			if err := look(sum, data); err != nil {
				return err
			}
		}
	}
	if r.keys == nil {
		return nil
	}
	for _, name := range r.bundle.Windows() {
		_, err := eachFrame(func() (io.ReadCloser, error) { return r.bundle.OpenWindow(name) }, r.keys, func(f edge.Frame) error {
			sum := hex.EncodeToString(f.SHA256[:])
			if seen[sum] {
				return nil
			}
			seen[sum] = true
			return look(sum, f.JPEG)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// distance decodes and hashes a frame in all views and returns the least distance to the
// hashes of an entry.
func (r *reproduction) distance(want []hashdb.Hash, m *signal.Match, picture []byte) (best nearestFrame, err error) {
	kind := want[0].Kind
	got, err := r.hasher.FingerprintAs(kind, detect.JPEG, picture)
	if err != nil {
		return best, err
	}
	best.distance = -1
	for _, v := range append([]detect.View{{Hash: got.Hash}}, got.Views...) {
		if v.Hash == "" {
			continue
		}
		h, err := hashdb.ParseHash(kind, v.Hash)
		if err != nil {
			return best, err
		}
		for _, w := range want {
			d, ok := h.Distance(w)
			if !ok {
				return best, fmt.Errorf("a hash of %s is compared with one of %s", h.Kind, w.Kind)
			}
			if best.distance < 0 || d < best.distance || d == best.distance && v.View == m.View {
				best.distance, best.view = d, v.View
			}
		}
	}
	if best.distance < 0 {
		return best, errors.New("too little is in it to have a hash")
	}
	return best, nil
}
