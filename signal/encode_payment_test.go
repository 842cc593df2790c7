package signal

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// slowly is Encode as encoding/json does it.
func slowly(t testing.TB, s Signal) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// aPayment is a payment signal with everything by chance.
func aPayment(r *rand.Rand) Signal {
	text := func() string {
		return []string{"P01", "", "a<b>&c", "10 to 100 EUR", `"quoted"`, "back\\slash", "tab\t", "é", "\u2028", "\x7f", "\xff"}[max(0, r.IntN(200)-189)]
	}
	when := func() time.Time {
		at := time.Unix(1_700_000_000+r.Int64N(1e8), 0).UTC()
		switch r.IntN(60) {
		case 0:
			return at.Add(time.Millisecond)
		case 1:
			return at.In(time.FixedZone("x", 3600))
		case 2:
			return time.Time{}
		}
		return at
	}
	times := func() []time.Time {
		if r.IntN(5) == 0 {
			return nil
		}
		out := []time.Time{}
		for range r.IntN(4) {
			out = append(out, when())
		}
		return out
	}
	s := Signal{
		ID: text(), Revision: r.Uint64(), Kind: KindPayment, Subject: Subject(text()), Start: when(), End: when(), Says: text(),
		Payment: &Payment{Typology: text(), Rules: text(), Role: Recipient, Transfers: r.IntN(300), Counterparties: r.IntN(9), Unrelated: -r.IntN(2),
			Times: times(), Country: text(), Strength: []float64{0, 0.3, 1, 0.29, 1e-9, 1e22}[r.IntN(6)], Victim: r.IntN(2) == 0},
	}
	for range r.IntN(3) {
		s.Payment.Countries = append(s.Payment.Countries, text())
		s.Payment.Pairs = append(s.Payment.Pairs, Pair{Other: Subject(text()), Transfers: r.IntN(9), First: when(), Times: times(), Related: r.IntN(2) == 0})
		s.Evidence = append(s.Evidence, Evidence{What: text(), Holder: text(), Ref: text(), SHA256: text(), At: when()})
	}
	return s
}

func TestPaymentsAreEncodedAsByTheStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	quickly := 0
	var w writer
	for range 20_000 {
		s := aPayment(r)
		data, ok := w.payment(nil, &s)
		if !ok {
			continue
		}
		quickly++
		if want := slowly(t, s); string(data) != want {
			t.Fatalf("\n%s\n%s", data, want)
		}
	}
	if quickly < 4_000 {
		t.Errorf("only %d were encoded quickly", quickly)
	}
	s := aPayment(r)
	s.Flag = &Flag{}
	if _, ok := w.payment(nil, &s); ok {
		t.Error("what is no payment alone was encoded as one")
	}
}

func TestPlainTextIsWhatIsNotEscaped(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			s := []byte("12345678901234567890")
			s[at] = byte(c)
			if got, want := plain(string(s)), c >= ' ' && c < 0x80 && c != '"' && c != '\\'; got != want {
				t.Fatalf("byte %#x at %d: %v", c, at, got)
			}
		}
	}
}

func TestDatesAreThoseOfTheStandardLibrary(t *testing.T) {
	last := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
	for n := int64(0); n <= last; n++ {
		got := midnightOf(n)
		if want := time.Unix(n*daySeconds, 0).UTC().Format(`"2006-01-02T15:04:05Z"`); string(got[:]) != want {
			t.Fatalf("day %d is %s, must be %s", n, got, want)
		}
	}
}

// TestNoFieldOfAPaymentIsForgotten sets every field there is, so that one that is added
// and not encoded by hand is noticed.
func TestNoFieldOfAPaymentIsForgotten(t *testing.T) {
	var s Signal
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Int:
			v.SetInt(3)
		case reflect.Uint64:
			v.SetUint(4)
		case reflect.Float64:
			v.SetFloat(0.5)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
				return
			}
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		default:
			t.Fatalf("a %s is not filled", v.Kind())
		}
	}
	fill(reflect.ValueOf(&s).Elem())
	s.Session, s.Match, s.Flag, s.Score = nil, nil, nil, nil // of other kinds
	got, quickly := new(writer).payment(nil, &s)
	if want := slowly(t, s); !quickly || string(got) != want {
		t.Errorf("quickly: %v\n%s\n%s", quickly, got, want)
	}
}

func BenchmarkEncodePayment(b *testing.B) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := Signal{ID: ID("x"), Kind: KindPayment, Subject: "sub_1", Start: at, End: at, Says: "so many transfers", Payment: &Payment{Typology: "P01", Rules: "r", Strength: 0.5}}
	for i := range 64 {
		s.Payment.Times = append(s.Payment.Times, at.Add(time.Duration(i)*9*time.Hour))
	}
	for range 4 {
		s.Payment.Pairs = append(s.Payment.Pairs, Pair{Other: "sub_1", Transfers: 32, First: at, Times: s.Payment.Times[:32]})
	}
	for i := range MaxEvidence {
		s.Evidence = append(s.Evidence, Evidence{What: "transaction", Holder: "BANKDEFF", Ref: "R", At: s.Payment.Times[i]})
	}
	var w writer
	for b.Loop() {
		if _, quickly := w.payment(make([]byte, 0, sizeOf(&s)), &s); !quickly {
			b.Fatal("not quickly")
		}
	}
}

// TestStrengthsAreWrittenAsEver: every number of hundredths, and those beside it.
func TestStrengthsAreWrittenAsEver(t *testing.T) {
	for n := -100; n <= 300; n++ {
		for _, f := range []float64{float64(n) / 100, math.Nextafter(float64(n)/100, -9), math.Nextafter(float64(n)/100, 9), float64(n) / 1000} {
			if f != 0 && math.Abs(f) < 1e-6 {
				continue // which is not for this writer
			}
			var w writer
			want, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.float(nil, "", f); string(got) != string(want) || w.unsure {
				t.Errorf("%s, must be %s", got, want)
			}
		}
	}
}
