package bundle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/signal"
)

// A record is what is read of a case's record; DecodeCase of review has it all.
type record struct {
	ID       string          `json:"id"`
	Revision uint64          `json:"revision"`
	Subject  string          `json:"subject"`
	Signals  []signal.Signal `json:"signals"`
}

// A decision is what is read of a decision's statement.
type decision struct {
	ID         string `json:"decision"`
	Case       string `json:"case"`
	CaseDigest string `json:"case_digest"`

	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`

	digest string // of its bytes
}

// A contained is what a bundle's files say, once they are the manifest's.
type contained struct {
	*archive
	caseID    string
	current   string            // digest of case.json
	records   map[string]string // names of files by digest
	signals   map[string]bool   // ids in the records
	frames    map[string]bool   // SHA-256 that the signals name
	matches   []signal.Signal   // those with a match, each in its newest form
	decisions []decision
	listed    []Entry
	entries   map[string]verify.Entry // by name of file
	order     []string                // of entries

	windowCount, originalCount int
	logSize                    uint64
}

// load reads the records and the decisions.
func (a *archive) load(caseID string) (*contained, error) {
	c := &contained{archive: a, caseID: caseID, records: map[string]string{}, signals: map[string]bool{}, frames: map[string]bool{}, entries: map[string]verify.Entry{}}
	names := []string{nameCase}
	for _, f := range a.files {
		if strings.HasPrefix(f.Name, "records/") {
			names = append(names, f.Name)
		}
	}
	for _, name := range names {
		data, err := a.text(name)
		if err != nil {
			return nil, err
		}
		var r record
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, misfit(name, "is no record of a case: %v", err)
		}
		if r.ID != caseID {
			return nil, misfit(name, "is of case %.64q, and the manifest of %.64q", r.ID, caseID)
		}
		sum := digest(data)
		if name == nameCase {
			c.current = sum
		} else if name != "records/"+sum+".json" {
			return nil, misfit(name, "has the SHA-256 %s", sum)
		}
		c.records[sum] = name
		for _, s := range r.Signals {
			if c.signals[s.ID] = true; s.Match != nil {
				c.matches = append(c.matches, s)
			}
			for _, e := range s.Evidence {
				c.frames[e.SHA256] = e.SHA256 != ""
			}
		}
	}
	data, err := a.text(nameDecisions)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, misfit(nameDecisions, "is no list of decisions: %v", err)
	}
	for i, raw := range list {
		d := decision{digest: digest(raw)}
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, misfit(nameDecisions, "/%d is no decision: %v", i, err)
		}
		c.decisions = append(c.decisions, d)
	}
	return c, nil
}

// bound checks that each decision is about the case and a record that is here, and later
// than the one before it, the last about case.json, and that there is no record besides.
func (c *contained) bound() error {
	if len(c.decisions) == 0 {
		return misfit(nameDecisions, "has no decision")
	}
	used := map[string]bool{}
	for i, d := range c.decisions {
		if d.Case != c.caseID {
			return misfit(nameDecisions, "/%d is about case %.64q, and the bundle about %.64q", i, d.Case, c.caseID)
		}
		if c.records[d.CaseDigest] == "" {
			return misfit(nameDecisions, "/%d is bound to a record with the SHA-256 %.64q, which is not here; case.json has %s", i, d.CaseDigest, c.current)
		}
		if i > 0 && !d.At.After(c.decisions[i-1].At) {
			return misfit(nameDecisions, "/%d is not from after the one before it, so that which stands is not the last", i)
		}
		used[d.CaseDigest] = true
	}
	if last := c.decisions[len(c.decisions)-1]; last.CaseDigest != c.current {
		return misfit(nameCase, "has the SHA-256 %s, and the last decision is bound to %s", c.current, last.CaseDigest)
	}
	for _, f := range c.files {
		if sum, ok := strings.CutPrefix(f.Name, "records/"); ok && !used[strings.TrimSuffix(sum, ".json")] {
			return misfit(f.Name, "is bound to no decision")
		}
	}
	return nil
}

// proved checks the checkpoint and every entry of the log, and that each is about the
// case or is what a platform stated of a window.
func (c *contained) proved(key string) error {
	text, err := c.text(nameCheckpoint)
	if err != nil {
		return err
	}
	newest, err := verify.OpenCheckpoint(string(text), key)
	if err != nil {
		return misfit(nameCheckpoint, "%v", err)
	}
	c.logSize = newest.Size
	roots := map[uint64]string{newest.Size: newest.Root}
	for _, f := range c.files {
		if !strings.HasPrefix(f.Name, "audit/entry-") {
			continue
		}
		data, err := c.text(f.Name)
		if err != nil {
			return err
		}
		var p verify.Proof
		if err := dsse.Strict(data, &p); err != nil {
			return misfit(f.Name, "is no proof: %v", err)
		}
		e, err := verify.CheckProof(p, key)
		if err != nil {
			return misfit(f.Name, "%v", err)
		}
		if want := entryName(p.Index); f.Name != want {
			return misfit(f.Name, "holds entry %d, which belongs into %s", p.Index, want)
		}
		at, err := verify.OpenCheckpoint(p.Checkpoint, key)
		if err != nil {
			return misfit(f.Name, "%v", err)
		}
		if root, ok := roots[at.Size]; ok && root != at.Root || at.Size > newest.Size {
			return misfit(f.Name, "has a checkpoint of %d entries that is not one of the log of %s", at.Size, nameCheckpoint)
		}
		roots[at.Size] = at.Root
		if e.Kind != verify.KindOutgoing && !slices.Contains(e.Refs, c.caseID) {
			return misfit(f.Name, "is a %s of another case: it does not refer to %.64q", e.Kind, c.caseID)
		}
		c.entries[f.Name] = e
		c.order = append(c.order, f.Name)
	}
	return nil
}

// decided checks that the log has each decision as it stands here, and none as undone.
func (c *contained) decided() error {
	for i, d := range c.decisions {
		found := false
		for _, name := range c.order {
			e := c.entries[name]
			switch {
			case e.Kind == verify.KindDecision && e.ID == d.ID && e.Digest != d.digest:
				return misfit(nameDecisions, "/%d has the SHA-256 %s, and %s says %s", i, d.digest, name, e.Digest)
			case e.Kind == verify.KindDecision && e.ID == d.ID:
				found = true
			case e.Kind == verify.KindUndo && slices.Contains(e.Refs, d.ID):
				return misfit(nameDecisions, "/%d was taken back: %s", i, name)
			}
		}
		if !found {
			return misfit(nameDecisions, "/%d is in no entry of the audit log that is here", i)
		}
	}
	return nil
}

// windows checks that each window is the one that a platform stated, in the log, to have
// given up for a signal of this case.
func (c *contained) windows() error {
	stated := map[string]bool{} // digests that the log has
	for _, name := range c.order {
		if e := c.entries[name]; e.Kind == verify.KindOutgoing {
			stated[e.Digest] = true
		}
	}
	given := map[string]bool{} // digests of statements
	for _, f := range c.files {
		if !strings.HasPrefix(f.Name, "windows/") || !strings.HasSuffix(f.Name, ".age") {
			continue
		}
		name := f.Name + ".json"
		data, err := c.text(name)
		if err != nil {
			return err
		}
		var st struct {
			SHA256  string `json:"sha256"`
			Windows []struct {
				Why []string `json:"why"`
			} `json:"windows"`
		}
		if err := json.Unmarshal(data, &st); err != nil {
			return misfit(name, "is no statement: %v", err)
		}
		got, err := c.sum(f.Name)
		if err != nil {
			return err
		}
		if got != st.SHA256 {
			return misfit(f.Name, "has the SHA-256 %s, and its statement says %.64q", got, st.SHA256)
		}
		asked := false
		for _, w := range st.Windows {
			asked = asked || slices.ContainsFunc(w.Why, func(id string) bool { return c.signals[id] })
		}
		if !asked {
			return misfit(name, "names no signal of the case as the reason")
		}
		sum := digest(data)
		if !stated[sum] {
			return misfit(name, "is in no entry of the audit log that is here: its SHA-256 is %s", sum)
		}
		given[sum] = true
		c.windowCount++
	}
	for _, name := range c.order {
		if e := c.entries[name]; e.Kind == verify.KindOutgoing && !given[e.Digest] {
			return misfit(name, "is about something that left and is not here")
		}
	}
	for _, f := range c.files {
		if name, ok := strings.CutSuffix(f.Name, ".age.json"); ok && c.named[name+".age"] == nil {
			return misfit(f.Name, "is of a window that is not here")
		}
	}
	return nil
}

// originals checks that each frame is one that a signal of the case names.
func (c *contained) originals() error {
	for _, f := range c.files {
		sum, ok := strings.CutPrefix(f.Name, "originals/")
		if !ok {
			continue
		}
		got, err := c.sum(f.Name)
		if err != nil {
			return err
		}
		if want := strings.TrimSuffix(sum, ".jpg"); got != want {
			return misfit(f.Name, "has the SHA-256 %s, and must have that of its name", got)
		}
		if !c.frames[got] {
			return misfit(f.Name, "is named by no signal of the case")
		}
		c.originalCount++
	}
	return nil
}
