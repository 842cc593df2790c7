package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/report/seal"
)

// typeSealed is the type of every sealed record of a centre's queue: whether it is an alert
// or takes one back is told within.
const typeSealed = "vigil.sealed.v1"

// What may travel with an alert (attach).
const (
	attachNone   = "none"
	attachFrames = "frames"
)

// checkSealing returns what is wrong with the keys of the configuration as it stands.
func (c *Config) checkSealing() error {
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(c.CentreKeys)) {
		if c.CentreKeys[id] == "" {
			faults = append(faults, fmt.Errorf("centre_keys.%s: must name a file of age public keys", id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Attach)) {
		if what := c.Attach[id]; what != attachNone && what != attachFrames {
			faults = append(faults, fmt.Errorf("attach.%s: %q is neither none nor frames", id, what))
		} else if what == attachFrames && c.Review.EvidenceIdentity == "" {
			faults = append(faults, fmt.Errorf("attach.%s: frames are opened with the key in review.evidence_identity, and there is none", id))
		}
	}
	return errors.Join(faults...)
}

// A sealer signs what leaves for centres and encrypts it to them.
type sealer struct {
	key  string // verifier key of the audit log, by whose key it signs
	sign func([]byte) ([]byte, error)
	to   map[string][]age.Recipient // by the centre's id; none: its records are signed alone
}

// newSealer reads the centres' keys. It returns all that is wrong with them at once. On an
// embedded broker, which no centre but those of a trial reads, it makes keys that are
// missing.
func (c *Config) newSealer(table route.Directory) (*sealer, error) {
	to, err := c.recipients(table)
	if err != nil {
		return nil, err
	}
	signer, verifier, err := audit.LoadOrCreateKey(c.auditKeys())
	if err != nil {
		return nil, err
	}
	sign, err := note.NewSigner(signer)
	if err != nil {
		return nil, fmt.Errorf("audit key: %w", err)
	}
	return &sealer{key: verifier, sign: sign.Sign, to: to}, nil
}

// seal returns the record's value and its content type.
func (s *sealer) seal(centre, payloadType string, payload []byte, attached []seal.Attachment) (data []byte, contentType string, err error) {
	data, contentType, err = seal.SealWith(payloadType, payload, attached, s.key, s.sign, s.to[centre])
	if err != nil {
		return nil, "", fmt.Errorf("for centre %s: %w", centre, err)
	}
	return data, contentType, nil
}

// recipients are the centres' age keys, by their id: those of the files that centre_keys
// names, and that of the directory.
func (c *Config) recipients(table route.Directory) (map[string][]age.Recipient, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	all := map[string][]age.Recipient{}
	var known, without []string
	for _, centre := range table.Centres {
		known = append(known, centre.ID)
		to, err := c.recipientsOf(centre)
		if err != nil {
			fault("centre_keys.%s: %w", centre.ID, err)
			continue
		}
		if len(to) == 0 {
			if without = append(without, centre.ID); c.Attach[centre.ID] == attachFrames {
				fault("attach.%s: frames are only sent encrypted, and centre_keys has no key of this centre", centre.ID)
			}
			continue
		}
		// What cannot be encrypted now cannot be later: keys of different kinds, say.
		if _, err := age.Encrypt(nowhere{}, to...); err != nil {
			fault("centre_keys.%s: these keys do not go together: %w", centre.ID, err)
		}
		all[centre.ID] = to
	}
	for key, byCentre := range map[string]map[string]string{"centre_keys": c.CentreKeys, "attach": c.Attach} {
		for _, id := range slices.Sorted(maps.Keys(byCentre)) {
			if !slices.Contains(known, id) {
				fault("%s.%s: no such reporting centre; there are: %s", key, id, strings.Join(known, ", "))
			}
		}
	}
	for _, id := range c.NameAccounts {
		if !slices.Contains(known, id) {
			fault("name_accounts: %s is no reporting centre; there are: %s", id, strings.Join(known, ", "))
		} else if slices.Contains(without, id) {
			fault("name_accounts: %s has no key in centre_keys, and accounts are only sent encrypted", id)
		}
	}
	if len(without) > 0 && !c.AlertsInClear {
		fault("centre_keys: no key of %s; name a file with each centre's age public key, as it gave it to you (`vigil inbox key` makes one), "+
			"or set alerts_in_clear: true, and their alerts leave signed and readable to all who can read the queue", strings.Join(without, ", "))
	}
	return all, errors.Join(faults...)
}

func (c *Config) recipientsOf(centre route.Centre) (to []age.Recipient, err error) {
	file := c.CentreKeys[centre.ID]
	if file == "" && centre.Key == "" {
		if len(c.Brokers) > 0 || c.AlertsInClear {
			return nil, nil
		}
		r, err := ownCentre(c.path(ownCentresDir), centre.ID)
		return []age.Recipient{r}, err
	}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if to, err = edge.ParseRecipients(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if centre.Key != "" {
		r, err := age.ParseX25519Recipient(centre.Key)
		if err != nil {
			return nil, errors.New("the directory's key is none of age")
		}
		to = append(to, r)
	}
	return to, nil
}

// nowhere takes what is written to it.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// ownCentresDir is the folder of the keys of centres that a deployment plays itself.
const ownCentresDir = "centre-keys"

// centreKey is where a deployment that plays a centre itself keeps a key of it.
func (c *Config) centreKey(centre, end string) string {
	return filepath.Join(c.path(ownCentresDir), centre+end)
}

// inboxIdentities are the keys to open a centre's queue with: those of the file, or of the
// centre that this deployment plays itself, if it does.
func (c *Config) inboxIdentities(ctx context.Context, centre, file string) ([]age.Identity, error) {
	if file == "" {
		file = c.centreKey(centre, identityEnd)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	return readIdentities(ctx, file)
}
