package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/audit"
)

// The files of a centre's keys, after its id. Those that are secret can be read by their
// owner alone.
const (
	identityEnd   = ".identity"   // secret: opens what is encrypted to the centre (age)
	recipientsEnd = ".recipients" // public: what is encrypted to
	signerEnd     = ".key"        // secret: signs the centre's outcomes (Ed25519, C2SP signed note)
	verifierEnd   = ".pub"        // public: checks them
)

// InboxKeyOptions say whose keys to make and where.
type InboxKeyOptions struct {
	Centre      string // its id
	To          string // folder, made if it is not there
	PostQuantum bool   // a hybrid key of age, which the tools since age 1.3 know
	Out         io.Writer
}

// InboxKey makes a centre's keys and prints what the sender needs of them. It replaces none.
func InboxKey(o InboxKeyOptions) error {
	if !centreID.MatchString(o.Centre) {
		return fmt.Errorf("%w: --centre %.40q is no id of a centre: lower-case letters, digits and '-', at most 32", ErrUsage, o.Centre)
	}
	made, err := newCentreKeys(o.Centre, o.PostQuantum)
	if err == nil {
		err = made.write(o.To, o.Centre)
	}
	if err != nil {
		return fmt.Errorf("keys of centre %s: %w", o.Centre, err)
	}
	_, err = fmt.Fprintf(o.Out, `Keep these, and let nobody else read them:
  %[1]s opens alerts
  %[2]s signs what you say came of them
Give these to the sender, by a way that it can trust:
  %[3]s
%[4]s
  %[5]s
%[6]s
`, filepath.Join(o.To, o.Centre+identityEnd), filepath.Join(o.To, o.Centre+signerEnd),
		filepath.Join(o.To, o.Centre+recipientsEnd), made.recipient, filepath.Join(o.To, o.Centre+verifierEnd), made.verifier)
	return err
}

type centreKeys struct{ identity, recipient, signer, verifier string }

func newCentreKeys(centre string, postQuantum bool) (k centreKeys, err error) {
	if postQuantum {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return k, err
		}
		k.identity, k.recipient = id.String(), id.Recipient().String()
	} else {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return k, err
		}
		k.identity, k.recipient = id.String(), id.Recipient().String()
	}
	k.signer, k.verifier, err = audit.NewKey("vigil-centre-" + centre + "-" + rand.Text()[:8])
	return k, err
}

// write puts the keys into a folder, the secret ones first: a file that is there stays, and
// an error says so.
func (k centreKeys) write(dir, centre string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files := []struct {
		end, text string
		mode      fs.FileMode
	}{{identityEnd, k.identity, 0o600}, {signerEnd, k.signer, 0o600}, {recipientsEnd, k.recipient, 0o644}, {verifierEnd, k.verifier, 0o644}}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, centre+f.end)); err == nil {
			return fmt.Errorf("%s is there already", filepath.Join(dir, centre+f.end))
		}
	}
	for _, f := range files {
		name := filepath.Join(dir, centre+f.end)
		if err := writeNew(name, func(w io.Writer) error { _, err := io.WriteString(w, f.text+"\n"); return err }); err != nil {
			return err
		}
		if err := os.Chmod(name, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// ownCentre returns the public key of a centre that this deployment plays itself, and makes
// its keys unless they are there.
func ownCentre(dir, centre string) (age.Recipient, error) {
	name := filepath.Join(dir, centre+identityEnd)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		var k centreKeys
		if k, err = newCentreKeys(centre, false); err == nil {
			err = k.write(dir, centre)
		}
		text = []byte(k.identity)
	}
	if err != nil {
		return nil, err
	}
	id, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s: it holds no age identity", name)
	}
	return id.Recipient(), nil
}
