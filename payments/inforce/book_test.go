package inforce

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// memory is a State.
type memory map[string]string

func (m memory) Get(key []byte) ([]byte, error) {
	if v, ok := m[string(key)]; ok {
		return []byte(v), nil
	}
	return nil, nil
}
func (m memory) Set(key, value []byte) error { m[string(key)] = string(value); return nil }
func (m memory) Delete(key []byte) error     { delete(m, string(key)); return nil }
func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !strings.HasPrefix(k, string(prefix)) {
			continue
		}
		if more, err := fn([]byte(k), []byte(m[k])); err != nil || !more {
			return err
		}
	}
	return nil
}

// rules makes a file of a set's version and of ids with what counts.
func rules(version int, all ...string) []byte {
	text := fmt.Sprintf("format: 1\nversion: %d\nbase: EUR\nrules:\n", version)
	if len(all) == 0 {
		text = strings.TrimSuffix(text, "rules:\n") + "rules: []\n"
	}
	for _, r := range all {
		id, amounts, _ := strings.Cut(r, " ")
		text += fmt.Sprintf("  - {id: %s, version: 1, title: t, source: s, of: sender, where: {amount: {EUR: %s}}, last: 2d, bands: [{from: 2, strength: 0.5}], says: x}\n", id, amounts)
	}
	return []byte(text)
}

func open(t *testing.T, m memory) *Book {
	t.Helper()
	b, err := Open(m, "EUR")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func versions(b *Book) map[string]string {
	out := make(map[string]string)
	for _, c := range b.Set().Rules() {
		_, since, _ := strings.Cut(c.Version(), "@")
		out[c.ID()] = since
	}
	return out
}

// stands is that a rule of the book said something of a subject.
func stands(t *testing.T, m memory, b *Book, id string, n int) signal.Draft {
	t.Helper()
	for _, c := range b.Set().Rules() {
		if c.ID() == id {
			s := signal.Draft{
				ID: signal.ID(id, fmt.Sprint(n)), Revision: 7, Subject: signal.Subject(fmt.Sprintf("sub_%032d", n)),
				Start: 1e9, End: 1e9 + 5, Says: "x", Typology: id, Rules: c.Version(), Role: signal.Sender, Strength: 0.5,
			}
			if err := b.Said(m, []signal.Draft{s}); err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatalf("no rule %s is in force", id)
	return signal.Draft{}
}

func take(t *testing.T, m memory, b *Book, text []byte) []string {
	t.Helper()
	withdrawn, changed, err := b.Take(m, text)
	if err != nil || !changed {
		t.Fatalf("changed is %v: %v", changed, err)
	}
	var ids []string
	for _, s := range withdrawn {
		data, err := signal.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signal.Decode(data); err != nil {
			t.Fatalf("a withdrawal is no signal: %v\n%s", err, data)
		}
		if s.Payment.Strength != 0 || s.Revision != 8 {
			t.Errorf("%s: strength %v, revision %d", s.ID, s.Payment.Strength, s.Revision)
		}
		ids = append(ids, s.ID)
	}
	return ids
}

func TestWhatRulesSaidIsTakenBackWithThem(t *testing.T) {
	m := memory{}
	b := open(t, m)
	if got := take(t, m, b, rules(1, "U01 10..20", "U02 10..20", "U03 10..20")); len(got) > 0 {
		t.Errorf("%v is taken back, and nothing was said", got)
	}
	stands(t, m, b, "U01", 1)
	stands(t, m, b, "U02", 2)
	stands(t, m, b, "U03", 3)
	again := stands(t, m, b, "U03", 4)
	again.Strength = 0 // fell silent by itself
	if err := b.Said(m, []signal.Draft{again}); err != nil {
		t.Fatal(err)
	}
	// U01 stays, U02 says something else, U03 is gone.
	if got := take(t, m, b, rules(2, "U01 10..20", "U02 10..21")); !slices.Equal(got, []string{signal.ID("U02", "2"), signal.ID("U03", "3")}) {
		t.Errorf("%v is taken back", got)
	}
	if got, want := versions(b), map[string]string{"U01": "1", "U02": "2"}; !maps.Equal(got, want) {
		t.Errorf("in force since %v, want %v", got, want)
	}
	// A rule that comes again is a new one: receivers have seen the last of the old.
	if got := take(t, m, b, rules(3, "U01 10..20", "U02 10..20")); len(got) > 0 {
		t.Errorf("%v is taken back twice", got)
	}
	if got, want := versions(b), map[string]string{"U01": "1", "U02": "3"}; !maps.Equal(got, want) {
		t.Errorf("in force since %v, want %v", got, want)
	}
	if got := take(t, m, b, rules(4)); !slices.Equal(got, []string{signal.ID("U01", "1")}) {
		t.Errorf("%v is taken back", got)
	}
	for key := range m {
		if strings.HasPrefix(key, saidPrefix) {
			t.Errorf("%q is left", key)
		}
	}
}

func TestTheBookIsWhatItsStoreSays(t *testing.T) {
	m := memory{}
	b := open(t, m)
	if len(b.Set().Rules()) != 0 || b.Set().Version != 0 {
		t.Errorf("%v is in force at the beginning", versions(b))
	}
	take(t, m, b, rules(1, "U01 10..20", "U02 1..2"))
	take(t, m, b, rules(5, "U01 10..20", "U02 1..3"))
	other := open(t, m)
	if !maps.Equal(versions(b), versions(other)) || other.Set().Version != 5 {
		t.Errorf("%v, and opened anew %v", versions(b), versions(other))
	}
	for i, c := range b.Set().Rules() {
		if c.Version() != other.Set().Rules()[i].Version() {
			t.Errorf("%s and %s", c.Version(), other.Set().Rules()[i].Version())
		}
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	m := memory{}
	b := open(t, m)
	take(t, m, b, rules(5, "U01 10..20"))
	before := maps.Clone(m)
	for _, c := range []struct {
		name   string
		text   []byte
		reason string // none: it changes nothing
	}{
		{"the same again", rules(5, "U01 10..20"), ""},
		{"an older one", rules(4, "U01 10..30"), ""},
		{"the same version, another rule", rules(5, "U01 10..30"), "rules-version"},
		{"the same version, one more rule", rules(5, "U01 10..20", "U02 10..20"), "rules-version"},
		{"no rules", []byte("format: 1"), "rules"},
		{"another base", []byte(strings.Replace(string(rules(6, "U01 10..20")), "EUR\n", "USD\n", 1)), "rules-base"},
	} {
		withdrawn, changed, err := b.Take(m, c.text)
		var rejection *signal.Rejection
		switch {
		case changed || len(withdrawn) > 0:
			t.Errorf("%s: was taken", c.name)
		case c.reason == "" && err != nil, c.reason != "" && (!errors.As(err, &rejection) || rejection.Reason() != c.reason):
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
	}
	if !maps.Equal(before, m) {
		t.Error("the store changed")
	}
}

func TestAProgramThatRefusesTheRulesInForceGoesOn(t *testing.T) {
	m := memory{setKey: `{"version":5,"text":"format: 0"}`}
	b := open(t, m)
	if b.Unreadable() == nil || b.Set().Version != 5 || len(b.Set().Rules()) > 0 {
		t.Errorf("%v, version %d", b.Unreadable(), b.Set().Version)
	}
	if _, changed, err := b.Take(m, rules(5, "U01 10..20")); changed || err != nil {
		t.Errorf("a set of no higher version: %v, %v", changed, err)
	}
	take(t, m, b, rules(6, "U01 10..20"))
	if b.Unreadable() != nil {
		t.Error(b.Unreadable())
	}
	m[setKey] = "{"
	if _, err := Open(m, "EUR"); err == nil {
		t.Error("a damaged store is opened")
	}
}
