package yamlfile

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestEveryFaultIsTold in the order of lines, at most a hundred, and none of the text.
func TestEveryFaultIsTold(t *testing.T) {
	body, fault := Parse([]byte("when: soon\nhow: [a, {b: c}]\nmany: 3000000000\nmuch: secret\nmuch: 1\nyes: 1\nsecret: 2\n"), 1000, 8)
	if fault != nil {
		t.Fatal(fault)
	}
	var (
		when time.Duration
		how  []string
		many int
		much float64
		yes  bool
	)
	f := &Faults{}
	f.Add(0, "the file")
	lines := map[string]int{}
	Keys{"when": Duration(f, &when), "how": Texts(f, &how), "many": Whole(f, &many), "much": Number(f, &much), "yes": Truth(f, &yes)}.In(f, "x", body, lines)
	want := `the file
line 1: x.when: want a duration, as in 90s, 10m or 24h
line 2: x.how[1]: want a text
line 3: x.many: want a whole number
line 4: x.much: want a number
line 5: x.much: given twice
line 6: x.yes: want true or false
line 7: x: an unknown key; want a mapping of how, many, much, when, yes`
	if err := f.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if lines["many"] != 3 || len(lines) != 5 {
		t.Error(lines)
	}

	for range 2 * maxFaults {
		f.Add(1, "again")
	}
	var all *Error
	if err := f.Err(); !errors.As(err, &all) || len(all.Faults) != maxFaults+1 || !strings.HasPrefix(all.Faults[maxFaults], "and 108 more") {
		t.Errorf("%v", err)
	}
	if err := new(Faults).Err(); err != nil {
		t.Error(err)
	}
}
