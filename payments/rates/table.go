package rates

import (
	"math/bits"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

// Options say how a table is read and looked up. The zero value of each stands for what
// its comment says.
type Options struct {
	Base string // ISO 4217; EUR
	Days int    // how many days a rate holds after its date; 7
}

func (o Options) withDefaults() Options {
	if o.Base == "" {
		o.Base = "EUR"
	}
	if o.Days == 0 {
		o.Days = 7
	}
	return o
}

// A Table is a table of rates. It is not changed, and safe for concurrent use.
type Table struct {
	options Options
	digits  int // of the base
	version string
	rates   map[string][]rate // by currency, by date
	count   int
}

// None is a table without a rate: the base currency alone has amounts.
func None(o Options) (*Table, error) {
	return Read([]byte("date,currency,rate\n"), o)
}

// A rate is mantissa / 10^scale units of the currency for one of the base.
type rate struct {
	day      int32 // since 1970-01-01
	scale    uint8
	mantissa uint64
}

// Version is the first 12 hex digits of the SHA-256 of the file.
func (t *Table) Version() string { return t.version }

// Currency is the base.
func (t *Table) Currency() string { return t.options.Base }

// Len is how many rates there are.
func (t *Table) Len() int { return t.count }

// Newest is the date of the newest rate, in UTC; zero for an empty table.
func (t *Table) Newest() time.Time {
	newest := int32(0)
	for _, list := range t.rates {
		newest = max(newest, list[len(list)-1].day)
	}
	if newest == 0 {
		return time.Time{}
	}
	return time.Unix(int64(newest)*secondsADay, 0).UTC()
}

const secondsADay = 24 * 60 * 60

// Base returns an amount in minor units of the base currency, by the newest rate of the
// payment's date in UTC or before, and false where there is none.
func (t *Table) Base(minor int64, currency string, at time.Time) (int64, bool) {
	if minor < 1 || minor > payments.MaxAmount {
		return 0, false
	}
	if currency == t.options.Base {
		return minor, true
	}
	digits, known := payments.MinorDigits(currency)
	r, ok := t.find(currency, at)
	if !known || !ok {
		return 0, false
	}
	return convert(uint64(minor), digits, r, t.digits)
}

// find returns the newest rate of a day or before, if it is not too old.
func (t *Table) find(currency string, at time.Time) (rate, bool) {
	day := dayOf(at)
	list := t.rates[currency]
	i, exact := slices.BinarySearchFunc(list, day, func(r rate, day int32) int { return int(r.day) - int(day) })
	if !exact {
		i--
	}
	if i < 0 || int(day-list[i].day) > t.options.Days {
		return rate{}, false
	}
	return list[i], true
}

func dayOf(at time.Time) int32 {
	at = at.UTC()
	return int32(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

// convert is minor / 10^digits / (mantissa / 10^scale) * 10^base, rounded half to even.
// All factors fit 64 bits by the limits of the table and of amounts, and the numerator 128.
func convert(minor uint64, digits int, r rate, base int) (int64, bool) {
	hi, lo := bits.Mul64(minor, pow10(int(r.scale)+base))
	by := r.mantissa * pow10(digits)
	if hi >= by {
		return 0, false // More than 64 bits.
	}
	quotient, rest := bits.Div64(hi, lo, by)
	// rest against by - rest, since twice rest could overflow.
	if over := by - rest; rest > over || rest == over && quotient&1 == 1 {
		quotient++
	}
	if quotient < 1 || quotient > uint64(payments.MaxAmount) {
		return 0, false
	}
	return int64(quotient), true
}

// pow10 returns 10^n, n at most 16.
func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
