package bundle

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/audit/verify"
)

// A Misfit is the first thing in a bundle that does not fit.
type Misfit struct {
	File string // empty for the bundle as a whole
	Why  string // what was expected and what is there
}

func (m *Misfit) Error() string {
	if m.File == "" {
		return "the bundle " + m.Why
	}
	return m.File + ": " + m.Why
}

func misfit(file, format string, args ...any) error {
	return &Misfit{file, fmt.Sprintf(format, args...)}
}

// Options say against what a bundle is checked.
type Options struct {
	// Key is the audit log's verifier key, as it came another way than the bundle. Where it
	// is empty, the one in the bundle is believed.
	Key string
}

// A Report says what was checked of a bundle in which all fits.
type Report struct {
	Case string
	By   string // who exported it
	At   time.Time
	Tool string

	KeyID  string // "name+hash" of the key that signed everything
	Pinned bool   // the key was given, not found inside

	// Verdict, Reason and Decided are of the last decision, which stands.
	Verdict, Reason string
	Decided         time.Time

	Files, Decisions, Entries, Windows, Originals int
	LogSize                                       uint64 // entries of the log under its newest checkpoint
}

// Verify checks a bundle of size bytes, in this order: the ZIP, the manifest's signature,
// its statement, every file against it, each decision against the record it is bound to,
// the entries of the audit log, and windows and originals against what the case and the
// log say of them. The error is a *Misfit that names the first thing that does not fit;
// any other says that r or o.Key could not be read.
func Verify(r io.ReaderAt, size int64, o Options) (Report, error) {
	b, err := Open(r, size, o)
	if err != nil {
		return Report{}, err
	}
	return b.Report, nil
}

// Open is Verify, and lets what fits together be read.
func Open(r io.ReaderAt, size int64, o Options) (*Reader, error) {
	if o.Key != "" {
		if _, _, err := verify.PublicKey(o.Key); err != nil {
			return nil, err
		}
	}
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	key, err := a.key(o.Key)
	if err != nil {
		return nil, err
	}
	st, err := a.manifest(key)
	if err != nil {
		return nil, err
	}
	if err := a.holds(st, key); err != nil {
		return nil, err
	}
	c, err := a.load(st.Predicate.Case)
	if err != nil {
		return nil, err
	}
	for _, check := range []func() error{
		c.bound, func() error { return c.proved(key) }, c.opened, c.decided, c.entriesFit, c.windows, c.originals,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	last := c.decisions[len(c.decisions)-1]
	id, _, err := verify.PublicKey(key)
	return &Reader{Report{
		Case: st.Predicate.Case, By: st.Predicate.By, At: st.Predicate.At, Tool: st.Predicate.Tool,
		KeyID: id, Pinned: o.Key != "",
		Verdict: last.Verdict, Reason: last.Reason, Decided: last.At,
		Files: len(a.files), Decisions: len(c.decisions), Entries: len(c.entries),
		Windows: c.windowCount, Originals: c.originalCount, LogSize: c.logSize,
	}, c}, err
}

// key returns the key to check with: the pinned one or, without, the bundle's.
func (a *archive) key(pinned string) (string, error) {
	if pinned != "" {
		return pinned, nil
	}
	data, err := a.text(nameKey)
	if err != nil {
		return "", err
	}
	key := strings.TrimSuffix(string(data), "\n")
	if _, _, err := verify.PublicKey(key); err != nil {
		return "", misfit(nameKey, "is no %v", err)
	}
	return key, nil
}

// manifest checks the signature and then the form of what is signed.
func (a *archive) manifest(key string) (st statement, err error) {
	data, err := a.text(nameManifest)
	if err != nil {
		return st, err
	}
	payload, err := dsse.Open(data, payloadType, key)
	if err != nil {
		return st, misfit(nameManifest, "%v", err)
	}
	if err := dsse.Strict(payload, &st); err != nil {
		return st, misfit(nameManifest, "signs no statement: %v", err)
	}
	switch {
	case st.Type != statementType:
		return st, misfit(nameManifest, "signs a statement of type %.80q, and must %q", st.Type, statementType)
	case st.PredicateType != predicateType:
		return st, misfit(nameManifest, "signs a predicate of type %.80q, and must %q", st.PredicateType, predicateType)
	case st.Predicate.Case == "":
		return st, misfit(nameManifest, "names no case")
	}
	return st, plain(data, payload, key)
}

// plain checks that the envelope, of which the signature covers the payload alone, says
// nothing besides in its names, its spaces or the key that it gives itself.
func plain(data, payload []byte, key string) error {
	e, err := dsse.Parse(data)
	if err != nil {
		return err
	}
	want, err := dsse.Seal(payloadType, payload, key, func([]byte) ([]byte, error) { return e.Signatures[0].Sig, nil })
	if err == nil && string(data) != string(want)+"\n" {
		err = misfit(nameManifest, "is not written as it was sealed, though its signature holds")
	}
	return err
}

// holds checks the files against the statement, in its order: each is there with its
// SHA-256, and no other.
func (a *archive) holds(st statement, key string) error {
	stated := make(map[string]bool, len(st.Subject))
	for _, s := range st.Subject {
		if stated[s.Name] || s.Name == nameManifest {
			return misfit(nameManifest, "names %.200q twice, or itself", s.Name)
		}
		stated[s.Name] = true
		got, err := a.sum(s.Name)
		if got != "" && got != s.Digest.SHA256 {
			return misfit(s.Name, "has the SHA-256 %s, and the manifest says %.64q", got, s.Digest.SHA256)
		}
		if err != nil {
			return err
		}
	}
	for i, f := range a.files {
		want := nameManifest
		if i < len(st.Subject) {
			want = st.Subject[i].Name
		}
		if f.Name != nameManifest && !stated[f.Name] {
			return misfit(f.Name, "is not in the manifest")
		}
		if f.Name != want {
			return misfit(f.Name, "lies where %s must", want)
		}
	}
	return a.keys(key)
}

// keys checks that what the bundle says is the log's key is what it was checked with.
func (a *archive) keys(key string) error {
	told, err := a.text(nameKey)
	if err != nil {
		return err
	}
	if string(told) != key+"\n" {
		return misfit(nameKey, "is not the key that signed the manifest")
	}
	_, public, err := verify.PublicKey(key)
	if err != nil {
		return err
	}
	want, err := pemOf(public)
	if err != nil {
		return err
	}
	data, err := a.text(namePEM)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, want) {
		return misfit(namePEM, "is not the key of %s", nameKey)
	}
	return nil
}
