package blind

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

func keyOf(t testing.TB, b byte) Key {
	t.Helper()
	k, err := NewKey(bytes.Repeat([]byte{b}, KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNormal(t *testing.T) {
	for _, c := range []struct{ in, want Identifier }{
		{Identifier{Account, " Demo ", "@Anna_1"}, Identifier{Account, "demo", "Anna_1"}},
		{Identifier{Stream, "DEMO", "Stream-7 "}, Identifier{Stream, "demo", "Stream-7"}},
		{Identifier{Payment, "demophxxxxx", " TX-0001"}, Identifier{Payment, "DEMOPHXX", "TX-0001"}},
		{Identifier{Payment, "DEMOPHXX", "tx-0001"}, Identifier{Payment, "DEMOPHXX", "tx-0001"}},
		{Identifier{Payment, "DEMOPHXX123", "a"}, Identifier{Payment, "DEMOPHXX123", "a"}},
		{Identifier{IP, "", "2001:DB8:0:0::1"}, Identifier{IP, "", "2001:db8::1"}},
		{Identifier{IP, "", "::ffff:203.0.113.9"}, Identifier{IP, "", "203.0.113.9"}},
		{Identifier{Email, "", "A.B+c@Example.ORG"}, Identifier{Email, "", "a.b+c@example.org"}},
		{Identifier{Evidence, "", strings.Repeat("AB", 32)}, Identifier{Evidence, "", strings.Repeat("ab", 32)}},
		{Identifier{Account, "demo", "Ame\u0301lie"}, Identifier{Account, "demo", "Am\u00e9lie"}},
	} {
		if got, err := c.in.Normal(); err != nil || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		in   Identifier
		want string
	}{
		{Identifier{"phone", "", "1"}, "kind: must be one of account"}, {Identifier{Account, "", "a"}, "holder: account needs one"},
		{Identifier{Account, "demo", " @"}, "value: is empty"}, {Identifier{IP, "demo", "::1"}, "holder: ip has none"},
		{Identifier{IP, "", "203.0.113.9:80"}, "must be an IP address"}, {Identifier{IP, "", "fe80::1%eth0"}, "must be an IP address"},
		{Identifier{Email, "", "anna"}, "must be an email address"}, {Identifier{Evidence, "", "ab"}, "64 hex digits"},
		{Identifier{Stream, "demo", "a\x00b"}, "control characters"}, {Identifier{Stream, "demo", "a\xffb"}, "not UTF-8"},
		{Identifier{Stream, "demo", strings.Repeat("a", MaxText+1)}, "513 bytes"},
	} {
		_, err := c.in.Normal()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.in, err, c.want)
		}
		if err != nil && len(c.in.Value) > 8 && strings.Contains(err.Error(), c.in.Value) {
			t.Errorf("%v quotes the identifier", err)
		}
	}
}

// TestNormalIsItsOwn: what is normal stays, and both are blinded alike.
func TestNormalIsItsOwn(t *testing.T) {
	key, ran := keyOf(t, 1), 0
	holds := func(kind uint8, holder, value string) bool {
		i := Identifier{Kinds()[int(kind)%len(Kinds())], holder, value}
		n, err := i.Normal()
		if err != nil {
			return true
		}
		ran++
		again, err := n.Normal()
		a, errA := key.Blind(i)
		b, errB := key.Blind(n)
		return err == nil && errA == nil && errB == nil && again == n && a == b
	}
	if err := quick.Check(holds, &quick.Config{MaxCount: 4000}); err != nil {
		t.Error(err)
	}
	if ran < 100 {
		t.Errorf("only %d identifiers were good", ran)
	}
}

// TestEqualAsIdentifiersAre: different ones never stand for each other, nor the same under
// another key, nor the same text under another kind or cut elsewhere.
func TestEqualAsIdentifiersAre(t *testing.T) {
	seen := map[string]Identifier{}
	for _, k := range []Key{keyOf(t, 1), keyOf(t, 2)} {
		for _, i := range []Identifier{
			{Account, "demo", "a"}, {Stream, "demo", "a"}, {Account, "dem", "oa"}, {Account, "demo", "A"}, {Payment, "DEMO", "a"},
			{IP, "", "::1"}, {Email, "", "a@b"}, {Evidence, "", strings.Repeat("0", 64)}, {Stream, "a", "b\u2028c"}, {Stream, "a\u2028b", "c"},
		} {
			b, err := k.Blind(i)
			if err != nil || len(b) != 64 {
				t.Fatalf("%v: %q, %v", i, b, err)
			}
			if other, ok := seen[b]; ok {
				t.Errorf("%v and %v have one blinded form", i, other)
			}
			seen[b] = i
		}
	}
}

// TestAKnownValue holds the blinded form to what a centre's list from last year has.
func TestAKnownValue(t *testing.T) {
	got, err := keyOf(t, 7).Blind(Identifier{Email, "", "a@example.org"})
	const want = "0722f305d95b49e32f5c56841acdb06c47e40dcad6d4fb1b97cf4407bac93b66" // by Python's hmac
	if err != nil || got != want {
		t.Errorf("%s, %v: lists that were blinded before fit no more", got, err)
	}
}

const identifiers = "label,kind,holder,value\nOperation Elm,account,demo,anna\n,stream,demo,stream-7\nOperation Elm,account,DEMO,@anna\nOperation Oak,account,demo,anna\n"

func TestASetThereAndBack(t *testing.T) {
	set, err := FromCSV(strings.NewReader(identifiers), keyOf(t, 1))
	if err != nil || len(set.All) != 3 {
		t.Fatalf("%+v, %v", set, err)
	}
	var file bytes.Buffer
	if err := set.Write(&file, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file.String(), "anna") || strings.Contains(file.String(), "stream-7") {
		t.Errorf("it says whom it is about:\n%s", file.String())
	}
	back, err := ReadSet(&file)
	if err != nil || back.Key != set.Key || !slices.Equal(back.All, set.All) {
		t.Errorf("%+v, %v", back, err)
	}
	file.Reset()
	if err := set.Write(&file, false); err != nil || strings.Contains(file.String(), "Oak") || strings.Count(file.String(), "\n") != 3 {
		t.Errorf("without labels, %v:\n%s", err, file.String())
	}
}

func TestTwoCentresCompare(t *testing.T) {
	ours, err := FromCSV(strings.NewReader(identifiers), keyOf(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := FromCSV(strings.NewReader("kind,holder,value\naccount,demo,anna\nemail,,x@example.org\n"), keyOf(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	both, err := Compare(ours, theirs)
	if err != nil || len(both) != 1 || both[0].Kind != Account || !slices.Equal(both[0].Labels, []string{"Operation Elm", "Operation Oak"}) {
		t.Errorf("%+v, %v", both, err)
	}
	theirs.Key = keyOf(t, 2).ID()
	if _, err := Compare(ours, theirs); !errors.Is(err, ErrKeys) {
		t.Errorf("under other keys: %v", err)
	}
}

// TestComparingIsIntersection holds Compare to sets of numbers, in whatever order.
func TestComparingIsIntersection(t *testing.T) {
	key := keyOf(t, 3)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var lists [2]strings.Builder
		has := [2]map[int]bool{{}, {}}
		for side := range lists {
			lists[side].WriteString("kind,holder,value\n")
			for range r.IntN(40) {
				n := r.IntN(30)
				has[side][n] = true
				lists[side].WriteString("stream,demo,s" + strings.Repeat("x", n) + "\n")
			}
		}
		a, errA := FromCSV(strings.NewReader(lists[0].String()), key)
		b, errB := FromCSV(strings.NewReader(lists[1].String()), key)
		got, err := Compare(a, b)
		want := 0
		for n := range has[0] {
			if has[1][n] {
				want++
			}
		}
		if errA != nil || errB != nil || err != nil || len(got) != want {
			t.Fatalf("%d in both, want %d; %v %v %v", len(got), want, errA, errB, err)
		}
	}
}

func TestWhatIsNoSet(t *testing.T) {
	good := first + strings.Repeat("a", 16) + "\n"
	for _, c := range []struct{ in, want string }{
		{"", "empty"}, {"kind,value\n", "line 1"}, {good + "phone," + strings.Repeat("0", 64), "line 2: begins with no kind"},
		{good + "ip,123", "line 2: has no 64"}, {good + "ip," + strings.Repeat("0", 64) + "," + strings.Repeat("l", 65), "line 2: label"},
		{good + strings.Repeat("a", 5000), "token too long"},
	} {
		if _, err := ReadSet(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.in, err, c.want)
		}
	}
	for _, c := range []struct{ in, want string }{
		{"", "line 1"}, {"kind,value\n", "lacks the column holder"}, {"kind,holder,value,name\n", "each once"}, {"kind,kind,holder,value\n", "each once"},
		{"kind,holder,value\nip,,1.2.3\n", "line 2: value: must be an IP"}, {"kind,holder,value\nip,,\"1\n", "line 2"}, {"kind,holder,value\nip,1\n", "line 2"},
		{"kind,holder,value\n" + strings.Repeat("a", 70_000), "longer than 64 KiB"},
	} {
		if _, err := FromCSV(strings.NewReader(c.in), keyOf(t, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.in, err, c.want)
		}
	}
}

// FuzzFromCSV: whatever comes, nothing that came stands in what leaves or in an error.
func FuzzFromCSV(f *testing.F) {
	f.Add(identifiers)
	f.Add("kind,holder,value\nip,,::1\n")
	f.Fuzz(func(t *testing.T, in string) {
		set, err := FromCSV(strings.NewReader(in), keyOf(t, 1))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := set.Write(&file, true); err != nil {
			t.Fatal(err)
		}
		back, err := ReadSet(&file)
		if err != nil || !slices.Equal(back.All, set.All) {
			t.Fatalf("%v", err)
		}
	})
}

func FuzzReadSet(f *testing.F) {
	f.Add(first + strings.Repeat("a", 16) + "\nip," + strings.Repeat("0", 64) + ",Elm\n")
	f.Fuzz(func(t *testing.T, in string) {
		set, err := ReadSet(strings.NewReader(in))
		if err == nil && !slices.IsSortedFunc(set.All, func(a, b Blinded) int { return strings.Compare(a.Blind, b.Blind) }) {
			t.Fatal("not in order")
		}
	})
}
