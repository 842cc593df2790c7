package signal

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// aDraft is a draft with everything by chance.
func aDraft(r *rand.Rand) Draft {
	text := func() string {
		return []string{"P01", "", "a<b>&c", "10 to 100 EUR", `"quoted"`, "back\\slash", "tab\t", "é", "\u2028", "\x7f"}[max(0, r.IntN(200)-190)]
	}
	when := func() int64 { return []int64{1_700_000_000 + r.Int64N(1e8), 0}[max(0, r.IntN(60)-58)] }
	times := func() (out []int64) {
		for range r.IntN(4) {
			out = append(out, when())
		}
		return out
	}
	d := Draft{
		ID: text(), Revision: r.Uint64(), Subject: Subject(text()), Start: when(), End: when(), Says: text(), Typology: text(), Rules: text(),
		Role: Recipient, Transfers: r.IntN(300), Others: r.IntN(9), Unrelated: r.IntN(2), Times: times(),
		Strength: []float64{0, 0.3, 1, 0.29, 1e-9}[r.IntN(5)], Victim: r.IntN(2) == 0,
	}
	if r.IntN(2) == 0 {
		d.Country = Letters{'P', 'H'}
	}
	for i := range r.IntN(3) {
		d.Countries = append(d.Countries, Letters{'D', 'A' + byte(i)})
		d.Pairs = append(d.Pairs, DraftPair{Other: [16]byte{byte(i), 0xab}, Transfers: r.IntN(9), First: when(), Times: times(), Related: r.IntN(2) == 0})
		d.Transaction = append(d.Transaction, DraftSource{Holder: []byte(text()), Ref: []byte(text()), At: when()})
	}
	return d
}

func TestDraftsAreEncodedAsTheirSignals(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	quickly := 0
	var e Encoder
	for range 20_000 {
		d := aDraft(r)
		if _, ok := e.w.draft(nil, &d); ok {
			quickly++
		}
		got, err := e.AppendDraft([]byte("before"), &d)
		if err != nil {
			t.Fatal(err)
		}
		if want := "before" + slowly(t, d.Signal()); string(got) != want {
			t.Fatalf("\n%s\n%s", got, want)
		}
	}
	if quickly < 4_000 || quickly == 20_000 {
		t.Errorf("%d were encoded quickly", quickly)
	}
}

// TestNoFieldOfADraftIsForgotten holds that each changes the signal.
func TestNoFieldOfADraftIsForgotten(t *testing.T) {
	full := Draft{
		ID: "i", Revision: 1, Subject: "s", Start: 1, End: 2, Says: "x", Typology: "P01", Rules: "r", Role: Sender, Transfers: 3, Others: 4, Unrelated: 5,
		Strength: 0.5, Victim: true, Country: Letters{'D', 'E'}, Countries: []Letters{{'P', 'H'}}, Times: []int64{7},
		Pairs:       []DraftPair{{Other: [16]byte{1}, Transfers: 2, First: 3, Times: []int64{4}, Related: true}},
		Transaction: []DraftSource{{Holder: []byte("h"), Ref: []byte("r"), At: 9}},
	}
	want := slowly(t, full.Signal())
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		less := full
		reflect.ValueOf(&less).Elem().Field(i).SetZero()
		if v.Field(i).IsZero() || slowly(t, less.Signal()) == want {
			t.Errorf("%s is forgotten", v.Type().Field(i).Name)
		}
	}
}
