package typology

import (
	"fmt"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/signal"
)

// BenchmarkAll asks every typology about one profile, as the engine does at each
// transfer. Marks are made by the profile, when an entry is read.
func BenchmarkAll(b *testing.B) {
	quiet := func(n int) (out []payment) { // what most people are: at home, or large, or family
		for i := range n {
			p := payment{from: "Ana Muster", to: fmt.Sprintf("Demo Shop%c%c", 'a'+i%9, 'a'+i%4), amount: fmt.Sprint(7 + i*13%90), toCountry: "DE", daysAgo: 80 * float64(i) / float64(n)}
			if i%10 == 0 {
				p.to, p.toCountry, p.amount = "Lola Muster", "PH", "300"
			}
			out = append(out, p)
		}
		return out
	}
	sender := func(n int) (out []payment) {
		for i := range n {
			out = append(out, payment{from: "Ana Muster", to: fmt.Sprintf("Person%c%c", 'a'+i%9, 'a'+i%4), amount: fmt.Sprint(7 + i*13%90), text: "rent", daysAgo: 80 * float64(i) / float64(n)})
		}
		return out
	}
	fan := func(n int) (out []payment) {
		for _, p := range sender(n) {
			p.from, p.to = p.to, p.from
			out = append(out, p)
		}
		return out
	}
	for _, c := range []struct {
		name string
		role signal.Role
		make func(int) []payment
	}{{"quiet", signal.Sender, quiet}, {"small-abroad", signal.Sender, sender}, {"fan-in", signal.Recipient, fan}} {
		for _, n := range []int{10, 50, 250} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				benchmark(b, All(DefaultRules()), transfersOf(b, c.role, c.make(n)))
			})
		}
	}
	for _, ty := range All(DefaultRules()) {
		b.Run("one/"+ty.ID(), func(b *testing.B) {
			benchmark(b, []engine.Typology{ty}, transfersOf(b, signal.Sender, quiet(50)))
		})
	}
}

func benchmark(b *testing.B, types []engine.Typology, transfers []payments.Transfer) {
	p := profile.New(transfers[0].Subject, transfers[0].Role, DefaultRules().Marks())
	for i := range transfers {
		if _, _, err := p.Add(profile.NewEntry(&transfers[i]), profile.TokenOf(transfers[i].Other)); err != nil {
			b.Fatal(err)
		}
	}
	var view profile.View
	fired := 0
	b.ReportAllocs()
	for b.Loop() {
		v := p.View(&view, -1)
		fired = 0
		for _, ty := range types {
			if _, ok := ty.Find(v); ok {
				fired++
			}
		}
	}
	b.ReportMetric(float64(fired), "fired")
}
