package payments

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

func TestSplitLeavesNamesAccountsAndTextBehind(t *testing.T) {
	tx := fullTransaction()
	tx.Remittance = append(tx.Remittance, "@secret_handle")
	for i, tr := range tx.Split(tokenizer(t)) {
		data, err := EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{
			"anton", "testmann", "maria", "muster", "de8937", "12345", "example.org", "+49", "170000", "+63", "2123",
			"uniform", "second line", "secret_handle", "demo-live", "demo wallet",
		} {
			if strings.Contains(strings.ToLower(string(data)), secret) {
				t.Errorf("transfer %d has %q: %s", i, secret, data)
			}
		}
		again, err := DecodeTransfer(data)
		if err != nil || !reflect.DeepEqual(again, tr) {
			t.Errorf("transfer %d comes back as %+v, %v", i, again, err)
		}
	}
}

func TestSplitMakesTwoEndsOfOneTransfer(t *testing.T) {
	tok := tokenizer(t)
	tx := fullTransaction()
	tx.At = tx.At.Add(time.Millisecond).In(time.FixedZone("x", 3600))
	both := tx.Split(tok)
	from, to := both[0], both[1]
	if from.Role != signal.Sender || to.Role != signal.Recipient || from.ID == to.ID {
		t.Fatalf("roles %s and %s, ids %s and %s", from.Role, to.Role, from.ID, to.ID)
	}
	if from.Subject != to.Other || to.Subject != from.Other || from.Country != "DE" || to.Country != "PH" || to.OtherCountry != "DE" ||
		!slices.Equal(from.Names, to.OtherNames) || !slices.Equal(to.Names, from.OtherNames) {
		t.Errorf("the ends do not mirror each other:\n%+v\n%+v", from, to)
	}
	if !from.At.Equal(now) || from.At.Location() != time.UTC {
		t.Errorf("time %v, want %v", from.At, now)
	}
	if !slices.Equal(from.Classes, []Class{School}) {
		t.Errorf("classes %v", from.Classes)
	}
}

func TestSubjectsAreJoinedByTheFirstIdentifier(t *testing.T) {
	tok := tokenizer(t)
	const iban = "DE89370400440532013000"
	for _, c := range []struct {
		name  string
		party Party
		want  signal.Subject
	}{
		{"proxy before all", Party{Agent: "B", Proxy: "a@example.org", IBAN: iban, Account: "1", Mobile: "+49-1700000001"}, tok.Subject("", "a@example.org")},
		{"bare proxy beside its agent, not the account's issuer", Party{Agent: "B", Proxy: "alias", Account: "1", Issuer: "P"}, tok.Subject("B", "alias")},
		{"IBAN", Party{Agent: "B", IBAN: iban, Account: "1"}, tok.Subject("", iban)},
		{"a platform's account", Party{Agent: "B", Account: "streamer-1", Issuer: "Demo-Live"}, tok.Subject("demo-live", "streamer-1")},
		{"an account at its agent", Party{Agent: "B", Account: "1"}, tok.Subject("b", "1")},
		{"an e-mail address as account", Party{Account: "A@example.org"}, tok.Subject("demo-live", "a@example.org")},
		{"an account of nobody is passed over", Party{Account: "1", Mobile: "+49 170 0000001"}, tok.Subject("", "+491700000001")},
		{"mobile before phone", Party{Agent: "B", Phone: "+49-3000000", Mobile: "+49-1700000001"}, tok.Subject("", "+491700000001")},
		{"phone before e-mail", Party{Agent: "B", Phone: "+49-3000000", Email: "a@example.org"}, tok.Subject("", "+493000000")},
		{"e-mail", Party{Agent: "B", Email: "a@example.org"}, tok.Subject("", "a@example.org")},
	} {
		tx := fullTransaction()
		tx.Creditor = c.party
		if got := tx.Split(tok)[1].Subject; got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNamesJoinOnlyAtOneAgentAndNothingJoinsTheUnknown(t *testing.T) {
	tok := tokenizer(t)
	of := func(ref string, p Party) signal.Subject {
		tx := fullTransaction()
		tx.Ref, tx.Creditor = ref, p
		return tx.Split(tok)[1].Subject
	}
	maria := of("1", Party{Name: "Mária  MUSTER", Agent: "B"})
	if maria != of("2", Party{Name: "Maria Muster", Agent: "B"}) {
		t.Error("one name at one agent must be one subject")
	}
	if maria == of("1", Party{Name: "Maria Muster", Agent: "C"}) {
		t.Error("namesakes at two agents must be two subjects")
	}
	for _, p := range []Party{{}, {Name: "Maria Muster"}, {Agent: "B"}, {Account: "1"}} {
		if of("1", p) == of("2", p) {
			t.Errorf("%+v joins two transactions", p)
		}
	}
}

func TestNameTokensAreComparedByWords(t *testing.T) {
	tok := tokenizer(t)
	for _, c := range []struct {
		a, b string
		tie  bool
	}{
		{"Maria dela Cruz", "CRUZ, Juan", true},
		{"Nguyễn Văn An", "nguyen thi bao", true}, // family name first
		{"Anna Müller-Demo", "Bert Demo", true},
		{"Maria dela Cruz", "Anton dela Rosa", false}, // a particle is no tie
		{"Demo GmbH", "Muster GmbH", false},
		{"A. Testmann", "A. Muster", false}, // nor is a letter
		{"", "", false},
	} {
		a, b := nameTokens(tok, c.a), nameTokens(tok, c.b)
		if got := slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) }); got != c.tie {
			t.Errorf("%q and %q: tie %v, want %v", c.a, c.b, got, c.tie)
		}
	}
	if n := len(nameTokens(tok, strings.Repeat("ab bc cd de ef fg gh hi ij jk ", 9))); n > maxNameWords {
		t.Errorf("%d tokens", n)
	}
}

func TestTextsFallIntoClasses(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Class
	}{
		{"School uniform", []Class{School}},
		{"para sa GAMOT ni lola", []Class{Medical}},
		{"Miete März", []Class{Accommodation}},
		{"family support & tuition", []Class{FamilySupport, Education}},
		{"Educação", []Class{Education}},
		{"msg me @some_name1", []Class{SocialHandle}},
		{"(@some.name)", []Class{SocialHandle}},
		{"TELEGRAM", []Class{SocialHandle}},
		{"a@example.org", nil},
		{"2 @ 5.00, @ab", nil},
		{"parental preschooling", nil}, // whole words only
		{"english lesson 12", nil},
		{"", nil},
	} {
		if got := classify([]string{c.text}); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
	if got := classify([]string{"rent", "doctor", "rent"}); !slices.Equal(got, []Class{Medical, Accommodation}) {
		t.Errorf("two lines: %v", got)
	}
}

func TestDecodeTransferRefusesWhatSplitDoesNotMake(t *testing.T) {
	good, err := EncodeTransfer(fullTransaction().Split(tokenizer(t))[0])
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
	for _, tr := range fullTransaction().Split(tokenizer(f)) {
		data, err := EncodeTransfer(tr)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
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
