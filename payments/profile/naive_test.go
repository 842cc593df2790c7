package profile

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// A naive profile keeps every transfer, and works all out anew when it is asked.
type naive struct {
	all  map[uint64]paid
	dead map[uint64]bool
	now  int64
}

type paid struct {
	e     Entry
	other Token
}

func (n *naive) kept() []paid {
	var out []paid
	for id, p := range n.all {
		if !n.dead[id] && p.e.At >= n.now-Kept {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b paid) int { return cmp.Or(cmp.Compare(a.e.At, b.e.At), cmp.Compare(a.e.ID, b.e.ID)) })
	return out
}

func (n *naive) total(seconds int64) (t Total) {
	first, ties, last := map[Token]int64{}, map[Token]Tie{}, map[Token]int64{}
	countries := map[Country]bool{}
	from := n.now - seconds
	for _, p := range n.kept() {
		if _, is := first[p.other]; !is {
			first[p.other] = p.e.At
		}
		last[p.other] = p.e.At
		ties[p.other] = max(ties[p.other], p.e.Tie)
		if p.e.At < from {
			continue
		}
		t.Transfers++
		t.Base += p.e.Base
		if p.e.Base == 0 {
			t.NoBase++
		}
		if p.e.Amount < 1000 {
			t.Low++
		}
		if p.e.Night == Yes {
			t.Night++
		}
		if p.e.Country != p.e.OtherCountry && p.e.Country != 0 && p.e.OtherCountry != 0 {
			t.Abroad++
		}
		if p.e.OtherCountry != 0 {
			countries[p.e.OtherCountry] = true
		}
	}
	for other, at := range last {
		if at < from {
			continue
		}
		t.Others++
		if first[other] >= from {
			t.New++
		}
		if ties[other] == TieNone {
			t.Unrelated++
		}
	}
	t.Countries = len(countries)
	return t
}

func lowBelowTen(e *Entry) Marks {
	if e.Amount < 1000 {
		return Low
	}
	return 0
}

// TestProfilesAgreeWithANaiveModel gives both the same transfers, late, doubled and
// withdrawn ones among them, and stores and reads the profile now and then.
func TestProfilesAgreeWithANaiveModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := naive{all: map[uint64]paid{}, dead: map[uint64]bool{}}
		p := New("sub_00000000000000000000000000000001", signal.Sender, lowBelowTen)
		now := int64(1_700_000_000)
		var v View
		checked := 0
		for range 400 {
			now += int64(r.ExpFloat64() * 60_000)
			e := Entry{
				ID: r.Uint64(), At: now - int64(r.IntN(4))*r.Int64N(40_000), Amount: 100 + r.Int64N(2000), Currency: CurrencyOf("EUR"),
				Country: CountryOf("DE"), OtherCountry: CountryOf([]string{"DE", "PH", ""}[r.IntN(3)]), Tie: Tie(r.IntN(4)), Night: Answer(r.IntN(3)),
			}
			e.Base = e.Amount * int64(r.IntN(2))
			other := Token{byte(1 + r.IntN(30))}
			if len(n.all) > 0 && r.IntN(10) == 0 { // one of before, or its withdrawal
				for id, old := range n.all {
					if e, other = old.e, old.other; r.IntN(5) == 0 && e.At > now-10*day {
						n.dead[id] = true
						p.Withdraw(e)
					}
					break
				}
			}
			if r.IntN(30) == 0 && !n.dead[e.ID] {
				n.dead[e.ID] = true
				p.Withdraw(e) // before it comes
			}
			if e.At >= n.now-Kept {
				n.all[e.ID] = paid{e, other}
			}
			n.now = max(n.now, e.At)
			if _, _, err := p.Add(e, other); err != nil {
				t.Fatal(err)
			}
			if r.IntN(7) == 0 {
				data := p.Encode(nil)
				p = &Profile{}
				if err := p.Decode(data, "sub_00000000000000000000000000000001", signal.Sender, lowBelowTen); err != nil {
					t.Fatal(err)
				}
				if again := p.Encode(nil); !bytes.Equal(again, data) {
					t.Fatal("a stored profile is stored otherwise again")
				}
			}
			checked += compare(t, &n, p.View(&v, -1))
		}
		if checked < 400 {
			t.Fatalf("only %d entries were compared", checked)
		}
	}
}

func compare(t *testing.T, n *naive, v *View) int {
	t.Helper()
	want := n.kept()
	if len(v.Entries) != len(want) || v.Newest != n.now || v.Sketched {
		t.Fatalf("%d entries up to %d, want %d up to %d", len(v.Entries), v.Newest, len(want), n.now)
	}
	for i := range want {
		got, other := v.Entries[i], v.Of(&v.Entries[i])
		if got.ID != want[i].e.ID || got.At != want[i].e.At || got.Amount != want[i].e.Amount || got.Base != want[i].e.Base || other.Token != want[i].other {
			t.Fatalf("entry %d is %+v, want %+v", i, got, want[i].e)
		}
	}
	for w := range windows {
		if got, want := v.Total(w), n.total(w.Seconds()); got != want {
			t.Fatalf("%d: %+v, want %+v", w, got, want)
		}
	}
	return len(want)
}

// TestLargeProfilesAreSummedUpWithinTheirErrors has 20,000 transfers with 3,000
// counterparties in 80 days, and no more memory than a few hundred entries take.
func TestLargeProfilesAreSummedUpWithinTheirErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	n := naive{all: map[uint64]paid{}, dead: map[uint64]bool{}}
	p := New("sub_00000000000000000000000000000001", signal.Recipient, lowBelowTen)
	const many = 20_000
	var amounts []int64
	for i := range many {
		k := uint16(r.IntN(3000))
		e := Entry{
			ID: r.Uint64(), At: 1_700_000_000 + int64(i)*80*day/many, Amount: int64(100 * math.Exp(r.NormFloat64())), Currency: CurrencyOf("EUR"),
			Country: CountryOf("PH"), OtherCountry: Country(1 + k%40), Tie: TieNone, Night: Answer(r.IntN(3)),
		}
		e.Base = e.Amount
		other := Token{byte(k), byte(k >> 8)}
		n.all[e.ID] = paid{e, other}
		n.now = max(n.now, e.At)
		amounts = append(amounts, e.Base)
		if _, changed, err := p.Add(e, other); err != nil || !changed {
			t.Fatal(changed, err)
		}
	}
	v := p.View(new(View), -1)
	if !v.Sketched || len(v.Entries) > mostExact {
		t.Fatalf("sketched %v, %d entries", v.Sketched, len(v.Entries))
	}
	for w := range windows {
		got, want := v.Total(w), n.total(w.Seconds())
		near := func(what string, got, want int, share float64) {
			if math.Abs(float64(got-want)) > share*float64(want) {
				t.Errorf("window %d: %s %d, want %d", w, what, got, want)
			}
		}
		oneDay := 1.0 / float64(w.Seconds()/day) // by which a window may begin too early
		if w == Day1 {
			oneDay = 0 // it is kept exactly
		}
		near("transfers", got.Transfers, want.Transfers, oneDay)
		near("base", int(got.Base), int(want.Base), oneDay)
		near("low", got.Low, want.Low, oneDay)
		near("night", got.Night, want.Night, oneDay)
		near("abroad", got.Abroad, want.Abroad, oneDay)
		most := n.total(w.Seconds() + slotDays*day) // three standard errors
		if float64(got.Others) < 0.9*float64(want.Others) || float64(got.Others) > 1.1*float64(most.Others) {
			t.Errorf("window %d: others %d, want %d to %d", w, got.Others, want.Others, most.Others)
		}
		near("countries", got.Countries, want.Countries, 0)
		if got.Approximate != (w > Day1) {
			t.Errorf("window %d: approximate is %v", w, got.Approximate)
		}
	}
	slices.Sort(amounts)
	for _, q := range []float64{0.1, 0.5, 0.99} {
		got, known := v.AmountAt(q)
		if want := amounts[int(q*float64(many-1))]; !known || math.Abs(float64(got-want)) > 0.021*float64(want)+1 {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	data := p.Encode(nil)
	if len(data) > 200_000 {
		t.Errorf("%d bytes are stored", len(data))
	}
	again := &Profile{}
	if err := again.Decode(data, "sub_00000000000000000000000000000001", signal.Recipient, lowBelowTen); err != nil || !bytes.Equal(again.Encode(nil), data) {
		t.Errorf("it comes back otherwise: %v", err)
	}
}

func TestAReferenceUsedTwiceIsRefusedAndTheFirstStands(t *testing.T) {
	p := New("", signal.Sender, nil)
	e := Entry{ID: 7, At: 1_700_000_000, Amount: 5, Currency: CurrencyOf("EUR")}
	if _, _, err := p.Add(e, Token{1}); err != nil {
		t.Fatal(err)
	}
	before := p.Encode(nil)
	for name, change := range map[string]func(*Entry, *Token){
		"amount":   func(e *Entry, _ *Token) { e.Amount++ },
		"currency": func(e *Entry, _ *Token) { e.Currency = CurrencyOf("SEK") },
		"other":    func(_ *Entry, o *Token) { o[0] = 9 },
	} {
		reused, other := e, Token{1}
		change(&reused, &other)
		if _, changed, err := p.Add(reused, other); err == nil || changed {
			t.Errorf("%s: changed %v, %v", name, changed, err)
		}
	}
	resent := e
	resent.At += 3600 // a file sent again, with a new header
	if _, changed, err := p.Add(resent, Token{1}); err != nil || changed {
		t.Errorf("a transfer sent again: changed %v, %v", changed, err)
	}
	if !bytes.Equal(p.Encode(nil), before) {
		t.Error("the profile changed")
	}
}

func TestDamagedProfilesAreNoticed(t *testing.T) {
	p := New("", signal.Sender, nil)
	for i := range 5 {
		if _, _, err := p.add(Entry{ID: uint64(i), At: 1_700_000_000 + int64(i), Amount: 5, Base: 6, OtherTown: 7, Classes: School}, Token{byte(i)}, "B", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	p.Fired = []Fired{{Typology: "P01", Version: "1", Said: 3}, {Typology: "X01", Version: "1", About: Token{1}}}
	data := p.Encode(nil)
	var got Profile
	for n := range data {
		if err := got.Decode(data[:n], "", signal.Sender, nil); err == nil {
			t.Fatalf("%d of %d bytes were read", n, len(data))
		}
	}
	if err := got.Decode(append(slices.Clone(data), 0), "", signal.Sender, nil); err == nil {
		t.Error("a byte too many was read")
	}
	if err := got.Decode(data, "", signal.Sender, nil); err != nil || !slices.Equal(got.Fired, p.Fired) {
		t.Errorf("%v, %+v", err, got.Fired)
	}
}

func FuzzDecode(f *testing.F) {
	p := New("", signal.Sender, nil)
	for i := range 300 {
		if _, _, err := p.add(Entry{ID: uint64(i), At: 1_700_000_000 + 86400*int64(i)/4, Amount: 5, Base: 6, OtherTown: 7, Classes: School}, Token{byte(i)}, "B", "r"); err != nil {
			f.Fatal(err)
		}
		if i%99 == 0 {
			f.Add(p.Encode(nil))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p, again Profile
		if err := p.Decode(data, "", signal.Sender, nil); err != nil {
			return
		}
		once := p.Encode(nil)
		if err := again.Decode(once, "", signal.Sender, nil); err != nil {
			t.Fatalf("what was read and stored is not read: %v", err)
		}
		if !bytes.Equal(again.Encode(nil), once) {
			t.Fatal("what was stored is stored otherwise again")
		}
	})
}
