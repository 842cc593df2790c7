package rule

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

func TestWhoseTransfersAreLookedAt(t *testing.T) {
	all := []paid{{2, 1, 1000, nil}, {1, 2, 2000, nil}, {0, 3, 3000, nil}}
	for _, c := range []struct {
		name  string
		rule  []string
		role  signal.Role
		fires bool
	}{
		{"of either", nil, signal.Sender, true},
		{"of either, as recipient", nil, signal.Recipient, true},
		{"of the sender", []string{"of: sender"}, signal.Recipient, false},
		{"of the recipient", []string{"of: recipient"}, signal.Recipient, true},
		{"newest fits", []string{"newest: {amount: {EUR: 30}}"}, signal.Sender, true},
		{"newest does not fit", []string{"newest: {amount: {EUR: 10}}"}, signal.Sender, false},
		{"needs more", []string{"needs: 4", "bands: [{from: 1, strength: 0.1}]"}, signal.Sender, false},
		{"exempt another", []string{"exempt: charities"}, signal.Sender, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, fires := load(t, c.rule...).Find(viewOf(t, c.role, all...)); fires != c.fires {
				t.Errorf("fires is %v, want %v", fires, c.fires)
			}
		})
	}
	rule := load(t, "exempt: charities")
	rule.exempt = map[profile.Token]bool{profile.TokenOf(subject(255)): true}
	if _, fires := rule.Find(viewOf(t, signal.Sender, all...)); fires {
		t.Error("fires for a subject on the list of exempt ones")
	}
	if _, fires := rule.Find(profile.New(subject(255), signal.Sender, nil).View(new(profile.View), -1)); fires {
		t.Error("fires on nothing")
	}
}

func TestTheStrongestGroupIsTold(t *testing.T) {
	all := []paid{{9, 1, 1000, nil}, {8, 2, 2000, nil}, {7, 1, 1500, nil}, {6, 2, 2500, nil}, {5, 1, 1000, nil}, {4, 3, 9999, nil}, {3, 1, 1000, nil}}
	rule := load(t, "group: counterparty", "last: 30d", "bands: [{from: 2, strength: 0.2}, {from: 4, strength: 0.6}]",
		`says: "{count} of {amounts} to {counterparties} within {window}, over {days} days, {value}"`)
	f, fires := rule.Find(viewOf(t, signal.Sender, all...))
	if !fires {
		t.Fatal("silent")
	}
	const want = "4 of 10 to 15 EUR to 1 within 30 days, over 7 days, 4"
	if f.Says != want || f.Strength != 0.6 || !reflect.DeepEqual(f.Counted, []int32{0, 2, 4, 6}) {
		t.Errorf("%q %v %v, want %q", f.Says, f.Strength, f.Counted, want)
	}
	for group, key := range map[string]func(*profile.Entry){
		"country": nil, "currency": nil,
		"town": func(e *profile.Entry) { e.OtherTown = 7 },
		"rail": func(e *profile.Entry) { e.Rail = profile.RailP2P },
	} {
		for i := range all {
			all[i].with = func(e *profile.Entry) {
				e.Night = profile.Yes
				if key != nil && i > 0 { // where it is not known, a transfer is in no group
					key(e)
				}
			}
		}
		rule := load(t, "group: "+group, "where: {night: yes}", "last: 30d", "bands: [{from: 2, strength: 0.2}]")
		f, fires := rule.Find(viewOf(t, signal.Sender, all...))
		want := len(all)
		if key != nil {
			want--
		}
		if !fires || len(f.Counted) != want {
			t.Errorf("group %s: %v, %d transfers, want %d", group, fires, len(f.Counted), want)
		}
	}
	last := load(t, "group: counterparty", "last: 2 transfers", "bands: [{from: 2, strength: 0.2}]")
	if f, _ := last.Find(viewOf(t, signal.Sender, all...)); !reflect.DeepEqual(f.Counted, []int32{4, 6}) {
		t.Errorf("the last two of a group are %v", f.Counted)
	}
}

func TestBands(t *testing.T) {
	rule := load(t, "last: 90d", "bands: [{from: 4, strength: 0.4}, {from: 2, strength: 0.2}, {from: 6, below: 7, strength: 0.6}]")
	for n, want := range []float64{0, 0, 0.2, 0.2, 0.4, 0.4, 0.6, 0} {
		var all []paid
		for i := range n {
			all = append(all, paid{float64(i), 1, 1000, nil})
		}
		f, fires := rule.Find(viewOf(t, signal.Sender, all...))
		if fires != (want > 0) || f.Strength != want {
			t.Errorf("%d transfers: %v, want %v", n, f.Strength, want)
		}
	}
}

// TestTheOrderOfArrivalChangesNothing shuffles the transfers of a profile, whose
// counterparties then lie in other places.
func TestTheOrderOfArrivalChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rules := []*Compiled{
		load(t, "group: counterparty", "last: 90d", "bands: [{from: 2, strength: 0.2}]"),
		load(t, "within: 10d", "measure: {distinct: counterparties}", "bands: [{from: 2, strength: 0.2}]"),
		load(t, "group: counterparty", "within: 20d", "measure: {sum: EUR}", "bands: [{from: 1, strength: 0.2}]"),
		load(t, "last: 5 transfers", "where: {like_newest: {amount: 50%}}", "bands: [{from: 1, strength: 0.2}]"),
	}
	fired := 0
	for range 50 {
		var all []paid
		for i := range 3 + random.IntN(20) {
			id := uint64(i + 1)
			all = append(all, paid{float64(random.IntN(40)), byte(random.IntN(5)), int64(100 * (1 + random.IntN(9))), func(e *profile.Entry) { e.ID = id }})
		}
		first := viewOf(t, signal.Sender, all...)
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		second := viewOf(t, signal.Sender, all...)
		for i, r := range rules {
			a, firesA := r.Find(first)
			b, firesB := r.Find(second)
			if firesA != firesB || !reflect.DeepEqual(a, b) {
				t.Fatalf("rule %d: %v and %v", i, a, b)
			}
			if firesA {
				fired++
			}
		}
	}
	if fired < 50 {
		t.Errorf("fired %d times", fired)
	}
}

func TestASilentRuleAllocatesNothing(t *testing.T) {
	if poolForgets {
		t.Skip("its memory is a sync.Pool's, which forgets at random under the race detector")
	}
	var all []paid
	for i := range 200 {
		all = append(all, paid{float64(i) / 3, byte(i % 20), int64(1000 + i), nil})
	}
	v := viewOf(t, signal.Sender, all...)
	set, err := Load(Tazama())
	if err != nil {
		t.Fatal(err)
	}
	silent := 0
	for _, r := range append(set.Rules(), load(t, "group: counterparty", "within: 9d", "where: {amount: {EUR: 10..20}}", "bands: [{from: 100, strength: 0.1}]")) {
		if _, fires := r.Find(v); fires {
			continue
		}
		silent++
		if n := testing.AllocsPerRun(100, func() { r.Find(v) }); n > 0 {
			t.Errorf("%s: %v allocations", r.ID(), n)
		}
	}
	if silent < 5 {
		t.Errorf("%d rules are silent", silent)
	}
}

func TestAChangeOfARuleIsAnotherVersion(t *testing.T) {
	base := load(t)
	for _, c := range []struct {
		line string
		same bool
	}{
		{"title: another", true}, {"source: another", true},
		{"says: \"other words\"", false}, {"bands: [{from: 4, strength: 0.5}]", false}, {"where: {night: yes}", false},
		{"within: 31d", false}, {"needs: 2", false}, {"of: sender", false}, {"exempt: charities", false}, {"group: rail", false},
	} {
		other := load(t, c.line)
		if base.Same(other) != c.same || (base.Version() == other.Version()) != c.same {
			t.Errorf("%s: %s and %s", c.line, base.Version(), other.Version())
		}
	}
	if load(t).Version() != base.Version() {
		t.Error("one file has two versions")
	}
}

func TestOfEqualsTheLatestAndOfABandTheMost(t *testing.T) {
	twice := []paid{{40, 1, 1000, nil}, {39, 1, 1000, nil}, {38, 1, 1000, nil}, {5, 1, 1000, nil}, {4, 1, 1000, nil}, {3, 1, 1000, nil}}
	for _, m := range []string{"count", "{sum: EUR}", "{distinct: days}"} {
		f, fires := load(t, "within: 9d", "measure: "+m, "bands: [{from: 3, strength: 0.2}]").Find(viewOf(t, signal.Sender, twice...))
		if !fires || !reflect.DeepEqual(f.Counted, []int32{3, 4, 5}) {
			t.Errorf("%s: %v of two equal stretches", m, f.Counted)
		}
	}
	// Both in one band: the group with more is told, though the other is newer.
	groups := []paid{{9, 1, 1000, nil}, {8, 1, 1000, nil}, {7, 1, 1000, nil}, {2, 2, 1000, nil}, {1, 2, 1000, nil}}
	f, _ := load(t, "group: counterparty", "last: 30d", "bands: [{from: 2, strength: 0.2}]").Find(viewOf(t, signal.Sender, groups...))
	if !reflect.DeepEqual(f.Counted, []int32{0, 1, 2}) {
		t.Errorf("%v is told", f.Counted)
	}
}
