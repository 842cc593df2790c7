package signal

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func flagSignal() Signal {
	return Signal{
		ID: ID("flag", "1"), Revision: 1, Kind: KindFlag,
		Subject: "sub_00000000000000000000000000000001",
		Start:   at, End: at, Says: "a user flagged the stream",
		Flag:     &Flag{Stream: "s1", Platform: "demo", Reason: "minor"},
		Evidence: []Evidence{{What: "flag", Holder: "demo", Ref: "1", At: at}},
	}
}

func TestDecodeReturnsWhatWasEncoded(t *testing.T) {
	for _, s := range []Signal{
		flagSignal(),
		{
			ID: ID("match", "1"), Revision: 4, Kind: KindMatch,
			Subject: "sub_00000000000000000000000000000002", Start: at, End: at.Add(time.Minute), Says: "4 of 9 frames",
			Match: &Match{Stream: "s", Platform: "p", HashKind: "pdq", List: "l", ListVersion: "v", Entry: "e", Distance: 6, Radius: 31, FramesMatched: 4, FramesSeen: 9},
		},
		{
			ID: ID("payment", "1"), Revision: 9, Kind: KindPayment,
			Subject: "sub_00000000000000000000000000000003", Start: at, End: at, Says: "<&>",
			Payment: &Payment{Typology: "P05", Rules: "r1", Role: Recipient, Transfers: 3, Counterparties: 3, Unrelated: 3, Times: []time.Time{at}, Strength: 0.5},
		},
		{
			ID: ID("session", "1"), Revision: 1, Kind: KindSession,
			Subject: "sub_00000000000000000000000000000004", Start: at, End: at, Says: "began",
			Session: &Session{Stream: "s", Platform: "p", Private: true, Country: "PH"},
		},
	} {
		data, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", s.Kind, err)
		}
		if !reflect.DeepEqual(got, s) {
			t.Errorf("%s: got %+v, want %+v", s.Kind, got, s)
		}
	}
}

func TestDecodeNamesTheFieldAndNotItsValue(t *testing.T) {
	good, err := Encode(flagSignal())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"kind":          {`"kind":"flag"`, `"kind":"secret"`, "/kind"},
		"subject":       {`sub_0000`, `secret_0000`, "/subject"},
		"zone":          {`"start":"2026-03-01T12:00:00Z"`, `"start":"2026-03-01T12:00:00"`, "/start"},
		"unknown field": {`"says":`, `"secret":1,"says":`, "secret"},
		"wrong type":    {`"revision":1`, `"revision":"secret"`, "/revision"},
		"kind mismatch": {`"kind":"flag"`, `"kind":"match"`, "kind is"},
		"order":         {`"end":"2026-03-01`, `"end":"2025-03-01`, "/end"},
		"not JSON":      {`{`, `{{`, "json"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(string(good), c.old, c.new, 1)
			_, err := Decode([]byte(bad))
			var rejection *Rejection
			if !errors.As(err, &rejection) || !rejection.Permanent() {
				t.Fatalf("got %v, want a Rejection", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not name %q", err, c.want)
			}
			if name != "unknown field" && strings.Contains(err.Error(), "secret") {
				t.Errorf("%q quotes the value", err)
			}
		})
	}
	if _, err := Decode([]byte(strings.Repeat(" ", MaxJSON+1))); err == nil {
		t.Error("a value beyond the limit was read")
	}
}

func TestIDDoesNotCollideByConcatenation(t *testing.T) {
	if ID("ab", "c") == ID("a", "bc") || ID("a") == ID("a", "") {
		t.Error("two lists of parts gave one id")
	}
	if first, second := ID("a", "b"), ID("a", "b"); first != second || len(first) != 32 {
		t.Error("an id must be 32 digits and the same every time")
	}
}

func TestNormaliseReachesOneFormAndKeepsIssuersApart(t *testing.T) {
	for _, c := range []struct{ issuer, in, want string }{
		{"x", " Maria.Demo@Example.ORG ", "email:maria.demo@example.org"},
		{"x", "+63-917 000 0001", "phone:+639170000001"},
		{"x", "+63 (917) 000.0001", "phone:+639170000001"},
		{"x", "de89 3704 0044 0532 0130 00", "iban:DE89370400440532013000"},
		{"x", "DE89370400440532013001", "id:x/DE89370400440532013001"}, // check digits wrong
		{"Demo", "12345", "id:demo/12345"},
		{"Other", "12345", "id:other/12345"},
		{"x", "+12", "id:x/+12"},
		{"x", "@", "id:x/@"},
		{"x", "12DE5678901234567", "id:x/12DE5678901234567"},
	} {
		if got := Normalise(c.issuer, c.in); got != c.want {
			t.Errorf("Normalise(%q, %q) = %q, want %q", c.issuer, c.in, got, c.want)
		}
	}
}

func TestTokensNeedTheKeyAndKeepPurposesApart(t *testing.T) {
	if _, err := NewTokenizer(make([]byte, MinKey-1)); err == nil {
		t.Fatal("a short key was taken")
	}
	one, err := NewTokenizer([]byte(strings.Repeat("1", MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewTokenizer([]byte(strings.Repeat("2", MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	a := one.Subject("p", "a@example.org")
	if a != one.Subject("q", "A@example.org") {
		t.Error("an e-mail address is one subject at every issuer")
	}
	if a == two.Subject("p", "a@example.org") {
		t.Error("two keys gave one token")
	}
	if string(a) == "sub_"+one.Surname("email:a@example.org") {
		t.Error("a surname token equals a subject token")
	}
	if len(a) != 36 {
		t.Errorf("token %q has %d characters, want 36", a, len(a))
	}
}

func FuzzDecode(f *testing.F) {
	good, err := Encode(flagSignal())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"id":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		var rejection *Rejection
		if err != nil && !errors.As(err, &rejection) {
			t.Fatalf("not a Rejection: %v", err)
		}
		if err == nil {
			again, err := Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(again); err != nil {
				t.Fatalf("what was decoded does not decode again: %v", err)
			}
		}
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add("demo", "DE89370400440532013000")
	f.Add("", "+")
	f.Add("é", "ÄÖ12345678901234")
	f.Fuzz(func(t *testing.T, issuer, id string) {
		if Normalise(issuer, id) == "" {
			t.Fatal("empty")
		}
	})
}

func TestAQuietSchemaCountsWhatItDoesNotHave(t *testing.T) {
	good, err := Encode(flagSignal())
	if err != nil {
		t.Fatal(err)
	}
	bad := []byte(strings.Replace(string(good), `"says":`, `"Anton Testmann":1,"DE89370400440532013000":2,"says":`, 1))
	var v any
	if err := signalSchema.Quiet().Decode(bad, &v); err == nil || err.Error() != "schema: /: properties that the schema does not have: 2" {
		t.Errorf("got %v", err)
	}
}
