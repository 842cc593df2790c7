package bundle

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit/verify"
)

// Contents are what a bundle is made of.
type Contents struct {
	Case   string // id
	Record []byte // that the last decision is bound to, as it was received
	// Earlier are the records of earlier decisions, where they are others.
	Earlier [][]byte
	// Decisions are the statements of those that stand, oldest first: the very bytes whose
	// digests are in the audit log.
	Decisions []json.RawMessage
	Proofs    []verify.Proof // of the entries about the case and its windows
	LogKey    string         // the audit log's verifier key
	Windows   []Window
	Originals [][]byte // frames that the case's signals name
	// Entries are the hashes of the list entries that its signals matched, as far as they
	// are known still.
	Entries []Entry
	// Salt opens what the log has of the case; "" where there is none.
	Salt string

	By   string    // who exports, a pseudonym
	Tool string    // the version of vigil
	At   time.Time // of the export, UTC
}

// A Window is a preserved window of a stream, encrypted.
type Window struct {
	Name      string // a plain name that ends in .age
	Statement []byte // of the platform that gave it up, JSON
	Open      func() (io.ReadCloser, error)
}

// An Entry is an entry of a list that a signal of the case matched.
type Entry struct {
	List   string   `json:"list"`
	Entry  string   `json:"entry"` // as signals name it
	Kind   string   `json:"kind"`
	Hashes []string `json:"hashes"` // one; of a video's, those of its frames
}

// A part is one file of a bundle before it is written.
type part struct {
	name string
	open func() (io.ReadCloser, error)
}

func inMemory(name string, data []byte) part {
	return part{name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// parts are all files but the manifest, in their order.
func (c Contents) parts() ([]part, error) {
	_, key, err := verify.PublicKey(c.LogKey)
	if err != nil {
		return nil, err
	}
	if len(c.Decisions) == 0 {
		return nil, errors.New("there is no decision that stands")
	}
	if len(c.Proofs) == 0 {
		return nil, errors.New("there is no entry of the audit log")
	}
	told, err := c.jsonld()
	if err != nil {
		return nil, err
	}
	public, err := pemOf(key)
	if err != nil {
		return nil, err
	}
	var decisions bytes.Buffer
	for i, d := range c.Decisions {
		decisions.WriteString([]string{"[\n", ",\n"}[min(i, 1)])
		decisions.Write(d)
	}
	decisions.WriteString("\n]\n")
	proofs := slices.Clone(c.Proofs)
	slices.SortFunc(proofs, func(a, b verify.Proof) int { return cmp.Compare(a.Index, b.Index) })
	earlier := make(map[string][]byte)
	for _, r := range c.Earlier {
		earlier["records/"+digest(r)+".json"] = r
	}
	originals := make(map[string][]byte)
	for _, o := range c.Originals {
		originals["originals/"+digest(o)+".jpg"] = o
	}
	windows := slices.Clone(c.Windows)
	slices.SortFunc(windows, func(a, b Window) int { return strings.Compare(a.Name, b.Name) })

	all := []part{inMemory(nameReadme, []byte(c.readme())), inMemory(nameCase, c.Record), inMemory(nameDecisions, decisions.Bytes())}
	all = append(all, sorted(earlier)...)
	if len(c.Entries) > 0 {
		data, err := json.MarshalIndent(c.Entries, "", " ")
		if err != nil {
			return nil, err
		}
		all = append(all, inMemory(nameEntries, append(data, '\n')))
	}
	if c.Salt != "" {
		all = append(all, inMemory(nameSalt, []byte(c.Salt+"\n")))
	}
	all = append(all,
		inMemory(nameJSONLD, told),
		inMemory(nameCheckpoint, []byte(proofs[len(proofs)-1].Checkpoint)),
		inMemory(namePEM, public),
		inMemory(nameKey, []byte(c.LogKey+"\n")))
	for _, p := range proofs {
		data, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		all = append(all, inMemory(entryName(p.Index), append(data, '\n')))
	}
	for _, w := range windows {
		all = append(all, part{"windows/" + w.Name, w.Open}, inMemory("windows/"+w.Name+".json", w.Statement))
	}
	return append(all, sorted(originals)...), nil
}

func sorted(files map[string][]byte) (all []part) {
	for name, data := range files {
		all = append(all, inMemory(name, data))
	}
	slices.SortFunc(all, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return all
}

func entryName(index uint64) string { return fmt.Sprintf("audit/entry-%d.json", index) }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// pemOf is the form of a public key that openssl takes.
func pemOf(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}
