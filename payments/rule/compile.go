package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// A Set is a rule file ready to run.
type Set struct {
	Version int64
	Name    string
	Base    string // currency of amounts in base currency; may be empty
	rules   []*Compiled
}

// Rules returns the rules in the order of the file.
func (s *Set) Rules() []*Compiled { return s.rules }

// Typologies returns the rules as the engine asks them.
func (s *Set) Typologies() []engine.Typology {
	all := make([]engine.Typology, len(s.rules))
	for i, r := range s.rules {
		all[i] = r
	}
	return all
}

// A Compiled rule is a typology: it has no state, and several partitions ask it
// at the same time.
type Compiled struct {
	Rule
	version  string
	text     string // fingerprint of all that decides whether it fires
	since    int64  // the set since which it reads so; 0: not known
	roles    [2]bool
	exempt   map[profile.Token]bool
	newest   pred
	keep     pred
	share    pred // of measure share: all of the window, exempt ones left out
	key      groupKey
	measure  measurer
	only     profile.Currency // transfers in other currencies do not count
	sentence []piece
	base     string
}

// Load reads a rule file and makes it ready to run.
func Load(text []byte) (*Set, error) {
	f, err := Read(text)
	if err != nil {
		return nil, err
	}
	return Compile(f), nil
}

// Compile makes a file that [Read] returned ready to run.
func Compile(f File) *Set {
	s := &Set{Version: f.Version, Name: f.Name, Base: f.Base}
	for _, r := range f.Rules {
		s.rules = append(s.rules, compile(f, r))
	}
	return s
}

func compile(f File, r Rule) *Compiled {
	c := &Compiled{Rule: r, base: f.Base, text: fingerprint(f, r)}
	for _, role := range r.Of {
		c.roles[roleIndex(role)] = true
	}
	for _, name := range r.Exempt {
		if c.exempt == nil {
			c.exempt = make(map[profile.Token]bool)
		}
		for _, subject := range f.Lists[name] {
			c.exempt[profile.TokenOf(subject)] = true
		}
	}
	if r.Newest != nil {
		c.newest = f.condition(*r.Newest)
	}
	var except pred
	for _, one := range r.Except {
		except = or(except, f.condition(one))
	}
	c.share = not(except)
	c.keep = and(f.condition(*r.Where), c.share)
	if r.Measure.Of == AmountIn {
		c.only = profile.CurrencyOf(r.Measure.Currency)
	}
	c.key = keyOf(r.Group)
	c.measure = measurerOf(r.Measure)
	c.sentence, _, _ = sentence(r.Says)
	c.setSince(0)
	return c
}

// Since says, by id, since which set the rules of s read as they do. What is not in
// since is new with s itself.
func (s *Set) Since(since map[string]int64) {
	for _, c := range s.rules {
		n, known := since[c.ID()]
		if !known {
			n = s.Version
		}
		c.setSince(n)
	}
}

// SinceNext returns what Since of the next set must say: the rules of next that read
// as they do in s keep the set since which they do.
func (s *Set) SinceNext(next *Set) map[string]int64 {
	since := make(map[string]int64)
	for _, c := range next.rules {
		since[c.ID()] = next.Version
		for _, old := range s.rules {
			if old.ID() == c.ID() && old.Same(c) {
				since[c.ID()] = old.since
			}
		}
	}
	return since
}

func roleIndex(r signal.Role) int {
	if r == signal.Recipient {
		return 1
	}
	return 0
}

// fingerprint is of all of a rule that decides whether it fires and what it says.
func fingerprint(f File, r Rule) string {
	r.Title, r.Source, r.line = "", "", 0
	lists := make(map[string][]signal.Subject)
	for _, name := range slices.Concat(r.Exempt, listsOf(r)) {
		lists[name] = f.Lists[name]
	}
	bands := make([][3]string, len(r.Bands)) // infinite ends are no JSON
	for i, b := range r.Bands {
		bands[i] = [3]string{fmt.Sprint(b.From), fmt.Sprint(b.Below), fmt.Sprint(b.Strength)}
	}
	r.Bands = nil
	data, err := json.Marshal(struct {
		Base  string
		Rule  Rule
		Bands [][3]string
		Lists map[string][]signal.Subject
	}{f.Base, r, bands, lists})
	if err != nil {
		panic(err) // plain values only
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// listsOf returns the lists that a rule's conditions name.
func listsOf(r Rule) []string {
	var names []string
	var walk func(c Condition)
	walk = func(c Condition) {
		for _, t := range c.Tests {
			if t.Field == "listed" {
				names = append(names, t.Words...)
			}
			for _, one := range t.AnyOf {
				walk(one)
			}
			if t.Not != nil {
				walk(*t.Not)
			}
		}
	}
	walk(*r.Where)
	if r.Newest != nil {
		walk(*r.Newest)
	}
	for _, c := range r.Except {
		walk(c)
	}
	return names
}

// ID is the rule's own, as signals name it.
func (c *Compiled) ID() string { return c.Rule.ID }

// Version is the rule's own number with a fingerprint of what it says, so that no
// change goes without a new one, and the set since which it is in force: a rule that
// went and comes again is a new one.
func (c *Compiled) Version() string { return c.version }

func (c *Compiled) setSince(since int64) {
	c.since = since
	c.version = fmt.Sprintf("%d-%s", c.Rule.Version, c.text[:8])
	if since > 0 {
		c.version += fmt.Sprintf("@%d", since)
	}
}

// Same reports whether two rules decide alike.
func (c *Compiled) Same(other *Compiled) bool { return c.text == other.text }
