package backtest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

// set makes a set of rules from lines of id, version and the amounts that count.
func set(t *testing.T, version int, rules ...string) *rule.Set {
	t.Helper()
	text := fmt.Sprintf("format: 1\nversion: %d\nrules:\n", version)
	for _, r := range rules {
		var id, amounts string
		if _, err := fmt.Sscan(r, &id, &amounts); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("  - {id: %s, version: 1, title: t, source: s, of: sender, where: {amount: {EUR: %s}}, last: 2d, bands: [{from: 2, strength: 0.5}], says: \"{count}\"}\n", id, amounts)
	}
	s, err := rule.Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func subject(n int) signal.Subject { return signal.Subject(fmt.Sprintf("sub_%032x", n)) }

// pay is one transfer of a subject, so many days on.
func pay(t *testing.T, r *Run, who, days int, amount int64) {
	t.Helper()
	ref := fmt.Sprintf("%d/%d/%d", who, days, amount)
	err := r.Transfer(context.Background(), &payments.Transfer{
		ID: payments.TransferID("BANK", ref, signal.Sender), Subject: subject(who), Role: signal.Sender, Other: subject(1000), Institution: "BANK", Ref: ref,
		At: time.Date(2026, 3, 1+days, 12, 0, 0, 0, time.UTC), Amount: amount, Currency: "EUR",
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMoreFewerAndOfWhichGroups(t *testing.T) {
	r, err := New(set(t, 1, "U01 10..20", "U02 10..20", "U03 10..20"), set(t, 2, "U01 15..30", "U02 10..20", "U04 25..30"))
	if err != nil {
		t.Fatal(err)
	}
	r.Label(subject(1), "tutor")
	r.Label(subject(2), "tutor")
	r.Label(subject(99), "never seen")
	for day := range 2 {
		pay(t, r, 1, day, 1100) // old alone
		pay(t, r, 2, day, 2700) // new alone
		pay(t, r, 3, day, 1700) // both
		pay(t, r, 4, day, 9900) // neither
	}
	pay(t, r, 1, 20, 1100) // falls silent, and fired all the same
	got := r.Result(10)
	if got.Transfers != 9 || got.Subjects != 4 {
		t.Errorf("%d transfers of %d subjects", got.Transfers, got.Subjects)
	}
	want := []Rule{
		{ID: "U01", Change: Change{Old: 2, New: 2, More: 1, Fewer: 1}},
		{ID: "U02", Change: Change{Old: 2, New: 2}},
		{ID: "U03", Change: Change{Old: 2, Fewer: 2}},
		{ID: "U04", Change: Change{New: 1, More: 1}},
	}
	for i, one := range got.Rules {
		if (one.OldVersion == one.NewVersion) != (one.ID == "U02") {
			t.Errorf("%s: versions %q and %q", one.ID, one.OldVersion, one.NewVersion)
		}
		if one.OldVersion, one.NewVersion = "", ""; one != want[i] {
			t.Errorf("%+v, want %+v", one, want[i])
		}
	}
	if got.Any != (Change{Old: 2, New: 3, More: 1}) {
		t.Errorf("any: %+v", got.Any)
	}
	if len(got.Groups) != 1 || got.Groups[0].Name != "tutor" || got.Groups[0].Subjects != 2 || got.Groups[0].Change != (Change{Old: 1, New: 2, More: 1}) {
		t.Errorf("groups: %+v", got.Groups)
	}
	var more, fewer []string
	for _, f := range got.More {
		more = append(more, fmt.Sprintf("%s %s %s %v", f.Rule, f.Subject[30:], f.Says, f.Refs))
	}
	for _, f := range got.Fewer {
		fewer = append(fewer, fmt.Sprintf("%s %s %s %s", f.Rule, f.Subject[30:], f.Group, f.Role))
	}
	if want := []string{"U01 000002 2 [{BANK 2/0/2700} {BANK 2/1/2700}]", "U04 000002 2 [{BANK 2/0/2700} {BANK 2/1/2700}]"}; !reflect.DeepEqual(more, want) {
		t.Errorf("more %q", more)
	}
	if want := []string{"U01 000001 tutor sender", "U03 000001 tutor sender", "U03 000003  sender"}; !reflect.DeepEqual(fewer, want) {
		t.Errorf("fewer %q", fewer)
	}
	if less := r.Result(1); len(less.More) != 1 || len(less.Fewer) != 1 || less.NotTold != 3 {
		t.Errorf("%d and %d are told, %d not", len(less.More), len(less.Fewer), less.NotTold)
	}
}

func TestAPartHasProfilesOfItsOwn(t *testing.T) {
	r, err := New(nil, set(t, 1, "U01 10..20"))
	if err != nil {
		t.Fatal(err)
	}
	pay(t, r, 1, 0, 1100)
	r.Part()
	pay(t, r, 1, 1, 1100)
	if got := r.Result(10); got.Any.New != 0 {
		t.Errorf("%+v", got.Any)
	}
}

func TestAContradictionIsCounted(t *testing.T) {
	r, err := New(nil, set(t, 1, "U01 10..20"))
	if err != nil {
		t.Fatal(err)
	}
	tr := payments.Transfer{ID: payments.TransferID("BANK", "1", signal.Sender), Subject: subject(1), Role: signal.Sender, Other: subject(2), Institution: "BANK", Ref: "1", At: time.Unix(1e9, 0), Amount: 5, Currency: "EUR"}
	if err := r.Transfer(context.Background(), &tr); err != nil {
		t.Fatal(err)
	}
	if tr.Amount = 6; r.Transfer(context.Background(), &tr) == nil {
		t.Error("taken")
	}
	if taken, contradicting := r.Transfers(); taken != 2 || contradicting != 1 {
		t.Errorf("%d, %d", taken, contradicting)
	}
}
