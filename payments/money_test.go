package payments

import (
	"slices"
	"testing"
)

func TestAmountsAreExact(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		want           int64
		brief          string
	}{
		{"50.00", "EUR", 5000, "50"},
		{"0.05", "EUR", 5, "0.05"},
		{".5", "EUR", 50, "0.50"},
		{"5.", "EUR", 500, "5"},
		{"0.10000", "EUR", 10, "0.10"},
		{"1500.00", "JPY", 1500, "1500"},
		{"12.50", "PKR", 1250, "12.50"}, // CLDR shows people no decimals here
		{"1.234", "KWD", 1234, "1.234"},
		{"1.2345", "CLF", 12345, "1.2345"},
		{"10000000000000.00", "EUR", MaxAmount, "10000000000000"},
	} {
		got, err := ParseAmount(c.text, c.currency)
		if err != nil || got != c.want {
			t.Errorf("%s %s: %d, %v, want %d", c.text, c.currency, got, err, c.want)
		}
		if brief := FormatAmount(got, c.currency, true); brief != c.brief {
			t.Errorf("%s %s is shown as %s, want %s", c.text, c.currency, brief, c.brief)
		}
		if again, err := ParseAmount(FormatAmount(got, c.currency, false), c.currency); err != nil || again != got {
			t.Errorf("%d %s comes back as %d, %v", got, c.currency, again, err)
		}
	}
	for text, reason := range map[string]string{
		"10000000000000.01": "amount-too-large", "99999999999999999999": "amount-too-large", "0.001": "amount-decimals",
		"": "amount", ".": "amount", "1,00": "amount", "1e3": "amount", "0x10": "amount", "--1": "amount", "+1": "amount", "1.2.3": "amount",
		"-1": "amount-negative", "-0": "amount-negative", "0": "amount-zero",
	} {
		_, err := ParseAmount(text, "EUR")
		if got := reasons(t, err); !slices.Equal(got, []string{reason}) {
			t.Errorf("%q: %v, want %s", text, got, reason)
		}
	}
	n := 0
	for _, digits := range minorDigits {
		if digits >= 0 {
			n++
		}
	}
	if n != 166 {
		t.Errorf("%d currencies, and the list had 166", n)
	}
}

func TestCountriesAreThoseThatExist(t *testing.T) {
	for code, want := range map[string]bool{
		"PH": true, "DE": true, "XK": true, "GB": true,
		"UK": false, "ph": false, "QQ": false, "DD": false, "EU": false, "": false, "PHL": false, "608": false, "001": false,
	} {
		if IsCountry(code) != want {
			t.Errorf("%q: country is %v, want %v", code, !want, want)
		}
	}
}
