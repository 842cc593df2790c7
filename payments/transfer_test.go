package payments

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/signal"
)

// fullTransfer has every field that split fills.
func fullTransfer() Transfer {
	token := strings.Repeat("ab", 16)
	return Transfer{
		ID: TransferID("DEMODEFFXXX", "REF-1", signal.Sender), Subject: signal.Subject("sub_" + token), Role: signal.Sender,
		Other: signal.Subject("sub_" + strings.Repeat("cd", 16)), Institution: "DEMODEFFXXX", Ref: "REF-1", At: now,
		Amount: 50_00, Currency: "EUR", Country: "DE", OtherCountry: "PH", Names: []string{token}, OtherNames: []string{token},
		Classes: []Class{School}, Purpose: "EDUC", Base: 50_00, Rail: RailRemittance, Funding: FundedByCash, Night: No, OtherNight: Yes,
		Town: token, OtherTown: token, OneAddress: true, Bought: BoughtTravel, Tourists: No, PaidOutAfter: 90, Account: token,
		Exposures: []string{"mixer", "mixer:direct"}, Withdrawn: true,
	}
}

func TestATransferComesBackAsItWas(t *testing.T) {
	want := fullTransfer()
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not tested", v.Type().Field(i).Name)
		}
	}
	data, err := EncodeTransfer(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeTransfer(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDecodeTransferRefusesWhatSplitDoesNotMake(t *testing.T) {
	good, err := EncodeTransfer(fullTransfer())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, reason, place string }{
		{"not JSON", "{", "{{", "json", ""},
		{"unknown field", `"role"`, `"name":"x","role"`, "schema", "name"},
		{"subject", `"subject":"sub_`, `"subject":"Maria `, "schema", "/subject"},
		{"another id", `"ref":"REF-1"`, `"ref":"REF-2"`, "schema", "/id"},
		{"another role", `"sender"`, `"recipient"`, "schema", "/id"},
		{"amount", `"amount":5000`, `"amount":0`, "schema", "/amount"},
		{"giant amount", `"amount":5000`, `"amount":1e300`, "schema", "/amount"},
		{"fraction", `"amount":5000`, `"amount":50.5`, "schema", "/amount"},
		{"currency", `"EUR"`, `"EUX"`, "currency", "/currency"},
		{"no zone", `12:00:00Z`, `12:00:00`, "schema", "/at"},
		{"year", `"2026-`, `"1026-`, "time", "/at"},
		{"country", `"DE"`, `"QQ"`, "country", "/country"},
		{"other country", `"PH"`, `"QQ"`, "country", "/other_country"},
		{"class", `"school"`, `"uniform for Maria"`, "schema", "/classes"},
		{"name in words", `"names":["`, `"names":["Testmann`, "schema", "/names"},
	} {
		data := strings.Replace(string(good), c.old, c.new, 1)
		if data == string(good) {
			t.Errorf("%s: nothing was changed", c.name)
		}
		_, err := DecodeTransfer([]byte(data))
		if got := reasons(t, err); !slices.Equal(got, []string{c.reason}) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %v, want reason %s and the place %s", c.name, err, c.reason, c.place)
		}
	}
}

func FuzzDecodeTransfer(f *testing.F) {
	data, err := EncodeTransfer(fullTransfer())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := DecodeTransfer(data)
		if err != nil {
			reasons(t, err)
			return
		}
		again, err := EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := DecodeTransfer(again); err != nil || !reflect.DeepEqual(same, tr) {
			t.Fatalf("got %+v, %v, want %+v", same, err, tr)
		}
	})
}
