package payments

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/quickjson"
)

// seeds are transfers of all kinds, as they are encoded.
func quickSeeds(t testing.TB) [][]byte {
	t.Helper()
	full := Transfer{
		Subject: "sub_00000000000000000000000000000001", Role: "sender", Other: "sub_00000000000000000000000000000002",
		Institution: "DEMODEFFXXX", Ref: "R 1", At: now, Amount: 50_00, Currency: "EUR", Country: "DE", OtherCountry: "PH",
		Names: []string{strings.Repeat("a", 32)}, OtherNames: []string{strings.Repeat("b", 32), strings.Repeat("c", 32)},
		Classes: []Class{School, SocialHandle}, Purpose: "EDUC", Base: 54_00, Rail: RailWallet, Funding: FundedByCash,
		Night: Yes, OtherNight: No, Town: strings.Repeat("d", 32), OtherTown: strings.Repeat("e", 32), OneAddress: true,
		Bought: BoughtVPN, Tourists: No, PaidOutAfter: 30, Account: strings.Repeat("f", 32), Withdrawn: true,
	}
	bare := Transfer{
		Subject: full.Subject, Role: "recipient", Other: full.Other, Institution: "B", Ref: "ü", At: now.Add(time.Second), Amount: 1, Currency: "JPY",
	}
	exposed := full
	exposed.Exposures = []string{"mixer", "mixer:direct"}
	none := full
	none.Amount, none.Currency = 0, NoCurrency
	var out [][]byte
	for _, tr := range []Transfer{full, bare, exposed, none} {
		tr.ID = TransferID(tr.Institution, tr.Ref, tr.Role)
		data, err := EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// lender is one for all tests, so that nothing of one transfer is found in the next.
var lender Decoder

// agrees holds what is read quickly against what the schema reads.
func agrees(t *testing.T, data []byte) (quickly bool) {
	t.Helper()
	kept, err := DecodeTransfer(data)
	lent, lentErr := lender.Decode(data)
	if !reflect.DeepEqual(&kept, lent) || (err == nil) != (lentErr == nil) { // of several faults the schema names any
		t.Fatalf("%s\nis %+v, %v\nand lent %+v, %v", data, kept, err, lent, lentErr)
	}
	q := quick{Reader: quickjson.New(data, maxQuick)}
	var got Transfer
	if !q.transfer(&got) {
		return false
	}
	var want Transfer
	if err := transferSchema.Decode(data, &want); err != nil {
		t.Fatalf("%v is refused by the schema and was read: %s", err, data)
	}
	want.At = want.At.UTC().Truncate(time.Second)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nwas read as %+v\nand by the schema as %+v", data, got, want)
	}
	return true
}

// TestQuickTransfersAreReadAsByTheSchema changes bytes of transfers at random.
func TestQuickTransfersAreReadAsByTheSchema(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seeds := quickSeeds(t)
	for i, want := range []bool{true, false, false, true} { // a letter beyond ASCII, and exposures, are for the schema
		if agrees(t, seeds[i]) != want {
			t.Errorf("seed %d: quickly is %v", i, !want)
		}
	}
	const letters = ` "\,:{}[]0123456789-.eEabtrufalsnyoZTE+` + "\n\x00\x80"
	read := 0
	for range 60_000 {
		data := []byte(string(seeds[r.IntN(len(seeds))]))
		for range 1 + r.IntN(2) {
			at := r.IntN(len(data))
			switch r.IntN(3) {
			case 0:
				data[at] = letters[r.IntN(len(letters))]
			case 1:
				data = append(data[:at], data[min(len(data), at+1+r.IntN(6)):]...)
			default:
				data = append(data[:at], append([]byte{letters[r.IntN(len(letters))]}, data[at:]...)...)
			}
		}
		if agrees(t, data) {
			read++
		}
	}
	if read < 1000 {
		t.Errorf("only %d changed transfers were read", read)
	}
}

// TestTransfersAreEncodedAsByTheStandardLibrary encodes whatever is read.
func TestTransfersAreEncodedAsByTheStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	quickly := 0
	for i := range 20_000 {
		var tr Transfer
		if err := json.Unmarshal(quickSeeds(t)[i%4], &tr); err != nil {
			t.Fatal(err)
		}
		v := reflect.ValueOf(&tr).Elem()
		for range r.IntN(4) {
			switch f := v.Field(r.IntN(v.NumField())); f.Kind() {
			case reflect.String:
				f.SetString([]string{"", "x", "a<b", "é", "\n", `"`, "\x7f", "~"}[r.IntN(8)])
			case reflect.Slice:
				f.SetLen(r.IntN(f.Len() + 1))
			case reflect.Int, reflect.Int64:
				f.SetInt(r.Int64N(1000) - 500)
			case reflect.Bool:
				f.SetBool(r.IntN(2) == 0)
			default:
				tr.At = []time.Time{now.Add(1), now.In(time.FixedZone("x", 60)), {}, now}[r.IntN(4)]
			}
		}
		data, ok := appendTransfer(nil, &tr)
		if !ok {
			continue
		}
		quickly++
		if want, err := json.Marshal(tr); err != nil || string(data) != string(want) {
			t.Fatalf("%v\n%s\n%s", err, data, want)
		}
	}
	if quickly < 5_000 {
		t.Errorf("only %d were encoded quickly", quickly)
	}
}

func FuzzQuickTransfer(f *testing.F) {
	for _, s := range quickSeeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) { agrees(t, data) })
}

func BenchmarkDecodeTransfer(b *testing.B) {
	data := quickSeeds(b)[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeTransfer(data); err != nil {
			b.Fatal(err)
		}
	}
}
