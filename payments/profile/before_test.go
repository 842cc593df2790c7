package profile

import (
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// TestWhenItWasHeardOfBefore is the same in whatever order transfers come, in memory
// and in the store.
func TestWhenItWasHeardOfBefore(t *testing.T) {
	const now = 1_700_000_000
	for _, c := range []struct {
		name string
		at   []int64 // days before now
		want int64   // days before now; -1: none
	}{
		{"nothing before", []int64{0}, -1},
		{"within what is kept", []int64{90, 0}, -1},
		{"older than is kept", []int64{91, 0}, 91},
		{"the newest of several", []int64{99, 95, 91, 0}, 91},
		{"what is kept now counts for nothing", []int64{95, 91, 20, 0}, 91},
		{"in the other order", []int64{0, 91, 99, 95}, 91},
		{"and mixed", []int64{95, 0, 99, 91}, 91},
		{"twice", []int64{91, 0, 91}, 91},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := New("sub_00000000000000000000000000000000", signal.Sender, nil)
			for _, days := range c.at {
				e := Entry{ID: uint64(days + 1), At: now - days*day, Amount: 100, Currency: CurrencyOf("EUR")}
				if _, _, err := p.Add(e, Token{1}); err != nil {
					t.Fatal(err)
				}
			}
			restored := &Profile{}
			if err := restored.Decode(p.Encode(nil), p.subject, p.role, nil); err != nil {
				t.Fatal(err)
			}
			for _, one := range []*Profile{p, restored} {
				want := int64(0)
				if c.want >= 0 {
					want = now - c.want*day
				}
				if got := one.View(new(View), -1).Before; got != want {
					t.Errorf("%d, want %d", got, want)
				}
			}
		})
	}
}
