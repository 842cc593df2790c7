package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// store is a State in memory.
type store map[string][]byte

func (s store) Get(key []byte) ([]byte, error) { return s[string(key)], nil }
func (s store) Set(key, value []byte) error    { s[string(key)] = bytes.Clone(value); return nil }

func (s store) DeleteRange(from, to []byte) error {
	maps.DeleteFunc(s, func(k string, _ []byte) bool { return k >= string(from) && k < string(to) })
	return nil
}

func (s store) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(s)) {
		if strings.HasPrefix(k, string(prefix)) {
			if more, err := fn([]byte(k), s[k]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

func (s store) dump() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%x=%x\n", k, s[k])
	}
	return b.String()
}

// verbose makes a difference readable, and the tests slow.
const verbose = false

// everything says all that a view has, so that nothing of it can differ unseen.
type everything struct{ id string }

func (e everything) ID() string    { return e.id }
func (everything) Version() string { return "1" }

func (e everything) Find(v *profile.View) (Finding, bool) {
	all := v.Pick(func(*profile.Entry) bool { return true })
	h := fnv.New64a()
	var b strings.Builder
	for i := range v.Entries {
		entry := v.Entries[i]
		o := *v.Of(&entry)
		institution, ref := v.Source(&entry)
		var line []byte
		for _, n := range []int64{
			int64(entry.ID), entry.At, entry.Amount, entry.Base, int64(entry.OtherTown), int64(entry.Account), int64(entry.Exposures), int64(entry.Country),
			int64(entry.OtherCountry), int64(entry.Rail), int64(entry.Funding), int64(entry.Night), int64(entry.Tourists), int64(entry.PaidOutAfter),
			int64(entry.Classes), int64(entry.Marks), int64(o.Transfers), o.First, o.Last, int64(o.Tie), int64(o.Mix()),
		} {
			line = binary.AppendVarint(line, n)
		}
		line = append(append(append(line, o.Token[:]...), institution...), ref...)
		if o.Steady {
			line = append(line, 1)
		}
		_, _ = h.Write(line)
		if verbose {
			fmt.Fprintf(&b, "%d %x\n", i, line)
		}
	}
	fmt.Fprintf(&b, "%x\n", h.Sum64())
	fmt.Fprintln(&b, v.Newest, v.Sketched)
	for w := range profile.Days90 + 1 {
		fmt.Fprintf(&b, "%+v\n", v.Total(w))
	}
	for _, q := range []float64{0, 0.5, 0.9} {
		amount, _ := v.AmountAt(q)
		gap, _ := v.GapAt(q)
		fmt.Fprintln(&b, amount, gap)
	}
	amount, gap, _ := v.Slopes(all)
	span := v.Best(all, 30*daySeconds, func(s profile.Span) int { return s.Counterparties*1000 + s.Transfers() })
	fmt.Fprintln(&b, amount, gap, span)
	f := Finding{Counted: all, Says: b.String(), Strength: 0.5}
	if e.id == "other" && len(all) > 0 {
		f.About = v.Of(&v.Entries[len(v.Entries)-1]).Token.Subject()
	}
	return f, len(all) > 2
}

func newEngine(t testing.TB, cacheBytes int64) *Engine {
	t.Helper()
	e, err := New(Config{
		Typologies: []Typology{everything{"all"}, everything{"other"}}, CacheBytes: cacheBytes,
		Marks: func(e *profile.Entry) profile.Marks {
			if e.Amount < 50_00 {
				return profile.Marked | profile.Low
			}
			return profile.Marked
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// aSubject is a made-up subject.
func aSubject(n int) signal.Subject {
	return signal.Subject("sub_" + signal.ID("subject", fmt.Sprint(n)))
}

// traffic makes the transfers of some subjects over some days, in order: a few
// subjects have most, from many counterparties. Some are withdrawn soon after.
func traffic(r *rand.Rand, n, subjects int, over time.Duration) []payments.Transfer {
	var out []payments.Transfer
	for i := range n {
		subject := min(r.IntN(subjects), r.IntN(subjects), r.IntN(subjects), r.IntN(subjects))
		at := start.Add(time.Duration(float64(over) * float64(i) / float64(n))).Truncate(time.Second)
		t := payments.Transfer{
			Subject: aSubject(subject), Role: []signal.Role{signal.Sender, signal.Recipient}[subject%2],
			Other:       aSubject(1000 + min(r.IntN(300), r.IntN(300))),
			Institution: []string{"BANKDEFF", "BANKSESS"}[r.IntN(2)], Ref: fmt.Sprintf("REF-%d", i), ID: signal.ID("transfer", fmt.Sprint(i)),
			At: at, Amount: 100 + int64(r.IntN(20))*500, Currency: "EUR",
			Country: "DE", OtherCountry: []string{"PH", "DE", "SE", ""}[r.IntN(4)],
		}
		if r.IntN(3) > 0 {
			t.Base = t.Amount * 2
			t.Names, t.OtherNames = []string{"a"}, []string{"b"}
		}
		if r.IntN(4) == 0 {
			t.Names, t.OtherNames = []string{"a"}, []string{"a"}
			t.Rail, t.Funding, t.Night = payments.RailWallet, payments.FundedByCash, payments.Yes
			t.Classes, t.Purpose, t.OtherTown = []payments.Class{payments.School}, "EDUC", signal.ID("town", "x")
			t.Account = signal.ID("account", fmt.Sprint(i%3))
			t.Exposures, t.PaidOutAfter, t.Tourists = []string{"mixer:direct"}, 30, payments.No
		}
		out = append(out, t)
		if r.IntN(20) == 0 {
			t.Withdrawn = true
			t.At = t.At.Add(time.Duration(r.IntN(5)) * time.Hour)
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b payments.Transfer) int { return a.At.Compare(b.At) })
	return out
}

// disturb doubles 5 %, shuffles within ten minutes, and makes 5 % late by hours. A
// withdrawal may so come before what it withdraws.
func disturb(r *rand.Rand, in []payments.Transfer) []payments.Transfer {
	type arrival struct {
		t  payments.Transfer
		at time.Time
	}
	var all []arrival
	for _, t := range in {
		a := arrival{t, t.At.Add(time.Duration(r.Int64N(int64(10 * time.Minute))))}
		if r.IntN(20) == 0 {
			a.at = a.at.Add(time.Duration(r.Int64N(int64(36 * time.Hour))))
		}
		all = append(all, a)
		if r.IntN(20) == 0 {
			a.at = a.at.Add(time.Duration(r.Int64N(int64(24 * time.Hour))))
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.at.Compare(b.at) })
	out := make([]payments.Transfer, len(all))
	for i, a := range all {
		out[i] = a.t
	}
	return out
}

// last runs transfers and returns the last revision of each signal, the number of
// the revision and what was withdrawn left out.
func last(t testing.TB, p *Partition, s State, in []payments.Transfer) map[string]signal.Signal {
	t.Helper()
	out := make(map[string]signal.Signal)
	for _, tr := range in {
		signals, err := p.Process(context.Background(), s, tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, sig := range signals {
			if sig.Revision <= out[sig.ID].Revision {
				t.Fatalf("revision %d after %d", sig.Revision, out[sig.ID].Revision)
			}
			out[sig.ID] = sig
		}
	}
	maps.DeleteFunc(out, func(_ string, s signal.Signal) bool { return s.Payment.Strength == 0 })
	for id, s := range out {
		s.Revision = 0
		out[id] = s
	}
	return out
}

// difference names the first line that differs.
func difference(got, want []signal.Signal) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d signals, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := strings.Split(got[i].Says, "\n"), strings.Split(want[i].Says, "\n")
		for n := range min(len(g), len(w)) {
			if g[n] != w[n] {
				return fmt.Sprintf("signal %d, line %d of %d and %d:\n%s\n%s", i, n, len(g), len(w), g[n], w[n])
			}
		}
		got[i].Says, want[i].Says = "", ""
		if g, w := fmt.Sprintf("%+v %+v", got[i], got[i].Payment), fmt.Sprintf("%+v %+v", want[i], want[i].Payment); g != w {
			return fmt.Sprintf("signal %d:\n%s\n%s", i, g, w)
		}
	}
	return "no line differs"
}
