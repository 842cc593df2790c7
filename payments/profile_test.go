package payments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// planted is what the public indicators describe: small round payments from
// unrelated people abroad, some again and again, with references of all kinds.
func planted() []payment {
	texts := []string{"school uniform", "medicine", "room rent", "tuition", "family support", "@handle"}
	var out []payment
	for i, name := range []string{"Anton Testmann", "Bram Voorbeeld", "Cody Madeup", "Declan Nobody", "Eero Esimerkki", "Frieder Niemand"} {
		for n := range 1 + i%3*2 {
			out = append(out, payment{
				from: name, to: "Maria Muster", daysAgo: float64(27-4*i) + 1.3*float64(n), amount: fmt.Sprint(20 + 10*(i+n)%60), text: texts[(i+n)%len(texts)],
			})
		}
	}
	return out
}

// firing drops signals of strength 0, which say the same as none.
func firing(latest map[string]signal.Signal) map[string]signal.Signal {
	latest = maps.Clone(latest)
	maps.DeleteFunc(latest, func(_ string, s signal.Signal) bool { return s.Payment.Strength == 0 })
	return latest
}

func TestOrderAndRepeatsChangeNothing(t *testing.T) {
	for _, role := range []signal.Role{signal.Sender, signal.Recipient} {
		transfers := transfersOf(t, role, planted())
		undisturbed := store{}
		want := process(t, undisturbed, transfers)
		if role == signal.Recipient && len(firing(want)) != len(typologies) {
			t.Fatalf("%d typologies fire on the planted pattern, want all", len(firing(want)))
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			again := slices.Concat(transfers, transfers[:len(transfers)/2])
			r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
			s := store{}
			got := process(t, s, again)
			if s.dump() != undisturbed.dump() {
				t.Fatalf("%s: state differs:\n%s\n%s", role, s.dump(), undisturbed.dump())
			}
			if !reflect.DeepEqual(firing(got), firing(want)) {
				t.Fatalf("%s: signals differ:\n%+v\n%+v", role, got, want)
			}
		}
	}
}

// TestOrderChangesNothingBeyondTheWindow spreads the transfers over 200 days, so
// that by order of arrival some are dropped and some never taken.
func TestOrderChangesNothingBeyondTheWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var payments []payment
	for i := range 60 {
		payments = append(payments, payment{
			from: fmt.Sprintf("Sender%c", 'a'+i%7), to: "Maria Muster", daysAgo: r.Float64() * 200, amount: fmt.Sprint(10 * (1 + r.IntN(9))), text: "rent",
		})
	}
	transfers := transfersOf(t, signal.Recipient, payments)
	var state string
	var want map[string]signal.Signal
	for round := range 50 {
		s := store{}
		got := firing(process(t, s, transfers))
		if round == 0 {
			state, want = s.dump(), got
		}
		if s.dump() != state || !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d: state or signals differ", round)
		}
		r.Shuffle(len(transfers), func(i, j int) { transfers[i], transfers[j] = transfers[j], transfers[i] })
	}
	if len(want) == 0 {
		t.Error("nothing fires, so nothing was compared")
	}
}

func TestProfileKeepsTheNewestAndNoMoreThanItsBound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	entries := make([]entry, maxEntries+700)
	for i := range entries {
		entries[i] = entry{id: token{byte(i), byte(i >> 8)}, at: now.Unix() + int64(r.IntN(80*86400)), amount: 1}
	}
	var want []byte
	for range 3 {
		p := &profile{}
		var last uint64
		for _, e := range entries {
			added, err := p.add(e)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.entries) > maxEntries {
				t.Fatalf("%d entries", len(p.entries))
			}
			if rev := p.revision(); added != (rev > last) {
				t.Fatalf("added is %v, revision %d after %d", added, rev, last)
			} else {
				last = rev
			}
		}
		if want == nil {
			want = p.encode()
		}
		if !bytes.Equal(p.encode(), want) {
			t.Fatal("the order of arrival changed the profile")
		}
		if n := len(p.entries); n < maxEntries*9/10 {
			t.Errorf("only %d entries are left", n)
		}
		r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	}
}

func TestAnAccountBusyBeyondAPersonIsLeftAlone(t *testing.T) {
	p := &profile{}
	for i := range maxEntries + 1 {
		if _, err := p.add(entry{id: token{byte(i), byte(i >> 8)}, at: now.Unix() + int64(i%3600), amount: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.entries) != 0 {
		t.Errorf("%d entries of one hour are kept", len(p.entries))
	}
}

func TestAReferenceUsedTwiceIsRefusedAndTheFirstStands(t *testing.T) {
	transfers := transfersOf(t, signal.Recipient, planted())
	s := store{}
	process(t, s, transfers)
	before := s.dump()
	reused := transfers[0]
	reused.Amount++
	_, err := NewProfiler(DefaultRules()).Process(t.Context(), s, reused)
	if got := reasons(t, err); !slices.Equal(got, []string{"reference-reused"}) {
		t.Errorf("got %v", err)
	}
	resent := transfers[0]
	resent.At = resent.At.Add(time.Hour) // a file sent again, with a new header
	if signals, err := NewProfiler(DefaultRules()).Process(t.Context(), s, resent); err != nil || signals != nil {
		t.Errorf("a transfer sent again gave %v, %v", signals, err)
	}
	if s.dump() != before {
		t.Error("the profile changed")
	}
}

func TestAPatternThatIsGoneIsWithdrawn(t *testing.T) {
	later := payment{from: "Anton Testmann", to: "Maria Muster", daysAgo: -100, amount: "1000"}
	transfers := transfersOf(t, signal.Recipient, append(planted(), later))
	latest := process(t, store{}, transfers)
	if len(latest) != len(typologies) {
		t.Fatalf("%d signals, want %d", len(latest), len(typologies))
	}
	for _, sig := range latest {
		if sig.Payment.Strength != 0 || !sig.End.Equal(now.Add(100*day)) {
			t.Errorf("%s stands 100 days later: %+v", sig.Payment.Typology, sig)
		}
	}
}

func TestNewRulesWithdrawWhatTheOldOnesSaid(t *testing.T) {
	transfers := transfersOf(t, signal.Recipient, planted())
	s := store{}
	last := len(transfers) - 1
	process(t, s, transfers[:last])
	rules := DefaultRules()
	rules.Version = "r2"
	signals, err := NewProfiler(rules).Process(t.Context(), s, transfers[last])
	if err != nil {
		t.Fatal(err)
	}
	strength := make(map[string]bool)
	for _, sig := range signals {
		strength[sig.Payment.Rules+sig.Payment.Typology] = sig.Payment.Strength > 0
	}
	for _, ty := range typologies {
		if now, is := strength["r2"+ty.id]; !now || !is {
			t.Errorf("%s is not said under the new rules", ty.id)
		}
		if old, is := strength["r1"+ty.id]; old || !is {
			t.Errorf("%s is not withdrawn under the old rules", ty.id)
		}
	}
}

// TestAProfileIsOfOneSubjectAndRole makes sure that nobody's payments count for
// another.
func TestAProfileIsOfOneSubjectAndRole(t *testing.T) {
	s := store{}
	var all []Transfer
	for _, role := range []signal.Role{signal.Sender, signal.Recipient} {
		all = append(all, transfersOf(t, role, planted())...)
	}
	process(t, s, all)
	if len(s) != 7 { // six senders and a recipient
		t.Errorf("%d profiles, want 7", len(s))
	}
}

type failing struct {
	store
	get, set error
}

func (f failing) Get(key []byte) ([]byte, error) { return f.store[string(key)], f.get }
func (f failing) Set(key, value []byte) error    { return errors.Join(f.set, f.store.Set(key, value)) }

func TestFaultsOfTheStoreAreNotRejections(t *testing.T) {
	transfers := transfersOf(t, signal.Recipient, planted())
	boom := errors.New("boom")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	damaged := store{}
	process(t, damaged, transfers)
	for k, v := range damaged {
		damaged[k] = v[:len(v)-1]
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		s    State
		want string
	}{
		"get":     {t.Context(), failing{store: store{}, get: boom}, "boom"},
		"set":     {t.Context(), failing{store: store{}, set: boom}, "boom"},
		"context": {ended, store{}, context.Canceled.Error()},
		"damaged": {t.Context(), damaged, "damaged"},
		"format":  {t.Context(), store{"profile/" + string(transfers[0].Subject) + "/recipient": {9}}, "format 9"},
	} {
		signals, err := NewProfiler(DefaultRules()).Process(c.ctx, c.s, transfers[0])
		var rejection *signal.Rejection
		if err == nil || signals != nil || errors.As(err, &rejection) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, signals, err)
		}
	}
}

func TestProfilesComeBackFromTheStore(t *testing.T) {
	want := &profile{role: signal.Sender, floor: -5, rules: "r1", fired: []string{"P01", "P05"}, entries: []entry{
		{id: token{1}, at: 2, amount: 3, currency: "EUR", other: token{4}, institution: "B", ref: "r", country: "DE", otherCountry: "PH", tie: tieNone, classes: 5},
		{},
	}}
	data := want.encode()
	got, err := decodeProfile(data, signal.Sender)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	for n := 1; n < len(data); n++ {
		if p, err := decodeProfile(data[:n], signal.Sender); err == nil {
			t.Fatalf("%d of %d bytes were read as %+v", n, len(data), p)
		}
	}
	if _, err := decodeProfile(append(data, 0), signal.Sender); err == nil {
		t.Error("a byte too many was read")
	}
}

func FuzzDecodeProfile(f *testing.F) {
	s := store{}
	process(f, s, transfersOf(f, signal.Recipient, planted()))
	for _, v := range s {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodeProfile(data, signal.Recipient)
		if err != nil {
			return
		}
		again, err := decodeProfile(p.encode(), signal.Recipient)
		if err != nil || !bytes.Equal(again.encode(), p.encode()) {
			t.Fatalf("%+v comes back as %+v, %v", p, again, err)
		}
	})
}
