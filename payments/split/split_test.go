package split

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func TestNamesAccountsAddressesAndTextStayBehind(t *testing.T) {
	tx := full()
	tx.Remittance = append(tx.Remittance, "@secret_handle")
	for i, tr := range splitter(t, Options{Rates: double{}}).Split(&tx) {
		data, err := payments.EncodeTransfer(tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{
			"anton", "testmann", "maria", "muster", "de8937", "12345", "example.org", "+49", "170000", "+63", "2123",
			"uniform", "second line", "secret_handle", "demo-live", "demo wallet", "weg", "street", "demostadt", "nido",
			"term", "travels", "sampletown", "4722", "btc", "deadbeef", "chainlooker",
		} {
			if strings.Contains(strings.ToLower(string(data)), secret) {
				t.Errorf("transfer %d has %q: %s", i, secret, data)
			}
		}
		again, err := payments.DecodeTransfer(data)
		if err != nil || !reflect.DeepEqual(again, tr) {
			t.Errorf("transfer %d comes back as %+v, %v", i, again, err)
		}
	}
}

// TestTheEndsMirrorEachOther turns the sender's transfer round, field by field, and
// so fails for a field that somebody adds and forgets.
func TestTheEndsMirrorEachOther(t *testing.T) {
	s := splitter(t, Options{Rates: double{}})
	tx := full()
	tx.At = tx.At.Add(time.Millisecond).In(time.FixedZone("x", 3600))
	both := s.Split(&tx)
	from, to := both[0], both[1]
	want := from
	want.ID, want.Role = payments.TransferID(tx.Institution, tx.Ref, signal.Recipient), signal.Recipient
	want.Subject, want.Other = from.Other, from.Subject
	want.Country, want.OtherCountry = "PH", "DE"
	want.Names, want.OtherNames = from.OtherNames, from.Names
	want.Night, want.OtherNight = from.OtherNight, from.Night
	want.Town, want.OtherTown = from.OtherTown, from.Town
	want.Tourists, want.Exposures = "", []string{"instant-exchanger"}
	want.Account = strings.TrimPrefix(string(tokenizer(t).Subject("demo-live", "12345")), "sub_") // the creditor has an alias, and the debtor none
	if !reflect.DeepEqual(to, want) {
		t.Errorf("got  %+v\nwant %+v", to, want)
	}
	if from.Role != signal.Sender || from.ID == to.ID || !from.At.Equal(now) || from.At.Location() != time.UTC ||
		!slices.Equal(from.Classes, []payments.Class{payments.School}) || from.Base != 100_00 || from.Rail != payments.RailRemittance ||
		from.Funding != payments.FundedByCash || from.PaidOutAfter != 90 || from.Bought != payments.BoughtTravel ||
		from.Tourists != payments.Yes || !slices.Equal(from.Exposures, []string{"mixer:direct"}) || from.Town == "" || from.Town == from.OtherTown ||
		from.Night != payments.No || from.OtherNight != payments.Yes {
		t.Errorf("sender's transfer %+v", from)
	}
}

// TestAnAliasHasAccounts holds that the account of an alias is told where it is a second
// name, by the token under which it would be a subject itself.
func TestAnAliasHasAccounts(t *testing.T) {
	s := splitter(t, Options{})
	account := func(p payments.Party) (signal.Subject, string) {
		tx := payments.Transaction{Institution: "DEMODEFFXXX", Ref: "R", At: now, Amount: 1, Currency: "EUR", Debtor: p}
		tr := s.Split(&tx)[0]
		return tr.Subject, tr.Account
	}
	alias := payments.Party{Agent: "DEMODEFFXXX", Proxy: "+491700000001"}
	with := func(change func(*payments.Party)) payments.Party {
		p := alias
		change(&p)
		return p
	}
	iban, _ := account(payments.Party{Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000"})
	own, _ := account(payments.Party{Agent: "DEMODEFFXXX", Account: "77"})
	subject, none := account(alias)
	for _, c := range []struct {
		name  string
		party payments.Party
		want  signal.Subject
	}{
		{"an IBAN", with(func(p *payments.Party) { p.IBAN = "DE89 3704 0044 0532 0130 00" }), iban},
		{"another id", with(func(p *payments.Party) { p.Account = "77" }), own},
		{"the alias again", with(func(p *payments.Party) { p.Account = "+49 170 0000001" }), "sub_"},
		{"an id of nobody", with(func(p *payments.Party) { p.Agent, p.Account = "", "77" }), "sub_"},
	} {
		got, acc := account(c.party)
		if "sub_"+acc != string(c.want) || got != subject {
			t.Errorf("%s: %s has account %s, want %s", c.name, got, acc, c.want)
		}
	}
	if _, acc := account(payments.Party{Agent: "DEMODEFFXXX", IBAN: "DE89370400440532013000", Account: "77"}); acc+none != "" {
		t.Errorf("one that is no alias has account %s%s", acc, none)
	}
}

func TestWhatIsNotKnownStaysEmpty(t *testing.T) {
	tx := payments.Transaction{Institution: "DEMODEFFXXX", Ref: "R", At: now, Amount: 1, Currency: "GBP"}
	for _, tr := range splitter(t, Options{Rates: double{}}).Split(&tx) {
		got := tr
		got.ID, got.Subject, got.Other, got.Role = "", "", "", ""
		if want := (payments.Transfer{Institution: "DEMODEFFXXX", Ref: "R", At: now, Amount: 1, Currency: "GBP"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
		if data, err := payments.EncodeTransfer(tr); err != nil {
			t.Error(err)
		} else if _, err := payments.DecodeTransfer(data); err != nil {
			t.Error(err)
		}
	}
	if tr := splitter(t, Options{}).Split(ptr(full()))[0]; tr.Base != 0 {
		t.Errorf("base %d without rates", tr.Base)
	}
}

func TestARateOutOfBoundsIsNone(t *testing.T) {
	for _, amount := range []int64{maxBase, 0} { // twice of which is too much, or nothing
		tx := full()
		tx.Amount = amount
		if got := splitter(t, Options{Rates: double{}}).base(&tx); got != 0 {
			t.Errorf("%d: base %d", amount, got)
		}
	}
}

func TestRailsFollowFromTheRecord(t *testing.T) {
	for _, c := range []struct {
		tx   payments.Transaction
		want payments.Rail
	}{
		{payments.Transaction{Rail: payments.RailP2P, Virtual: &payments.Virtual{}}, payments.RailP2P},
		{payments.Transaction{Virtual: &payments.Virtual{}}, payments.RailVirtual},
		{payments.Transaction{Merchant: payments.Merchant{MCC: "6011"}}, payments.RailCard},
		{payments.Transaction{}, ""},
	} {
		if got := rail(&c.tx); got != c.want {
			t.Errorf("%+v: %q", c.tx, got)
		}
	}
}

func TestSubjectsAreJoinedByTheFirstIdentifier(t *testing.T) {
	tok := tokenizer(t)
	s := splitter(t, Options{})
	const iban = "DE89370400440532013000"
	for _, c := range []struct {
		name  string
		party payments.Party
		want  signal.Subject
	}{
		{"proxy before all", payments.Party{Agent: "B", Proxy: "a@example.org", IBAN: iban, Account: "1", Mobile: "+49-1700000001"}, tok.Subject("", "a@example.org")},
		{"bare proxy beside its agent, not the account's issuer", payments.Party{Agent: "B", Proxy: "alias", Account: "1", Issuer: "P"}, tok.Subject("B", "alias")},
		{"IBAN", payments.Party{Agent: "B", IBAN: iban, Account: "1"}, tok.Subject("", iban)},
		{"a platform's account", payments.Party{Agent: "B", Account: "streamer-1", Issuer: "Demo-Live"}, tok.Subject("demo-live", "streamer-1")},
		{"an account at its agent", payments.Party{Agent: "B", Account: "1"}, tok.Subject("b", "1")},
		{"an e-mail address as account", payments.Party{Account: "A@example.org"}, tok.Subject("demo-live", "a@example.org")},
		{"an account of nobody is passed over", payments.Party{Account: "1", Mobile: "+49 170 0000001"}, tok.Subject("", "+491700000001")},
		{"mobile before phone", payments.Party{Agent: "B", Phone: "+49-3000000", Mobile: "+49-1700000001"}, tok.Subject("", "+491700000001")},
		{"phone before e-mail", payments.Party{Agent: "B", Phone: "+49-3000000", Email: "a@example.org"}, tok.Subject("", "+493000000")},
		{"e-mail", payments.Party{Agent: "B", Email: "a@example.org"}, tok.Subject("", "a@example.org")},
	} {
		tx := full()
		tx.Creditor = c.party
		if got := s.Split(&tx)[1].Subject; got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNamesJoinOnlyAtOneAgentAndNothingJoinsTheUnknown(t *testing.T) {
	s := splitter(t, Options{})
	of := func(ref string, p payments.Party) signal.Subject {
		tx := full()
		tx.Ref, tx.Creditor = ref, p
		return s.Split(&tx)[1].Subject
	}
	maria := of("1", payments.Party{Name: "Mária  MUSTER", Agent: "B"})
	if maria != of("2", payments.Party{Name: "Maria Muster", Agent: "B"}) {
		t.Error("one name at one agent must be one subject")
	}
	if maria == of("1", payments.Party{Name: "Maria Muster", Agent: "C"}) {
		t.Error("namesakes at two agents must be two subjects")
	}
	for _, p := range []payments.Party{{}, {Name: "Maria Muster"}, {Agent: "B"}, {Account: "1"}} {
		if of("1", p) == of("2", p) {
			t.Errorf("%+v joins two transactions", p)
		}
	}
}

func TestTablesOfADeploymentReplaceTheShipped(t *testing.T) {
	s := splitter(t, Options{Tables: files{
		"merchants.csv": "version,mine-1\nkind,mcc,name,source\nvpn,,demo travels,ours\n",
		"zones.csv":     "version,mine-2\ncountry,zone\nDE,Asia/Tokyo\n",
	}})
	tr := s.Split(ptr(full()))[0] // 17:00 UTC is 02:00 in Tokyo
	if tr.Bought != payments.BoughtVPN || tr.Night != payments.Yes || tr.OtherNight != "" || tr.Tourists != payments.Yes {
		t.Errorf("%+v", tr)
	}
	if got := s.Versions(); got != "zones mine-2, merchants mine-1, tourists sample-2026-11" {
		t.Error(got)
	}
	for name, want := range map[string]string{
		"zones.csv country,zone Q,Asia/Tokyo":                 "zones.csv: line 3: the country",
		"zones.csv country,zone JP,Asia/Nowhere":              "zones.csv: line 3: the zone",
		"merchants.csv kind,mcc,name,source spies,4722,,x":    "merchants.csv: line 3: the kind",
		"merchants.csv kind,mcc,name,source vpn,4722,,":       "no source",
		"merchants.csv kind,mcc,name,source vpn,,,x":          "a category or a name",
		"merchants.csv kind,mcc,name,source vpn,4722,n,x":     "a category or a name",
		"merchants.csv kind,mcc,name,source vpn,47222,,x":     "four digits",
		"merchants.csv kind,mcc,name,source vpn,4722-4721,,x": "four digits",
		"tourists.csv country,town,source PHL,Manila,x":       "the country",
		"tourists.csv country,town,source PH,-,x":             "no town",
		"tourists.csv country,town,source PH,Manila,":         "no source",
		"tourists.csv country,town PH,Manila":                 "second row",
	} {
		part := strings.SplitN(name, " ", 3)
		_, err := New(tokenizer(t), Options{Tables: files{part[0]: "version,v\n" + part[1] + "\n" + part[2] + "\n"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
