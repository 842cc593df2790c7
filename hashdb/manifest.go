package hashdb

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// ErrDamaged is wrapped by the error for a file of a database that is not as it was
// written.
var ErrDamaged = segment.ErrDamaged

// The manifest says which files make up the database. It is a line and JSON: the line
// holds the format, the generation, the JSON's length and its SHA-256, and so tells
// every manifest from every other one. It is replaced whole.
const (
	manifestName   = "manifest"
	manifestMagic  = "vigil-hashdb"
	manifestFormat = 1
	maxManifest    = 64 << 20
	// maxHeadline is the length of the longest first line.
	maxHeadline = len(manifestMagic) + 1 + 10 + 1 + 20 + 1 + 10 + 1 + 64 + 1
	// oldSuffix is that of the list files of before there was a manifest.
	oldSuffix = ".hashes"
)

// manifest is the state of the database without what the journal adds.
type manifest struct {
	Generation uint64 `json:"generation"`
	// Next is the number of the next file. Segments and journals share the numbers.
	Next uint64 `json:"next"`
	// Journal is the number of the journal, which begins with the lists as below.
	Journal     uint64             `json:"journal"`
	Lists       lists              `json:"lists"`
	Segments    []segmentRef       `json:"segments"` // Of each kind, from oldest to newest.
	Checkpoints []checkpointRecord `json:"checkpoints,omitempty"`
	Pending     []*pending         `json:"pending,omitempty"`
}

// segmentRef names a segment.
type segmentRef struct {
	Number uint64 `json:"number"`
	Kind   Kind   `json:"kind"`
	// Level is equal for the segments into which one was split that would have become
	// too long. Their order does not matter.
	Level uint64 `json:"level"`
	Rows  int    `json:"rows"`
	Dead  int    `json:"dead,omitempty"` // How many of the rows are tombstones.
	Bytes int64  `json:"bytes"`
	Sum   uint32 `json:"sum"` // Of its header, which holds the checksums of the rest.
}

type checkpointRecord struct {
	Name  string `json:"name"`
	Value []byte `json:"value"`
}

const (
	maxCheckpoints     = 256
	maxCheckpointName  = 100
	maxCheckpointValue = 64 << 10
)

const segmentPrefix = "segment-"

func segmentName(number uint64) string { return fmt.Sprint(segmentPrefix, number) }

// encode returns the manifest as a file's content.
func (m *manifest) encode() ([]byte, error) {
	body, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return nil, err
	}
	if len(body) > maxManifest {
		return nil, fmt.Errorf("the manifest would have %d bytes, want at most %d", len(body), maxManifest)
	}
	return append(firstLine(m.Generation, body), body...), nil
}

func firstLine(generation uint64, body []byte) []byte {
	return fmt.Appendf(nil, "%s %d %d %d %x\n", manifestMagic, manifestFormat, generation, len(body), sha256.Sum256(body))
}

// headline reads the first line, and is all that tells whether anything has changed.
func headline(d *disk) (line string, err error) {
	file, err := d.Open(manifestName, os.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	b := make([]byte, maxHeadline)
	n, err := io.ReadFull(file, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	first, _, _ := bytes.Cut(b[:n], []byte("\n"))
	return string(first), nil
}

// readManifest reads the manifest and its first line.
func readManifest(d *disk) (m *manifest, line string, err error) {
	file, err := d.Open(manifestName, os.O_RDONLY)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	b, err := io.ReadAll(io.LimitReader(file, maxManifest+int64(maxHeadline)+1))
	if err != nil {
		return nil, "", err
	}
	if m, err = decodeManifest(b); err != nil {
		return nil, "", fmt.Errorf("%s: %w", file.Name(), err)
	}
	first, _, _ := bytes.Cut(b, []byte("\n"))
	return m, string(first), nil
}

// decodeManifest reads what encode gives, and checks it.
func decodeManifest(b []byte) (*manifest, error) {
	line, body, _ := bytes.Cut(b, []byte("\n"))
	var magic, sum string
	var format int
	var generation uint64
	var length int
	if n, err := fmt.Sscanf(string(line[:min(len(line), maxHeadline)]), "%s %d %d %d %s", &magic, &format, &generation, &length, &sum); n >= 2 && magic == manifestMagic && format != manifestFormat {
		return nil, fmt.Errorf("it has format %d, and this program reads only format %d", format, manifestFormat)
	} else if err != nil || magic != manifestMagic {
		return nil, fmt.Errorf("it does not begin as a manifest: %w", ErrDamaged)
	}
	got := sha256.Sum256(body)
	if length != len(body) || sum != hex.EncodeToString(got[:]) {
		return nil, fmt.Errorf("its checksum does not fit its content: %w", ErrDamaged)
	}
	m := new(manifest)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	if m.Generation != generation {
		return nil, fmt.Errorf("it is of two generations: %w", ErrDamaged)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	return m, nil
}

// check reports the first thing wrong with a manifest that was read.
func (m *manifest) check() error {
	if len(m.Lists) > maxLists {
		return fmt.Errorf("%d lists, want at most %d", len(m.Lists), maxLists)
	}
	ids := map[ListID]bool{}
	for i, l := range m.Lists {
		if l == nil || int(l.Number) != i || ids[l.ID()] {
			return fmt.Errorf("list %d is not in its place", i)
		}
		ids[l.ID()] = true
		if err := l.check(); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
	}
	numbers := map[uint64]bool{m.Journal: true}
	for i, s := range m.Segments {
		if !s.Kind.valid() || s.Rows < 0 || s.Dead < 0 || s.Dead > s.Rows || s.Number >= m.Next || numbers[s.Number] {
			return fmt.Errorf("segment %d cannot be", i)
		}
		numbers[s.Number] = true
	}
	if m.Journal >= m.Next {
		return fmt.Errorf("journal %d is not below %d", m.Journal, m.Next)
	}
	if len(m.Checkpoints) > maxCheckpoints {
		return fmt.Errorf("%d checkpoints, want at most %d", len(m.Checkpoints), maxCheckpoints)
	}
	for i, p := range m.Pending {
		if p == nil {
			return fmt.Errorf("pending import %d is empty", i)
		}
		if err := p.check(); err != nil {
			return fmt.Errorf("pending import %d: %w", i, err)
		}
	}
	return nil
}

// clone returns a copy whose slices can be changed.
func (m *manifest) clone() *manifest {
	c := *m
	c.Lists = append(lists(nil), m.Lists...)
	c.Segments = append([]segmentRef(nil), m.Segments...)
	c.Checkpoints = append([]checkpointRecord(nil), m.Checkpoints...)
	c.Pending = append([]*pending(nil), m.Pending...)
	return &c
}

// files returns the names of all files that belong to the database, itself aside.
func (m *manifest) files() map[string]bool {
	names := map[string]bool{journalName(m.Journal): true}
	for _, s := range m.Segments {
		names[segmentName(s.Number)] = true
	}
	for _, p := range m.Pending {
		for _, s := range p.Stages {
			for _, r := range s.Runs {
				names[r.File] = true
			}
		}
	}
	return names
}

// number returns a new file number.
func (m *manifest) number() uint64 {
	m.Next++
	return m.Next - 1
}

// create makes the first manifest, unless somebody did meanwhile. The caller holds
// the writer's lock.
func create(d *disk) error {
	if _, err := os.Stat(d.Path(manifestName)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasSuffix(name, oldSuffix):
			return fmt.Errorf("%s is a list in the format of before: take it out of the folder and import the list again", d.Path(name))
		case strings.HasPrefix(name, segmentPrefix):
			return fmt.Errorf("%s: it is gone, and %s is there: %w", d.Path(manifestName), name, ErrDamaged)
		}
	}
	m := &manifest{Generation: 1, Next: 1}
	m.Journal = m.number()
	if err := d.Write(journalName(m.Journal), newJournal(m.Journal)); err != nil {
		return err
	}
	b, err := m.encode()
	if err != nil {
		return err
	}
	return d.Replace(manifestName, b)
}
