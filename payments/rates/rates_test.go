package rates

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

func read1(t testing.TB, text string, o Options) *Table {
	t.Helper()
	table, err := Read([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func on(date string) time.Time {
	at, err := time.Parse(time.DateTime, date+" 23:59:59")
	if err != nil {
		panic(err)
	}
	return at
}

const some = "# base: EUR\ndate,currency,rate,note\n" +
	"2026-01-05,USD,1.25,\n2026-01-02,USD,1.2,\n2026-01-02,JPY,160,\n2026-01-02,KWD,0.36,\n2026-01-05,PHP,70,\n2026-01-06,PHP,700.0,jump\n"

func TestTheNewestRateOfTheDayOrBeforeCounts(t *testing.T) {
	table := read1(t, some, Options{})
	for _, c := range []struct {
		minor    int64
		currency string
		date     string
		want     int64
		ok       bool
	}{
		{50_00, "EUR", "1999-01-01", 50_00, true}, // the base needs no rate
		{60_00, "USD", "2026-01-01", 0, false},    // before the first
		{60_00, "USD", "2026-01-02", 50_00, true},
		{60_00, "USD", "2026-01-04", 50_00, true}, // a Sunday
		{60_00, "USD", "2026-01-05", 48_00, true},
		{60_00, "USD", "2026-01-12", 48_00, true}, // seven days
		{60_00, "USD", "2026-01-13", 0, false},
		{1600, "JPY", "2026-01-02", 10_00, true},    // no decimals
		{36_000, "KWD", "2026-01-02", 100_00, true}, // three
		{70_00, "PHP", "2026-01-05", 1_00, true},
		{700_00, "PHP", "2026-01-06", 1_00, true}, // a jump that is right
		{1, "JPY", "2026-01-02", 1, true},         // 0.625 cents
		{100, "SEK", "2026-01-02", 0, false},
		{0, payments.NoCurrency, "2026-01-02", 0, false},
		{-5, "USD", "2026-01-02", 0, false},
		{payments.MaxAmount + 1, "EUR", "2026-01-02", 0, false},
	} {
		if got, ok := table.Base(c.minor, c.currency, on(c.date)); got != c.want || ok != c.ok {
			t.Errorf("%d %s on %s: %d, %v, want %d, %v", c.minor, c.currency, c.date, got, ok, c.want, c.ok)
		}
	}
	if table.Len() != 6 || table.Newest() != on("2026-01-06").Truncate(24*time.Hour) || len(table.Version()) != 12 || table.Currency() != "EUR" {
		t.Errorf("%d rates, newest %s, version %q, %s", table.Len(), table.Newest(), table.Version(), table.Currency())
	}
}

func TestDaysAndBaseAreTheDeployments(t *testing.T) {
	table := read1(t, "date,currency,rate\n2026-01-02,EUR,0.8\n", Options{Base: "USD", Days: 1})
	if got, ok := table.Base(8_00, "EUR", on("2026-01-03")); got != 10_00 || !ok {
		t.Error(got, ok)
	}
	if _, ok := table.Base(8_00, "EUR", on("2026-01-04")); ok {
		t.Error("two days are within one")
	}
}

func TestADayIsOneOfUTC(t *testing.T) {
	table := read1(t, "date,currency,rate\n2026-01-02,USD,1\n2026-01-03,USD,2\n", Options{})
	manila := time.FixedZone("PHT", 8*3600)
	if got, _ := table.Base(2_00, "USD", time.Date(2026, 1, 3, 7, 59, 0, 0, manila)); got != 2_00 {
		t.Errorf("the morning of 3 January in Manila is 2 January in UTC: %d", got)
	}
}

// TestRoundingIsHalfToEven compares with exact fractions.
func TestRoundingIsHalfToEven(t *testing.T) {
	for _, c := range []struct {
		minor int64
		rate  string
		want  int64
	}{{1, "0.4", 2}, {3, "2", 2}, {5, "2", 2}, {7, "2", 4}, {1, "1.9999", 1}, {3, "1.2", 2}, {5, "10", 0}, {15, "10", 2}, {25, "10", 2}} {
		table := read1(t, "date,currency,rate\n2026-01-02,USD,"+c.rate+"\n", Options{})
		if got, ok := table.Base(c.minor, "USD", on("2026-01-02")); got != c.want || ok != (c.want > 0) {
			t.Errorf("%d at %s: %d, %v, want %d", c.minor, c.rate, got, ok, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	tried, unknown := 0, 0
	for range 3000 {
		scale := r.IntN(maxScale + 1)
		mantissa := 1 + r.Uint64N(maxMantissa)>>r.IntN(50)
		minor := 1 + r.Int64N(payments.MaxAmount)>>r.IntN(50)
		got, ok := convert(uint64(minor), 2, rate{scale: uint8(scale), mantissa: mantissa}, 3)
		exact := new(big.Rat).SetFrac(
			new(big.Int).Mul(big.NewInt(minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)+1), nil)),
			new(big.Int).SetUint64(mantissa))
		want := halfEven(exact)
		if want.Sign() == 0 || want.Cmp(big.NewInt(payments.MaxAmount)) > 0 {
			if ok {
				t.Fatalf("%d at %d/10^%d: %d, want none", minor, mantissa, scale, got)
			}
			unknown++
			continue
		}
		if tried++; !ok || want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("%d at %d/10^%d: %d, %v, want %s", minor, mantissa, scale, got, ok, want)
		}
	}
	if tried < 500 || unknown < 50 {
		t.Errorf("only %d were tried and %d without an amount", tried, unknown)
	}
}

func halfEven(x *big.Rat) *big.Int {
	q, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	switch c := new(big.Int).Lsh(rest, 1).Cmp(x.Denom()); {
	case c > 0, c == 0 && q.Bit(0) == 1:
		q.Add(q, big.NewInt(1))
	}
	return q
}

func TestAHistoryOfTheCentralBankIsReadAsItIs(t *testing.T) {
	table := read1(t, "\ufeffDate,USD,ROL,CYP,JPY,\n2026-01-05,1.25,N/A,,160,\n2026-01-02,1.2,N/A,0.58,161.5,\n", Options{})
	if got, ok := table.Base(12_50, "USD", on("2026-01-05")); got != 10_00 || !ok {
		t.Error(got, ok)
	}
	if table.Len() != 4 {
		t.Errorf("%d rates, want 4: ROL and CYP are no more", table.Len())
	}
}

func TestTheSampleIsGood(t *testing.T) {
	file, err := Open("sample.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := file.Base(61_83, "PHP", on("2024-04-28")); got != 1_00 || !ok {
		t.Error(got, ok)
	}
}

func TestFaultsAreToldAllAtOnceWithTheirLines(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"line 1: has no row that names the columns"}},
		{"columns", "a,b,c\n", []string{"line 1: names no columns that are known"}},
		{"another base", "# base: USD\ndate,currency,rate\n", []string{`line 1: the table is in units per "USD", and the base currency is EUR`}},
		{"all sorts", "date,currency,rate,note\n2026-01-02,USD,0,\n2026-01-02,USD,-1,\n2026-02-30,USD,1,\n2026-01-02,QQQ,1,\n2026-01-02,USD,\"1,2\",\n" +
			"2026-01-02,USD,1e3,\n2026-01-02,USD\n2026-01-02,USD,1,maybe\n2026-01-02,EUR,2,\n2026-01-03,USD,0.0000000000001,\n2026-01-03,USD,9999999999999999,\n2026-01-03,USD,,\n", []string{
			"line 2: the rate of USD is zero", "line 3: the rate of USD is below zero", "line 4: the date is none", `line 5: "QQQ" is no currency`,
			"line 6: the rate of USD is no decimal number", "line 7: the rate of USD is no decimal number", "line 8: has 2 cells, want 4",
			`line 9: the note is not "jump"`, "line 10: the rate of EUR, which is the base, is not 1", "line 11: the rate of USD has more than 12 decimals",
			"line 12: the rate of USD has more digits", "line 13: the rate of USD is no decimal number",
		}},
		{"twice", "date,currency,rate\n2026-01-02,USD,1.2\n2026-01-03,USD,1.2\n2026-01-02,USD,1.2\n", []string{"line 4: USD has a rate of this date on line 2 already"}},
		{"a jump up", "date,currency,rate\n2026-01-09,USD,12\n2026-01-02,USD,1.2\n", []string{"line 2: USD is ten times or a tenth of what it was 7 days before, on line 3"}},
		{"a jump down", "date,currency,rate\n2026-01-02,USD,1.2\n2026-01-03,USD,0.12\n", []string{"line 3: USD is ten times"}},
		{"wide", "Date,USD,USD,eur\n2026-01-02,1\n", []string{`line 1: the column "USD" is no code`, `line 1: the column "eur"`, "line 2: has 2 cells, and the first row names 4"}},
		{"quotes", "date,currency,rate\n\"2026,USD,1\n", []string{"line 2: is no CSV"}},
	} {
		_, err := Read([]byte(c.text), Options{})
		if err == nil {
			t.Errorf("%s: was read", c.name)
			continue
		}
		got := strings.Split(err.Error(), "\n")
		if len(got) != len(c.want) {
			t.Errorf("%s: %d faults, want %d:\n%v", c.name, len(got), len(c.want), err)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: %q, want %q", c.name, got[i], want)
			}
		}
	}
	for _, ok := range []string{
		"date,currency,rate\n2026-01-10,USD,12\n2026-01-02,USD,1.2\n", // after more than a week
		"date,currency,rate\n2026-01-03,USD,11.9\n2026-01-02,USD,1.2\n",
	} {
		if _, err := Read([]byte(ok), Options{}); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{{Base: "QQQ"}, {Base: payments.NoCurrency}, {Days: -1}, {Days: 400}} {
		if _, err := Read([]byte(some), o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	_, err := Read([]byte("date,currency,rate\n"+strings.Repeat("x\n", 1000)), Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "and 980 more") || strings.Count(err.Error(), "\n") != maxFaults {
		t.Errorf("%.300v", err)
	}
}

func TestAFileIsReadAgainAndABadOneChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rates.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(path, Options{}); err == nil {
		t.Error("a file that is not there was opened")
	}
	write("date,currency,rate\n2026-01-02,USD,1\n")
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	version := f.Table().Version()
	if changed, err := f.Reload(); changed || err != nil {
		t.Error(changed, err)
	}
	write("date,currency,rate\n2026-01-02,USD,none\n")
	if changed, err := f.Reload(); changed || err == nil {
		t.Error(changed, err)
	}
	if got, _ := f.Base(1_00, "USD", on("2026-01-02")); got != 1_00 || f.Table().Version() != version {
		t.Errorf("%d by %s", got, f.Table().Version())
	}
	write("date,currency,rate\n2026-01-02,USD,2\n")
	if changed, err := f.Reload(); !changed || err != nil {
		t.Error(changed, err)
	}
	if got, _ := f.Base(1_00, "USD", on("2026-01-02")); got != 50 || f.Table().Version() == version {
		t.Errorf("%d by %s", got, f.Table().Version())
	}
}

func TestWithoutAFileTheBaseAloneHasAmounts(t *testing.T) {
	f, err := Open("", Options{Base: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := f.Reload(); changed || err != nil {
		t.Error(changed, err)
	}
	if got, ok := f.Base(5, "USD", on("2026-01-02")); got != 5 || !ok {
		t.Error(got, ok)
	}
	if _, ok := f.Base(5, "EUR", on("2026-01-02")); ok || !f.Table().Newest().IsZero() {
		t.Error("there is a rate")
	}
	if _, err := Open("", Options{Base: "QQQ"}); err == nil {
		t.Error("no currency is a base")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(some), int64(50_00), int64(20_456))
	f.Add([]byte("Date,USD,JPY,\n2026-01-05,1.25,N/A,\n"), int64(1), int64(20_458))
	f.Fuzz(func(t *testing.T, file []byte, minor, day int64) {
		table, err := Read(file, Options{})
		if err != nil {
			return
		}
		for currency, list := range table.rates {
			for i, r := range list {
				if r.mantissa == 0 || i > 0 && r.day <= list[i-1].day {
					t.Fatalf("%s: %+v", currency, list)
				}
			}
			got, ok := table.Base(minor, currency, time.Unix(day%100_000*secondsADay, 0))
			if ok && (got < 1 || got > payments.MaxAmount) || !ok && got != 0 {
				t.Fatalf("%d %v", got, ok)
			}
		}
	})
}

// BenchmarkBase looks up in 25 years of 30 currencies.
func BenchmarkBase(b *testing.B) {
	var text strings.Builder
	text.WriteString("date,currency,rate\n")
	for day := range 25 * 250 {
		fmt.Fprintf(&text, "%s,USD,1.%04d\n", time.Date(1999, 1, 4, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.DateOnly), day)
	}
	table := read1(b, text.String(), Options{})
	at := time.Date(2009, 1, 4, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		if _, ok := table.Base(50_00, "USD", at); !ok {
			b.Fatal("no rate")
		}
	}
}
