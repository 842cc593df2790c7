package backtest

import (
	"cmp"
	"slices"

	"github.com/vigil-stream/vigil/signal"
)

// A Result is what a run came to.
type Result struct {
	Transfers int     `json:"transfers"`
	Subjects  int     `json:"subjects"`
	Rules     []Rule  `json:"rules"`
	Any       Change  `json:"any"` // subjects at which any rule fired
	Groups    []Group `json:"groups,omitempty"`
	// More and Fewer are the findings that only the new rules make, and only the old.
	More  []Finding `json:"more"`
	Fewer []Finding `json:"fewer"`
	// NotTold counts those that More and Fewer leave out.
	NotTold int `json:"not_told"`
}

// A Change counts under the old rules and the new.
type Change struct {
	Old   int `json:"old"`
	New   int `json:"new"`
	More  int `json:"more"`  // under the new alone
	Fewer int `json:"fewer"` // under the old alone
}

// A Rule is what one rule found: subjects, each role of its own.
type Rule struct {
	ID         string `json:"id"`
	OldVersion string `json:"old_version,omitempty"`
	NewVersion string `json:"new_version,omitempty"`
	Change
}

// A Group is what all rules together found of one group of people.
type Group struct {
	Name     string `json:"group"`
	Subjects int    `json:"subjects"` // that had any transfer
	Change
	// Rules are those that fired at any of the group.
	Rules []Rule `json:"rules,omitempty"`
}

// A Finding is that a rule fired at a subject.
type Finding struct {
	Rule    string         `json:"rule"`
	Role    signal.Role    `json:"role"`
	Subject signal.Subject `json:"subject"`
	Group   string         `json:"group,omitempty"`
	Says    string         `json:"says,omitempty"`
	Refs    []Ref          `json:"refs,omitempty"` // the newest of the payments that counted
}

// pair is one rule in both sets: places in Run.rules, or -1.
type pair struct {
	id       string
	old, new int
}

func (r *Run) pairs() []pair {
	var all []pair
	at := make(map[string]int)
	for i := range r.rules {
		id := r.rules[i].rule.ID()
		n, known := at[id]
		if !known {
			n = len(all)
			at[id], all = n, append(all, pair{id: id, old: -1, new: -1})
		}
		if r.rules[i].in[0] {
			all[n].old = i
		}
		if r.rules[i].in[1] {
			all[n].new = i
		}
	}
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(a.id, b.id) })
	return all
}

// fired returns a rule's bits; of none, no bits.
func (r *Run) fired(i, role int) bitset {
	if i < 0 {
		return nil
	}
	return r.rules[i].fired[role]
}

// Result says what the run came to; at most so many findings are told on each side.
func (r *Run) Result(most int) Result {
	out := Result{Transfers: r.transfers, Subjects: len(r.tokens), More: []Finding{}, Fewer: []Finding{}}
	groups := make([]Group, len(r.names))
	members := make([]bitset, len(r.names))
	for n, g := range r.groups {
		if g >= 0 {
			members[g] = members[g].with(int32(n))
			groups[g].Subjects++
		}
	}
	var anyOld, anyNew bitset
	for _, p := range r.pairs() {
		one := Rule{ID: p.id}
		if p.old >= 0 {
			one.OldVersion = r.rules[p.old].rule.Version()
		}
		if p.new >= 0 {
			one.NewVersion = r.rules[p.new].rule.Version()
		}
		of := make([]Rule, len(groups))
		for role := range 2 {
			before, after := r.fired(p.old, role), r.fired(p.new, role)
			anyOld, anyNew = anyOld.or(before), anyNew.or(after)
			one.add(before, after)
			for g := range groups {
				of[g].add(before.and(members[g]), after.and(members[g]))
			}
			r.tell(&out.More, p, p.new, role, after.less(before), most, &out.NotTold)
			r.tell(&out.Fewer, p, p.old, role, before.less(after), most, &out.NotTold)
		}
		out.Rules = append(out.Rules, one)
		for g := range groups {
			if of[g].Old+of[g].New > 0 {
				of[g].ID, of[g].OldVersion, of[g].NewVersion = one.ID, one.OldVersion, one.NewVersion
				groups[g].Rules = append(groups[g].Rules, of[g])
			}
		}
	}
	out.Any.add(anyOld, anyNew)
	for g := range groups {
		groups[g].Name = r.names[g]
		groups[g].add(anyOld.and(members[g]), anyNew.and(members[g]))
	}
	out.Groups = slices.DeleteFunc(groups, func(g Group) bool { return g.Subjects == 0 })
	slices.SortFunc(out.Groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (r *Run) tell(to *[]Finding, p pair, rule, role int, who bitset, most int, left *int) {
	for n := range who.each {
		if len(*to) >= most {
			*left++
			continue
		}
		f := Finding{Rule: p.id, Role: signal.Sender, Subject: r.tokens[n].Subject()}
		if role == 1 {
			f.Role = signal.Recipient
		}
		if g := r.groups[n]; g >= 0 {
			f.Group = r.names[g]
		}
		t := r.kept[finding{rule, role, n}]
		f.Says, f.Refs = t.says, t.refs
		*to = append(*to, f)
	}
}

func (c *Change) add(before, after bitset) {
	c.Old += before.count()
	c.New += after.count()
	c.More += after.less(before).count()
	c.Fewer += before.less(after).count()
}
