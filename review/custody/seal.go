package custody

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
)

// A Custody keeps the windows of a case store's cases.
type Custody struct {
	Store *review.Store
	Blobs *blob.Bucket
	Keys  Keys
	Now   func() time.Time
	// Unclaimed is how long a window that no case asked for lies there.
	Unclaimed time.Duration

	between func(step string) error // in tests: what is returned stops there, as a crash would
}

func (c *Custody) step(name string) error {
	if c.between == nil {
		return nil
	}
	return c.between(name)
}

const (
	windowsAt    = "windows/"
	maxStatement = 16 << 20
)

func keyName(caseID string, generation int) string { return fmt.Sprintf("%s-%d", caseID, generation) }

func folderOf(caseID string, generation int) string {
	return "cases/" + keyName(caseID, generation) + "/"
}

func blobOf(k review.Keeper) string { return folderOf(k.CaseID, k.Generation) + k.SHA256 + ".age" }

// Seal puts the windows that came since under the keys of the cases that they are evidence
// of, and returns how many. What no case asked for is removed when its time is over.
func (c *Custody) Seal(ctx context.Context) (sealed int, err error) {
	for files := c.Blobs.List(&blob.ListOptions{Prefix: windowsAt}); ; {
		file, err := files.Next(ctx)
		if errors.Is(err, io.EOF) {
			return sealed, nil
		}
		if err != nil {
			return sealed, fmt.Errorf("evidence store: %w", err)
		}
		name, ok := strings.CutPrefix(file.Key, windowsAt)
		if !ok || !strings.HasSuffix(name, ".age") {
			continue
		}
		n, err := c.sealOne(ctx, name, file.ModTime)
		sealed += n
		if err != nil {
			return sealed, fmt.Errorf("window %s: %w", name, err)
		}
	}
}

func (c *Custody) sealOne(ctx context.Context, name string, came time.Time) (sealed int, err error) {
	_, why, err := c.statement(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return 0, nil // it has not been stated yet
	}
	if err != nil {
		return 0, err
	}
	owners, unowned, err := c.Store.Owners(ctx, why)
	if err != nil {
		return 0, err
	}
	had, err := c.Store.Keepers(ctx, name)
	if err != nil {
		return 0, err
	}
	for _, id := range owners {
		// What a case has or had is not put under another key of it: it may have been
		// destroyed.
		if slices.ContainsFunc(had, func(k review.Keeper) bool { return k.CaseID == id }) {
			continue
		}
		if err := c.sealFor(ctx, name, id); err != nil {
			return sealed, err
		}
		sealed++
	}
	if err := c.step("copied"); err != nil {
		return sealed, err
	}
	if len(owners) > 0 && len(unowned) == 0 {
		return sealed, c.remove(ctx, windowsAt+name)
	}
	if c.Now().Sub(came) > c.Unclaimed {
		if err := c.remove(ctx, windowsAt+name); err != nil || len(owners) > 0 {
			return sealed, err
		}
		return sealed, c.remove(ctx, windowsAt+name+".json")
	}
	return sealed, nil
}

// statement reads what a platform stated of a window, and which signals asked for it.
func (c *Custody) statement(ctx context.Context, name string) (data []byte, why []string, err error) {
	r, err := c.Blobs.NewReader(ctx, windowsAt+name+".json", nil)
	if err != nil {
		return nil, nil, err
	}
	data, err = io.ReadAll(io.LimitReader(r, maxStatement))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, nil, err
	}
	var st struct {
		Windows []struct {
			Why []string `json:"why"`
		} `json:"windows"`
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return nil, nil, fmt.Errorf("what it states is no JSON: %w", err)
	}
	for _, w := range st.Windows {
		why = append(why, w.Why...)
	}
	slices.Sort(why)
	return data, slices.Compact(why), nil
}

// keyOf is the key under which things of a case are to lie now, which is made where there is
// none.
func (c *Custody) keyOf(ctx context.Context, caseID string) (generation int, key *age.X25519Identity, err error) {
	generation, print, err := c.Store.CaseKey(ctx, caseID)
	if err != nil {
		return 0, nil, err
	}
	if key, err = c.Keys.Make(ctx, keyName(caseID, generation)); err != nil {
		return 0, nil, fmt.Errorf("key of case %s: %w", caseID, err)
	}
	if err := c.step("key made"); err != nil {
		return 0, nil, err
	}
	own := Fingerprint(key.Recipient())
	if print == "" {
		if err := c.Store.SaveCaseKey(ctx, caseID, generation, own); err != nil {
			return 0, nil, err
		}
	} else if print != own {
		return 0, nil, fmt.Errorf("key of case %s: it is %s, and %s was made", caseID, own, print)
	}
	return generation, key, nil
}

func (c *Custody) sealFor(ctx context.Context, name, caseID string) error {
	generation, key, err := c.keyOf(ctx, caseID)
	if err != nil {
		return err
	}
	w, err := c.copyUnder(ctx, name, folderOf(caseID, generation), key.Recipient())
	if err != nil {
		return err
	}
	if err := c.step("sealed"); err != nil {
		return err
	}
	first, err := c.Store.SaveSealed(ctx, caseID, generation, w)
	if first || err != nil && !errors.Is(err, review.ErrErased) {
		return err
	}
	// Another process was first, or the key goes: what was written is nobody's.
	return c.remove(ctx, folderOf(caseID, generation)+w.SHA256+".age")
}

// Fingerprint names a public key: the first 16 hex digits of the SHA-256 of its text.
func Fingerprint(r *age.X25519Recipient) string {
	sum := sha256.Sum256([]byte(r.String()))
	return hex.EncodeToString(sum[:8])
}

// copyUnder encrypts a window once more. It lies in a file, as ciphertext, until its
// digest, by which it is called, is known.
func (c *Custody) copyUnder(ctx context.Context, name, folder string, to age.Recipient) (w review.SealedWindow, err error) {
	in, err := c.Blobs.NewReader(ctx, windowsAt+name, nil)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	file, err := os.CreateTemp("", "vigil-sealed-*")
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	sum := sha256.New()
	out, err := age.Encrypt(io.MultiWriter(file, sum), to)
	if err != nil {
		return w, err
	}
	if _, err := io.Copy(out, in); err != nil {
		return w, err
	}
	if err := out.Close(); err != nil {
		return w, err
	}
	w = review.SealedWindow{Name: name, SHA256: hex.EncodeToString(sum.Sum(nil))}
	if w.Size, err = file.Seek(0, io.SeekCurrent); err != nil {
		return w, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return w, err
	}
	return w, c.Blobs.Upload(ctx, folder+w.SHA256+".age", file, &blob.WriterOptions{ContentType: "application/age"})
}

func (c *Custody) remove(ctx context.Context, key string) error {
	if err := c.Blobs.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("evidence store: %w", err)
	}
	return nil
}

// Windows returns the windows that a case keeps, as they came from the platform: still
// encrypted to their readers.
func (c *Custody) Windows(ctx context.Context, caseID string) (all []bundle.Window, err error) {
	kept, err := c.Store.Kept(ctx, caseID)
	if err != nil {
		return nil, err
	}
	for _, w := range kept {
		stated, _, err := c.statement(ctx, w.Name)
		if err != nil {
			return nil, fmt.Errorf("window %s: %w", w.Name, err)
		}
		all = append(all, bundle.Window{Name: w.Name, Statement: stated, Open: func() (io.ReadCloser, error) { return c.open(ctx, w.Keeper) }})
	}
	return all, nil
}

// Open opens a window that some case keeps, as it came from the platform, once first, which
// hears of that case, has no error. Where the keys of all cases that kept it are destroyed,
// that is ErrErased of review.
func (c *Custody) Open(ctx context.Context, name string, first func(review.Keeper) error) (io.ReadCloser, error) {
	keepers, err := c.Store.Keepers(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, k := range keepers {
		if k.Gone {
			continue
		}
		if err := first(k); err != nil {
			return nil, err
		}
		return c.open(ctx, k)
	}
	if len(keepers) > 0 {
		return nil, review.ErrErased
	}
	return nil, fmt.Errorf("no case keeps it: %w", review.ErrNotFound)
}

func (c *Custody) open(ctx context.Context, k review.Keeper) (_ io.ReadCloser, err error) {
	key, err := c.Keys.Open(ctx, keyName(k.CaseID, k.Generation))
	if err != nil {
		return nil, fmt.Errorf("key of case %s: %w", k.CaseID, err)
	}
	sealed, err := c.Blobs.NewReader(ctx, blobOf(k), nil)
	if err != nil {
		return nil, fmt.Errorf("evidence store: %w", err)
	}
	plain, err := age.Decrypt(sealed, key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("under the case's key: %w", err), sealed.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, sealed}, nil
}
