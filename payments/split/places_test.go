package split

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func TestNightIsWhatEveryZoneOfTheCountrySays(t *testing.T) {
	s := splitter(t, Options{})
	for _, c := range []struct {
		country, at string
		want        payments.Answer
	}{
		{"PH", "2026-03-31T15:00:00Z", payments.Yes}, // 23:00
		{"PH", "2026-03-31T14:59:59Z", payments.No},
		{"PH", "2026-03-31T20:59:59Z", payments.Yes},
		{"PH", "2026-03-31T21:00:00Z", payments.No},  // 05:00
		{"DE", "2026-03-31T21:00:00Z", payments.Yes}, // summer: 23:00
		{"DE", "2026-01-31T21:00:00Z", payments.No},  // winter: 22:00
		{"DE", "2026-01-31T22:00:00Z", payments.Yes},
		{"DE", "2026-03-29T03:30:00Z", payments.No}, // two hours after the change: 05:30
		{"DE", "2026-03-28T03:30:00Z", payments.Yes},
		{"US", "2026-03-31T17:00:00Z", payments.No},  // 07:00 in Hawaii to 13:00 in New York
		{"US", "2026-03-31T04:30:00Z", ""},           // night in the east, evening in the west
		{"US", "2026-03-31T19:00:00Z", payments.No},  // 09:00 to 15:00
		{"US", "2026-03-31T09:30:00Z", ""},           // 23:30 in Hawaii, 05:30 in New York
		{"AU", "2026-03-31T14:30:00Z", ""},           // 22:30 in Perth
		{"AU", "2026-03-31T16:30:00Z", payments.Yes}, // 00:30 in Perth to 03:30 in Lord Howe
		{"IN", "2026-03-31T17:30:00Z", payments.Yes}, // 23:00: half an hour off
		{"NP", "2026-03-31T17:15:00Z", payments.Yes}, // 23:00: a quarter off
		{"RU", "2026-03-31T20:30:00Z", ""},
		{"QQ", "2026-03-31T20:30:00Z", ""},
		{"", "2026-03-31T20:30:00Z", ""},
		{"PH", "2026-03-31T00:00:00Z", ""}, // a day without an hour
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.clocks.night(c.country, at); got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.country, c.at, got, c.want)
		}
	}
}

// TestNightIsAsTheZonesSay compares with the zones themselves, at every half hour
// round the changes of the clocks and at odd times, and in an order that makes
// what is remembered useless.
func TestNightIsAsTheZonesSay(t *testing.T) {
	s := splitter(t, Options{})
	checked := 0
	for _, code := range []string{"DE", "US", "AU", "BR", "PH", "MX", "RU", "MA", "IR"} {
		c := s.clocks.countries[countryIndex(code)]
		for month := range 24 {
			for half := range 48 {
				at := time.Date(2025, time.Month(1+(month*7)%24), 1+(month*5+half)%28, half/2, half%2*30, 1, 0, time.UTC)
				answers := map[payments.Answer]bool{}
				for _, zone := range c.zones {
					hour := at.In(zone).Hour()
					answers[map[bool]payments.Answer{true: payments.Yes, false: payments.No}[hour >= 23 || hour < 5]] = true
				}
				var want payments.Answer
				if len(answers) == 1 {
					for a := range answers {
						want = a
					}
				}
				if got := s.clocks.night(code, at); got != want {
					t.Fatalf("%s at %s: %q, want %q", code, at, got, want)
				}
				checked++
			}
		}
	}
	if checked < 10_000 {
		t.Errorf("only %d times were checked", checked)
	}
}

func TestPurchases(t *testing.T) {
	s := splitter(t, Options{})
	for _, c := range []struct {
		shop payments.Merchant
		want payments.Purchase
	}{
		{payments.Merchant{MCC: "3000"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "3299"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "3300"}, ""},
		{payments.Merchant{MCC: "3500"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "4511"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "7011"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "6010"}, payments.BoughtWithdrawal},
		{payments.Merchant{MCC: "6011"}, payments.BoughtWithdrawal},
		{payments.Merchant{MCC: "5967"}, payments.BoughtAdult},
		{payments.Merchant{MCC: "4816", Name: "NordVPN*1 month"}, payments.BoughtVPN},
		{payments.Merchant{MCC: "4816", Name: "NORDVPN *1 MONTH"}, payments.BoughtVPN},
		{payments.Merchant{MCC: "7011", Name: "Private Internet Access"}, payments.BoughtVPN},
		{payments.Merchant{MCC: "7011", Name: "Private Internet Accessories"}, payments.BoughtTravel},
		{payments.Merchant{MCC: "5411", Name: "Demo Bakery"}, ""},
		{payments.Merchant{MCC: "x"}, ""},
		{payments.Merchant{}, ""},
	} {
		if got := s.merchants.bought(c.shop); got != c.want {
			t.Errorf("%+v: %q, want %q", c.shop, got, c.want)
		}
	}
}

func TestTourists(t *testing.T) {
	s := splitter(t, Options{})
	for _, c := range []struct {
		country, town string
		want          payments.Answer
	}{
		{"PH", "EL NIDO", payments.Yes}, {"PH", "Demoville", payments.No}, {"PH", "", ""},
		{"TH", "Phuket", payments.Yes}, {"TH", "Demoville", ""}, {"DE", "Phuket", ""}, {"", "Phuket", ""},
	} {
		if got := s.resorts.tourists(c.country, appendPlace(nil, c.town)); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestOneAddress(t *testing.T) {
	base := payments.Party{Address: "Musterweg 1", Town: "Demostadt", Country: "DE"}
	for _, c := range []struct {
		name string
		with func(*payments.Party)
		want bool
	}{
		{"the same", func(*payments.Party) {}, true},
		{"in another spelling", func(p *payments.Party) { p.Address = "MUSTERWEG, 1" }, true},
		{"another house", func(p *payments.Party) { p.Address = "Musterweg 2" }, false},
		{"another town", func(p *payments.Party) { p.Town = "Musterstadt" }, false},
		{"another country", func(p *payments.Party) { p.Country = "AT" }, false},
		{"no town", func(p *payments.Party) { p.Town = "" }, true},
		{"no address", func(p *payments.Party) { p.Address = "" }, false},
		{"no letters", func(p *payments.Party) { p.Address = "-" }, false},
	} {
		other := base
		c.with(&other)
		if got := oneAddress(base, other); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if oneAddress(payments.Party{Address: "-"}, payments.Party{Address: "-"}) {
		t.Error("nothing is no address")
	}
}

func TestPaidOutAfter(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Second, 1}, {61 * time.Second, 2}, {24 * time.Hour, 1440}, {-time.Second, 0}, {20 * 365 * 24 * time.Hour, maxPaidOut}} {
		if got := paidOutAfter(&payments.Transaction{At: now, PaidOut: now.Add(c.after)}); got != c.want {
			t.Errorf("%v: %d, want %d", c.after, got, c.want)
		}
	}
}

func TestExposures(t *testing.T) {
	v := &payments.Virtual{}
	for _, c := range strings.Fields("z y x w v u t s r mixer mixer Mixer 1x a_b") {
		v.Exposures = append(v.Exposures, payments.Exposure{Of: signal.Sender, Category: c})
	}
	v.Exposures = append(v.Exposures, payments.Exposure{Of: signal.Recipient, Category: "csam", Direct: true}, payments.Exposure{Of: signal.Sender, Category: "z", Direct: true})
	if got, want := exposures(v, signal.Sender), strings.Fields("mixer r s t u v w z:direct"); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := exposures(v, signal.Recipient); !slices.Equal(got, []string{"csam:direct"}) {
		t.Error(got)
	}
	if got := exposures(nil, signal.Sender); got != nil {
		t.Error(got)
	}
}

// BenchmarkSplit splits one transaction with all that it may have, and one that is
// as plain as most are.
func BenchmarkSplit(b *testing.B) {
	s := splitter(b, Options{Rates: double{}})
	plain := full()
	plain.Virtual, plain.Merchant, plain.PaidOut = nil, payments.Merchant{}, time.Time{}
	for name, tx := range map[string]payments.Transaction{"full": full(), "plain": plain} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Split(&tx)
			}
		})
	}
}
