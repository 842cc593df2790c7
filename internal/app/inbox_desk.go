package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review/custody"
)

// DeskOptions are what a centre runs its inbox with. They need nothing of a deployment.
type DeskOptions struct {
	Centre string
	Data   string // folder of the inbox; empty: inbox-CENTRE
	// Keys is the folder of the centre's keys, as `vigil inbox key` makes them.
	Keys string
	// LogKeys are the pinned verifier keys of senders' audit logs, or files of them.
	LogKeys []string
	// BlindKey is the file of the blinding key, made where it is not there; empty: one in Data.
	BlindKey string
	// SealedOnly refuses records that their sender did not sign.
	SealedOnly bool
}

func (o DeskOptions) data() string {
	if o.Data != "" {
		return o.Data
	}
	return "inbox-" + o.Centre
}

// open opens the inbox, and says all that is wrong with what it is to be opened with.
func (o DeskOptions) open(ctx context.Context) (*inbox.Store, error) {
	set := inbox.Settings{Keys: inbox.Keys{Centre: o.Centre, SealedOnly: o.SealedOnly}}
	var faults []error
	if !centreID.MatchString(o.Centre) {
		return nil, fmt.Errorf("%w: --centre %.40q is no id of a centre: lower-case letters, digits and '-', at most 32", ErrUsage, o.Centre)
	}
	for _, key := range o.LogKeys {
		key, err := pinnedKey(key)
		if err != nil {
			faults = append(faults, fmt.Errorf("--log-key: %w", err))
		}
		set.Logs = append(set.Logs, key)
	}
	if len(o.LogKeys) == 0 {
		faults = append(faults, errors.New("--log-key: give the sender's verifier key, got by a way that you trust"))
	}
	var err error
	if set.Identities, err = (custody.File{Path: filepath.Join(o.Keys, o.Centre+identityEnd), Open: openWrapper}).Identities(ctx); err != nil {
		faults = append(faults, fmt.Errorf("--keys: %w; make keys with `vigil inbox key --centre %s --to %s`", err, o.Centre, o.Keys))
	}
	if set.Sign, err = outcomeSigner(filepath.Join(o.Keys, o.Centre+signerEnd)); err != nil {
		faults = append(faults, fmt.Errorf("--keys: %w", err))
	}
	file := o.BlindKey
	if file == "" {
		file = filepath.Join(o.data(), "blind.key")
	}
	if len(faults) == 0 {
		var key blind.Key
		if key, err = blindingKey(file); err != nil {
			faults = append(faults, fmt.Errorf("--blind-key: %w", err))
		}
		set.Blinding = &key
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrUsage, errors.Join(faults...))
	}
	// What the centre's law gives is in the directory that comes with Vigil; a centre that
	// is not in it has no term in its order.
	if table, err := route.Default(); err == nil {
		if c, err := table.Centre(o.Centre); err == nil {
			set.Within = table.Limit(c)
		}
	}
	store, err := inbox.Open(ctx, filepath.Join(o.data(), "inbox.db"), time.Now, set)
	if err != nil {
		return nil, err
	}
	if _, err := store.Recheck(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// pinnedKey is a verifier key, or the one in a file.
func pinnedKey(text string) (string, error) {
	if strings.Count(text, "+") < 2 {
		data, err := os.ReadFile(text)
		if err != nil {
			return "", fmt.Errorf("%.80q is neither name+hash+key nor a file of that: %w", text, err)
		}
		text = strings.TrimSpace(string(data))
	}
	if _, err := note.NewVerifier(text); err != nil {
		return "", fmt.Errorf("not a verifier key of the form name+hash+key, as in audit.pub: %w", err)
	}
	return text, nil
}

// outcomeSigner signs what a centre says by the key in a file.
func outcomeSigner(file string) (func(report.Outcome) ([]byte, error), error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: is no key of `vigil inbox key`: %w", file, err)
	}
	public, err := os.ReadFile(strings.TrimSuffix(file, signerEnd) + verifierEnd)
	if err != nil {
		return nil, err
	}
	verifier := strings.TrimSpace(string(public))
	if !strings.HasPrefix(verifier, signer.Name()+"+") {
		return nil, fmt.Errorf("%s and its %s are not of one pair", file, verifierEnd)
	}
	return func(o report.Outcome) ([]byte, error) { return report.SealOutcome(o, verifier, signer.Sign) }, nil
}

// blindingKey reads the key in a file, 64 hex digits, which it makes, readable to its owner
// alone, where it is not there.
func blindingKey(file string) (blind.Key, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, blind.KeyBytes)
		_, _ = rand.Read(secret) // never fails
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return blind.Key{}, err
		}
		text, err := madeOnce(file, hex.EncodeToString(secret))
		if err != nil {
			return blind.Key{}, err
		}
		data = []byte(text)
	} else if err != nil {
		return blind.Key{}, err
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(data)))
	if err != nil {
		return blind.Key{}, fmt.Errorf("%s: must be 64 hex digits", file)
	}
	key, err := blind.NewKey(secret)
	if err != nil {
		return key, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}
