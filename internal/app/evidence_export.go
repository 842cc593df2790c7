package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/review/console"
	"github.com/vigil-stream/vigil/review/custody"
)

// BundleOptions say which case to take out, who does, and into which file.
type BundleOptions struct {
	Case, To string
	Reviewer string
	Identity string // file of age identities; empty leaves every frame encrypted
	Out      io.Writer
}

// ExportEvidence writes a decided case and what proves it into a bundle. That it leaves is
// in the case store's outbox, for the audit log, before the file has its name; and no file
// gets one that would not verify.
func ExportEvidence(ctx context.Context, c Config, o BundleOptions) error {
	var keys []age.Identity
	if o.Identity != "" {
		var err error
		if keys, err = readIdentities(ctx, o.Identity); err != nil {
			return err
		}
	}
	return withStore(ctx, c, func(store *review.Store) error {
		return writeNew(o.To, func(w io.Writer) error {
			file, ok := w.(*os.File)
			if !ok {
				return errors.New("the bundle lies in no file")
			}
			// Who has a shell on the machine of the store could read all of it anyway.
			says, err := c.writeBundle(ctx, store, o.Case, supervisor(o.Reviewer), keys, file)
			if err == nil {
				_, err = fmt.Fprintf(o.Out, "%s: %s", filepath.Base(o.To), says)
			}
			return err
		})
	})
}

// writeBundle writes a bundle into a file that nobody else has, and says what is in it.
// When it returns without an error, the bundle verifies and that it leaves is in the case
// store's outbox.
func (c *Config) writeBundle(ctx context.Context, store *review.Store, id string, who review.Person, keys []age.Identity, file *os.File) (says string, err error) {
	if _, err := c.verifier(""); err != nil {
		return "", err
	}
	signer, verifier, err := audit.LoadOrCreateKey(c.auditKeys())
	if err != nil {
		return "", err
	}
	sign, err := note.NewSigner(signer)
	if err != nil {
		return "", fmt.Errorf("audit key: %w", err)
	}
	tool, err := version()
	if err != nil {
		return "", err
	}
	d, err := store.Dossier(ctx, id, who)
	if err != nil {
		return "", err
	}
	keeps, closes, err := c.custody(ctx, store)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closes()) }()
	wanted := wantedOf(d)
	windows, err := allWindows(ctx, keeps, d.Case, wanted)
	if err != nil {
		return "", err
	}
	proofs, err := c.caseProofs(ctx, d, verifier, windows)
	if err != nil {
		return "", err
	}
	originals, err := openOriginals(windows, wanted, keys)
	if err != nil {
		return "", err
	}
	entries, err := c.listedEntries(ctx, d)
	if err != nil {
		return "", err
	}
	contents := bundle.Contents{
		Case: d.Case, Record: d.Record, Earlier: d.Earlier, Decisions: d.Statements, Proofs: proofs, LogKey: verifier,
		Windows: windows, Originals: originals, Entries: entries, Salt: d.Salt, By: who.ID, Tool: tool, At: time.Now().UTC(),
	}
	manifest, err := bundle.Write(file, contents, sign.Sign)
	if err != nil {
		return "", err
	}
	if err := verifyWritten(file, verifier); err != nil {
		return "", err
	}
	if err := store.Exported(ctx, d.Case, who, manifest); err != nil {
		return "", err
	}
	return fmt.Sprintf("case %s, %d decisions, %d entries of the audit log, %d windows, %d originals in the clear\nmanifest %s\n",
		d.Case, len(d.Statements), len(proofs), len(windows), len(originals), manifest), nil
}

// bundleForConsole writes a bundle for who asks for it on a page: what was preserved stays
// encrypted in it.
func (c *Config) bundleForConsole(store *review.Store) func(context.Context, string, review.Person) (io.ReadSeeker, func() error, error) {
	return func(ctx context.Context, id string, who review.Person) (io.ReadSeeker, func() error, error) {
		file, err := os.CreateTemp("", "vigil-bundle-*.zip") // mode 0600
		if err != nil {
			return nil, nil, err
		}
		closes := func() error { return errors.Join(file.Close(), os.Remove(file.Name())) }
		_, err = c.writeBundle(ctx, store, id, who, nil, file)
		if errors.Is(err, errNotLogged) {
			err = console.ErrNotYet
		}
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, nil, errors.Join(err, closes())
		}
		return file, closes, nil
	}
}

// errNotLogged says that the pump has not carried a decision into the audit log yet.
var errNotLogged = errors.New("is not in the audit log yet: `vigil run` carries it there")

// verifyWritten checks a bundle that lies in a file which has no name yet.
func verifyWritten(file *os.File, key string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if _, err := bundle.Verify(file, info.Size(), bundle.Options{Key: key}); err != nil {
		return fmt.Errorf("the bundle would not verify: %w", err)
	}
	return nil
}

// A wanted is what a case's records name: signals and frames.
type wanted struct {
	signals map[string]bool
	frames  map[string]bool // by SHA-256
}

func wantedOf(d review.Dossier) wanted {
	w := wanted{map[string]bool{}, map[string]bool{}}
	for _, one := range d.Decisions {
		for _, s := range one.Case.Signals {
			w.signals[s.ID] = true
			for _, e := range s.Evidence {
				if e.SHA256 != "" {
					w.frames[e.SHA256] = true
				}
			}
		}
	}
	return w
}

// allWindows returns the windows that a case keeps, and those that it has yet to get.
func allWindows(ctx context.Context, keeps *custody.Custody, caseID string, of wanted) ([]bundle.Window, error) {
	// These first: what comes under the key of the case meanwhile is found there.
	fresh, err := caseWindows(ctx, keeps.Blobs, of)
	if err != nil {
		return nil, err
	}
	all, err := keeps.Windows(ctx, caseID)
	if err != nil {
		return nil, err
	}
	for _, w := range fresh {
		if slices.ContainsFunc(all, func(k bundle.Window) bool { return k.Name == w.Name }) {
			continue
		}
		lies := w.Open
		w.Open = func() (io.ReadCloser, error) {
			r, err := lies()
			if gcerrors.Code(err) != gcerrors.NotFound {
				return r, err
			}
			kept, keptErr := keeps.Windows(ctx, caseID)
			if i := slices.IndexFunc(kept, func(k bundle.Window) bool { return k.Name == w.Name }); i >= 0 {
				return kept[i].Open()
			}
			return nil, errors.Join(err, keptErr)
		}
		all = append(all, w)
	}
	return all, nil
}

// caseWindows returns the preserved windows that signals of a case asked for.
func caseWindows(ctx context.Context, bucket *blob.Bucket, of wanted) (all []bundle.Window, err error) {
	for files := bucket.List(&blob.ListOptions{Prefix: "windows/"}); ; {
		file, err := files.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("evidence store: %w", err)
		}
		name, ok := strings.CutSuffix(file.Key, ".json")
		if !ok {
			continue
		}
		st, data, err := readStatement(ctx, bucket, file.Key)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(st.Why, func(id string) bool { return of.signals[id] }) {
			continue
		}
		if there, err := bucket.Exists(ctx, name); err != nil || !there {
			if err != nil {
				return nil, fmt.Errorf("evidence store: %w", err)
			}
			continue // it lies under the key of a case
		}
		all = append(all, bundle.Window{Name: strings.TrimPrefix(name, "windows/"), Statement: data, Open: func() (io.ReadCloser, error) {
			r, err := bucket.NewReader(ctx, name, nil)
			if err != nil {
				return nil, fmt.Errorf("evidence store: %w", err)
			}
			return r, nil
		}})
	}
}

// caseProofs proves the entries of the audit log about a case and its windows.
func (c *Config) caseProofs(ctx context.Context, d review.Dossier, verifier string, windows []bundle.Window) ([]verify.Proof, error) {
	stated := map[string]bool{} // digests of windows' statements
	for _, w := range windows {
		stated[digestOf(w.Statement)] = true
	}
	var indexes []uint64
	decided := map[string]bool{}
	if _, err := audit.Read(ctx, c.auditDir(), verifier, func(index uint64, e audit.Entry) {
		if e.Kind == verify.KindOutgoing && stated[e.Digest] || slices.Contains(e.Refs, d.Case) {
			indexes = append(indexes, index)
			decided[e.ID] = true
		}
	}); err != nil {
		return nil, fmt.Errorf("the audit log does not verify: %w", err)
	}
	for _, one := range d.Decisions {
		if !decided[one.ID] {
			return nil, fmt.Errorf("decision %s %w", one.ID, errNotLogged)
		}
	}
	proofs := make([]verify.Proof, len(indexes))
	for i, index := range indexes {
		var err error
		if proofs[i], err = verify.Prove(c.auditDir(), verifier, index); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}

// maxOriginals bounds the frames that a bundle holds in the clear, in bytes.
const maxOriginals = 1 << 30

// openOriginals decrypts windows and returns those frames that a case names, and no other.
func openOriginals(windows []bundle.Window, of wanted, keys []age.Identity) (all [][]byte, err error) {
	if keys == nil {
		return nil, nil
	}
	total, have := 0, map[string]bool{}
	for _, w := range windows {
		_, err := eachFrame(w.Open, keys, func(f edge.Frame) error {
			sum := hex.EncodeToString(f.SHA256[:])
			if !of.frames[sum] || have[sum] {
				return nil
			}
			if total += len(f.JPEG); total > maxOriginals {
				return fmt.Errorf("the case's frames have more than %d bytes", maxOriginals)
			}
			have[sum] = true
			all = append(all, slices.Clone(f.JPEG))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("windows/%s: %w", w.Name, err)
		}
	}
	return all, nil
}
