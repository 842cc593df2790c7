package review

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
)

func filingOf(id string) Filing {
	return Filing{Alert: id, Case: caseID, Centre: "us", Sequence: 1, State: FilingQueued, Due: start, Next: start, Revision: 1, Body: []byte(`{"id":"` + id + `"}`)}
}

// TestAStoreLearnsFromTheLogWhatItForgot: what was filed stays so, what may have arrived is
// asked for, and what the store knows better stays as it is; of one that is ordered only later
// too.
func TestAStoreLearnsFromTheLogWhatItForgot(t *testing.T) {
	s, _ := toldStore(t)
	names := []string{"filed", "sending", "same", "known", "failed", "later"}
	id := func(name string) string { return AlertID(caseID, 1, name) }
	for _, name := range names[:5] {
		if err := s.OrderFilings(t.Context(), []Filing{filingOf(id(name))}); err != nil {
			t.Fatal(err)
		}
	}
	known, err := s.Filing(t.Context(), id("known"))
	if err == nil {
		known.State, known.Receipt = FilingFiled, "77"
		_, err = s.SaveFiling(t.Context(), known)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := []Logged{
		{Alert: id("filed"), State: FilingFiled, Receipt: "12", Revision: 3},
		{Alert: id("sending"), State: FilingUnknown, Revision: 2, Journal: []byte("journal")},
		{Alert: id("same"), State: FilingUnknown, Revision: 1},
		{Alert: id("known"), State: FilingUnknown, Revision: 9},
		{Alert: id("failed"), State: FilingFailed, Revision: 9},
		{Alert: id("later"), State: FilingUnknown, Revision: 5, Journal: []byte("later")},
		{Alert: id("later"), State: FilingFiled, Receipt: "13", Revision: 6},
		{Alert: id("later"), State: FilingUnknown, Revision: 5},
	}
	for round, want := range []int{2, 0} {
		if moved, err := s.Reconcile(t.Context(), all); err != nil || moved != want {
			t.Fatalf("round %d: %d moved, %v", round, moved, err)
		}
	}
	if err := s.OrderFilings(t.Context(), []Filing{filingOf(id("later"))}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, name := range names {
		d, err := s.Filing(t.Context(), id(name))
		if err != nil {
			t.Fatal(err)
		}
		journal, err := s.FilingJournal(t.Context(), id(name))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(name, " ", d.State, " ", d.Receipt, " ", d.Revision, " ", len(d.Body) > 0, " ", string(journal)))
	}
	want := []string{
		"filed filed 12 4 false ", "sending unknown  3 true journal", "same queued  1 true ", "known filed 77 2 false ", "failed queued  1 true ", "later filed 13 7 false ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	logged := 0
	for _, row := range pending(t, s) {
		if row.Entry.Kind == audit.KindDelivery {
			logged++
		}
	}
	if logged != 3 { // known, and the two that moved
		t.Errorf("%d entries are on their way into the log", logged)
	}
	next, ok, err := s.NextFiling(t.Context(), "us", start.AddDate(1, 0, 0))
	if err != nil || !ok || bytes.Contains(next.Body, []byte(id("filed"))) {
		t.Errorf("next is %+v, %v", next, err)
	}
}

func TestTheStoreKnowsHowFarItWrote(t *testing.T) {
	s := newStore(t)
	if index, some, err := s.LoggedUpTo(t.Context()); err != nil || some {
		t.Errorf("an empty store wrote %d, %v", index, err)
	}
	c := caseOf(1, "a", "b")
	receive(t, s, c)
	decide(t, s, asked(t, c, Dismiss))
	rows := pending(t, s)
	for i, row := range rows {
		if err := s.Done(t.Context(), row.Seq, fmt.Sprint(40+i)); err != nil {
			t.Fatal(err)
		}
	}
	if index, some, err := s.LoggedUpTo(t.Context()); err != nil || !some || index != uint64(39+len(rows)) {
		t.Errorf("it wrote up to %d, %v, %v", index, some, err)
	}
}
