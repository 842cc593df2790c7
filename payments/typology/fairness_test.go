package typology

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// The tests of this file try to make a signal of a country, a surname or another thing
// that nobody can help, with every typology that All returns: who adds one adds it to
// them. What they can catch is shown at their end, on typologies that are unfair.

// found is all that a typology says.
type found struct {
	strength float64
	says     string
	counted  []uint64
	victim   bool
}

// defaultMarks are made once: they have a table of all currencies.
var defaultMarks = sync.OnceValue(func() func(*profile.Entry) profile.Marks { return DefaultRules().Marks() })

// findings asks typologies once, about the profile of all transfers.
func findings(t testing.TB, types []engine.Typology, transfers []payments.Transfer) map[string]found {
	t.Helper()
	p := profile.New(transfers[0].Subject, transfers[0].Role, defaultMarks())
	for i := range transfers {
		if _, _, err := p.Add(profile.NewEntry(&transfers[i]), profile.TokenOf(transfers[i].Other)); err != nil {
			t.Fatal(err)
		}
	}
	var view profile.View
	v := p.View(&view, -1)
	got := make(map[string]found)
	for _, ty := range types {
		f, ok := ty.Find(v)
		if !ok {
			continue
		}
		one := found{strength: f.Strength, says: f.Says, victim: f.Victim}
		for _, i := range f.Counted {
			one.counted = append(one.counted, v.Entries[i].ID)
		}
		got[ty.ID()] = one
	}
	return got
}

// countries are all that there are.
func countries() (all []string) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && r.Canonicalize() == r {
				all = append(all, code)
			}
		}
	}
	return all
}

// someProfiles makes profiles of all kinds: those of everybody and of those who look
// alike, with payments left out, repeated, moved, of other amounts and by other rails.
func someProfiles(t testing.TB, n int, r *rand.Rand) (out [][]payments.Transfer) {
	t.Helper()
	seeds := everybody()
	for _, g := range lookAlikes() {
		seeds = append(seeds, somebody{g.role, g.all})
	}
	rails := []payments.Rail{"", payments.RailBank, payments.RailGiftCard, payments.RailPrepaid, payments.RailVirtual, payments.RailP2P}
	for i := range n {
		seed := seeds[i%len(seeds)]
		var all []payment
		for _, p := range seed.all {
			if i >= len(seeds) { // the first are as they are
				switch r.IntN(6) {
				case 0:
					continue
				case 1:
					p.daysAgo = r.Float64() * 80
				case 2:
					p.amount = fmt.Sprint(1 + r.IntN(400))
				case 3:
					p = railed(rails[r.IntN(len(rails))], p)
				case 4:
					all = append(all, with(p, func(p *payment) { p.daysAgo += r.Float64() }))
				}
			}
			all = append(all, p)
		}
		if all != nil {
			out = append(out, transfersOf(t, seed.role, all))
		}
	}
	return out
}

// changed returns transfers with another of something.
func changed(all []payments.Transfer, change func(*payments.Transfer)) []payments.Transfer {
	out := slices.Clone(all)
	for i := range out {
		change(&out[i])
	}
	return out
}

// swapCountries renames countries one to one, so that a border stays one.
func swapCountries(all []payments.Transfer, among []string, r *rand.Rand) []payments.Transfer {
	to := make(map[string]string)
	for i, j := range r.Perm(len(among)) {
		to[among[i]] = among[j]
	}
	name := func(c string) string {
		if other, ok := to[c]; ok {
			return other
		}
		return c
	}
	return changed(all, func(t *payments.Transfer) { t.Country, t.OtherCountry = name(t.Country), name(t.OtherCountry) })
}

// renamePeople gives every word of a name another token, and so leaves alone who
// shares one with whom.
func renamePeople(all []payments.Transfer, r *rand.Rand) []payments.Transfer {
	to := make(map[string]string)
	rename := func(names []string) (out []string) {
		for _, n := range names {
			if to[n] == "" {
				to[n] = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
			}
			out = append(out, to[n])
		}
		slices.Sort(out)
		return out
	}
	return changed(all, func(t *payments.Transfer) { t.Names, t.OtherNames = rename(t.Names), rename(t.OtherNames) })
}

// complaints says where typologies treat people differently by a country or a name. P03
// may tell of a corridor beside a finding that is there anyway, always as strongly.
func complaints(t testing.TB, types []engine.Typology, profiles [][]payments.Transfer, r *rand.Rand) (out []string) {
	t.Helper()
	all := countries()
	quiet := slices.DeleteFunc(slices.Clone(all), func(c string) bool {
		for _, k := range DefaultRules().Corridors.list {
			if k.origin.String() == c || k.destination.String() == c {
				return true
			}
		}
		return false
	})
	complain := func(format string, args ...any) {
		if len(out) < 20 {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	for n, transfers := range profiles {
		before := findings(t, types, transfers)
		if f, ok := before["P03"]; ok && !besides(before) {
			complain("profile %d: P03 alone: %s", n, f.says)
		}
		for name, after := range map[string]map[string]found{
			"countries of no corridor swapped": findings(t, types, swapCountries(transfers, quiet, r)),
			"people renamed":                   findings(t, types, renamePeople(transfers, r)),
		} {
			if !reflect.DeepEqual(before, after) {
				complain("profile %d, %s: %v, and before %v", n, name, after, before)
			}
		}
		after := findings(t, types, swapCountries(transfers, all, r))
		f, ok := after["P03"]
		if ok && (!besides(after) || f.strength != 0.1) {
			complain("profile %d, countries swapped: P03 alone or of strength %v", n, f.strength)
		}
		delete(after, "P03")
		delete(before, "P03")
		if !reflect.DeepEqual(before, after) {
			complain("profile %d, countries swapped: %v, and before %v", n, after, before)
		}
	}
	return out
}

// besides reports whether there is a finding that a companion may stand beside.
func besides(all map[string]found) bool {
	for _, p := range Patterns() {
		if _, ok := all[p.ID]; ok && p.leading {
			return true
		}
	}
	return false
}

func TestNeitherCountryNorNameChangesWhatIsSaid(t *testing.T) {
	types := All(DefaultRules())
	if len(types) == 0 || len(types) != len(Patterns()) {
		t.Fatalf("%d typologies of %d", len(types), len(Patterns()))
	}
	r := rand.New(rand.NewPCG(1, 2))
	profiles := someProfiles(t, 3000, r)
	for _, c := range complaints(t, types, profiles, r) {
		t.Error(c)
	}
	fired := make(map[string]int)
	for _, p := range profiles {
		for id := range findings(t, types, p) {
			fired[id]++
		}
	}
	for _, ty := range types {
		if fired[ty.ID()] < 10 {
			t.Errorf("%s fired in %d of %d profiles: too few to say anything", ty.ID(), fired[ty.ID()], len(profiles))
		}
	}
	t.Logf("%d profiles; %v", len(profiles), fired)
}

// bland is a profile that says nothing but who somebody is and where: payments of
// what a life costs, monthly.
func bland(role signal.Role, n int, country, otherCountry string, names, otherNames []string, ours []payments.Transfer) []payments.Transfer {
	out := ours[:0]
	for i := range n {
		tr := payments.Transfer{
			Subject: signal.Subject("sub_" + strings.Repeat("1", 32)), Role: role,
			Other:       signal.Subject(fmt.Sprintf("sub_%032x", 7+i%3)),
			Institution: "DEMODEFFXXX", Ref: fmt.Sprint("R", i), At: now.Add(-time.Duration(i) * 25 * day),
			Amount: 900_00, Currency: "EUR", Base: 900_00, Country: country, OtherCountry: otherCountry, Names: names, OtherNames: otherNames,
		}
		tr.ID = payments.TransferID(tr.Institution, tr.Ref, tr.Role)
		out = append(out, tr)
	}
	return out
}

// TestWhoAndWhereAloneSayNothing tries every pair of countries there is, with names that
// are shared, strange and missing, at either end.
func TestWhoAndWhereAloneSayNothing(t *testing.T) {
	types := All(DefaultRules())
	all := countries()
	mine, theirs := []string{strings.Repeat("a", 32)}, []string{strings.Repeat("b", 32)}
	tried := 0
	var ours []payments.Transfer
	for _, from := range append(all, "") {
		for i, to := range append(all, "") {
			role := signal.Sender
			if i%2 == 0 {
				role = signal.Recipient
			}
			names := [][2][]string{{mine, mine}, {mine, theirs}, {nil, theirs}, {nil, nil}}[tried%4]
			ours = bland(role, 4, from, to, names[0], names[1], ours)
			if got := findings(t, types, ours); len(got) > 0 {
				t.Fatalf("%s to %s as %s: %v", from, to, role, got)
			}
			tried++
		}
	}
	if tried < 50_000 {
		t.Errorf("only %d were tried", tried)
	}
}

// TestAFamilyIsTheSameEverywhere sends the same small sum home each week along every
// corridor: what is said of it must not depend on which.
func TestAFamilyIsTheSameEverywhere(t *testing.T) {
	types := All(DefaultRules())
	home := transfersOf(t, signal.Sender, every(7, 12, payment{from: "Ana Muster", to: "Lola Muster", amount: "50", text: "school, food"}))
	want := findings(t, types, home)
	if _, ok := want["P01"]; !ok || besides(want) {
		t.Fatalf("%v", want)
	}
	tried := 0
	all := countries()
	for i, from := range all {
		for j, to := range all {
			if from == to || (i+j)%5 != 0 { // a fifth of them, every country at either end
				continue
			}
			tried++
			if got := findings(t, types, changed(home, func(t *payments.Transfer) { t.Country, t.OtherCountry = from, to })); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s to %s: %v, want %v", from, to, got, want)
			}
		}
	}
	if tried < 12_000 {
		t.Errorf("only %d were tried", tried)
	}
}

// TestTheSameDayIsTheSameEverywhere goes through split: the same sender, at the same
// hours of day and night, pays people in countries of all time zones.
func TestTheSameDayIsTheSameEverywhere(t *testing.T) {
	types := All(DefaultRules())
	tried := 0
	for _, hour := range []int{9, 17, 23} {
		var want map[string]found
		for _, to := range []string{"KE", "BR", "VN", "RO", "NG", "FJ", "PK", "PE"} {
			all := append(atHour(hour, 6, with(toStranger(), func(p *payment) { p.toCountry = to })),
				uneven(4, 5, with(toStranger(), func(p *payment) { p.toCountry = to }))...)
			got := findings(t, types, transfersOf(t, signal.Sender, all))
			if f, ok := got["P06"]; ok {
				f.says = f.says[:strings.Index(f.says, ";")] // how many at the other end follows
				got["P06"] = f
			}
			if want == nil {
				want = got
			}
			tried++
			if !reflect.DeepEqual(got, want) {
				t.Errorf("at %d to %s: %v, want %v", hour, to, got, want)
			}
		}
		if _, ok := want["P06"]; ok != (hour == 23) {
			t.Errorf("at %d: P06 is %v", hour, ok)
		}
	}
	if tried != 24 {
		t.Errorf("%d were tried", tried)
	}
}

// TestNothingOfAPersonIsThere holds what rules can see, and what is read at all, to
// fields that do not say what a person is.
func TestNothingOfAPersonIsThere(t *testing.T) {
	never := strings.Fields("age birth birthday born sex gender nation nationality citizen citizenship ethnicity race religion surname")
	word := regexp.MustCompile("[A-Z]?[a-z]+|[A-Z]+")
	fields := 0
	var look func(reflect.Type)
	seen := map[reflect.Type]bool{} // a view has another view
	look = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Array {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			fields++
			for _, w := range word.FindAllString(f.Name, -1) {
				if slices.Contains(never, strings.ToLower(w)) {
					t.Errorf("%s has %s", typ, f.Name)
				}
			}
			if f.IsExported() {
				look(f.Type)
			}
		}
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[payments.Transaction](), reflect.TypeFor[payments.Transfer](),
		reflect.TypeFor[profile.Entry](), reflect.TypeFor[profile.Other](), reflect.TypeFor[profile.Total](), reflect.TypeFor[profile.View](),
		reflect.TypeFor[Rules](),
	} {
		look(typ)
	}
	if fields < 100 {
		t.Errorf("only %d fields were looked at", fields)
	}
	// A typology sees no name at all: that two ends share one is all that is left.
	for _, typ := range []reflect.Type{reflect.TypeFor[profile.Entry](), reflect.TypeFor[profile.Other]()} {
		for i := range typ.NumField() {
			if strings.Contains(typ.Field(i).Name, "Name") {
				t.Errorf("%s has %s", typ, typ.Field(i).Name)
			}
		}
	}
}

// unfair is a typology as nobody may write one.
type unfair func(*profile.View) (engine.Finding, bool)

func (unfair) ID() string                                    { return "P99" }
func (unfair) Version() string                               { return "1" }
func (u unfair) Find(v *profile.View) (engine.Finding, bool) { return u(v) }
func always(v *profile.View, strength float64) (engine.Finding, bool) {
	return engine.Finding{Counted: []int32{0}, Says: "unfair", Strength: strength}, true
}

func TestTheseTestsCatchWhatIsUnfair(t *testing.T) {
	philippines := profile.CountryOf("PH")
	for name, u := range map[string]unfair{
		"a destination": func(v *profile.View) (engine.Finding, bool) {
			if v.Entries[0].OtherCountry != philippines {
				return nothing()
			}
			return always(v, 0.5)
		},
		"a destination makes it stronger": func(v *profile.View) (engine.Finding, bool) {
			if v.Entries[0].OtherCountry == philippines {
				return always(v, 0.51)
			}
			return always(v, 0.5)
		},
		"a region": func(v *profile.View) (engine.Finding, bool) {
			if v.Entries[0].Country.String() > "M" {
				return nothing()
			}
			return always(v, 0.5)
		},
		"a country in the sentence": func(v *profile.View) (engine.Finding, bool) {
			f, ok := always(v, 0.5)
			f.Says = v.Entries[0].OtherCountry.String()
			return f, ok
		},
	} {
		r := rand.New(rand.NewPCG(3, 4))
		if len(complaints(t, []engine.Typology{u}, someProfiles(t, 100, r), r)) == 0 {
			t.Errorf("%s was not caught", name)
		}
	}
	// P03 that speaks alone, and one that speaks louder.
	r := rand.New(rand.NewPCG(5, 6))
	for _, strength := range []float64{0.1, 0.2} {
		types := All(DefaultRules())
		if strength == 0.1 {
			types = nil
		}
		types = append(types, &typology{id: "P03", rules: DefaultRules().compile(), find: func(v *profile.View, r *Rules) (engine.Finding, bool) {
			if !alongCorridor(v, &v.Entries[0], r) {
				return nothing()
			}
			return always(v, strength)
		}})
		if len(complaints(t, types, someProfiles(t, 100, r), r)) == 0 {
			t.Errorf("P03 alone, or of strength %v, was not caught", strength)
		}
	}
	// Strangers alone, which the bland profiles catch.
	strangers := unfair(func(v *profile.View) (engine.Finding, bool) {
		if v.Others[0].Tie != profile.TieNone {
			return nothing()
		}
		return always(v, 0.5)
	})
	if len(findings(t, []engine.Typology{strangers}, bland(signal.Sender, 4, "DE", "PH", []string{strings.Repeat("a", 32)}, []string{strings.Repeat("b", 32)}, nil))) == 0 {
		t.Error("strangers alone were not caught")
	}
}
