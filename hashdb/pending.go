package hashdb

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// pending is an import of which some is written down and nothing is in look-ups yet.
// It is in the manifest, so that it can be gone on with by whoever comes after a crash.
type pending struct {
	Source string  `json:"source"`
	File   string  `json:"file"`
	Owner  string  `json:"owner,omitempty"` // The worker at it; empty when it was interrupted.
	Stages []stage `json:"stages"`
}

// stage is a part of an import: the entries of a range of records, sorted.
type stage struct {
	Records int    `json:"records"` // How many there were up to its end.
	Digest  string `json:"digest"`  // Of these: SHA-256, hexadecimal.
	Entries int    `json:"entries"` // How many it holds, repeated ones counted.
	Runs    []run  `json:"runs"`
}

// run is a file with the rows of one kind of a stage. Their list is not set.
type run struct {
	File string `json:"file"`
	segmentRef
}

const (
	maxPending = 64
	maxStages  = 4096
)

func (p *pending) check() error {
	if !sourceForm.MatchString(p.Source) || p.File == "" || len(p.File) > maxText {
		return fmt.Errorf("import of %.80q into %.80q cannot be", p.File, p.Source)
	}
	if p.Owner != "" && !plain(p.Owner) {
		return fmt.Errorf("owner %.80q cannot be", p.Owner)
	}
	records := 0
	for i, s := range p.Stages {
		if b, err := hex.DecodeString(s.Digest); err != nil || len(b) != 32 || s.Records <= records || s.Entries < 0 {
			return fmt.Errorf("stage %d cannot be", i)
		}
		records = s.Records
		for _, r := range s.Runs {
			if !plain(r.File) || !r.Kind.valid() {
				return fmt.Errorf("run %.80q cannot be", r.File)
			}
		}
	}
	return nil
}

// plain reports whether a name is one of the workers' files, and in the folder.
func plain(name string) bool {
	return strings.HasPrefix(name, workPrefix) && !strings.ContainsAny(name, `/\`)
}

// find returns the place of an import among those pending, or -1.
func (m *manifest) find(source, file string) int {
	return slices.IndexFunc(m.Pending, func(p *pending) bool { return p.Source == source && p.File == file })
}

// setPending puts an import in place of the one of before, or takes it out with nil.
func (m *manifest) setPending(source, file string, p *pending) error {
	i := m.find(source, file)
	switch {
	case p == nil && i >= 0:
		m.Pending = slices.Delete(m.Pending, i, i+1)
	case p == nil:
	case i >= 0:
		m.Pending[i] = p
	case len(m.Pending) >= maxPending:
		return fmt.Errorf("%d imports are pending already", maxPending)
	default:
		m.Pending = append(m.Pending, p)
	}
	return nil
}
