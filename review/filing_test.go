package review

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// ordered puts filings of one stored case into a store.
func ordered(t *testing.T, s *Store, c Case, orders ...Filing) {
	t.Helper()
	for i := range orders {
		d := &orders[i]
		d.Case, d.State, d.Revision, d.Body = c.ID, FilingQueued, 1, []byte(`{"alert":1}`)
		if d.Centre == "" {
			d.Centre = "us"
		}
	}
	for range 2 { // an order may be repeated
		if err := s.OrderFilings(t.Context(), orders); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeliveriesAreTakenInTheirOrder(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	at := s.now()
	ordered(t, s, c,
		Filing{Alert: signal.ID("a"), Priority: 5, Due: at.Add(2 * time.Hour), Next: at},
		Filing{Alert: signal.ID("b"), Priority: 9, Due: at.Add(time.Hour), Next: at},
		Filing{Alert: signal.ID("c"), Priority: 5, Due: at.Add(time.Hour), Next: at},
		Filing{Alert: signal.ID("d"), Priority: 99, Due: at.Add(time.Hour), Next: at.Add(24 * time.Hour)},
		Filing{Alert: signal.ID("e"), Priority: 99, Due: at.Add(time.Hour), Next: at, Centre: "ph"},
	)
	for i, want := range []string{"b", "c", "a", ""} {
		d, ok, err := s.NextFiling(t.Context(), "us", at.Add(time.Minute))
		if err != nil || ok != (want != "") || ok && d.Alert != signal.ID(want) {
			t.Fatalf("%d: %+v, %v, want %s", i, d, err, want)
		}
		if !ok {
			break
		}
		d.State, d.Next, d.Attempts = FilingSending, at.Add(time.Hour), 1
		saved, err := s.SaveFiling(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SaveFiling(t.Context(), d); !errors.Is(err, ErrFilingChanged) {
			t.Errorf("a second worker: %v", err)
		}
		saved.State, saved.Receipt = FilingFiled, "4711"+want
		if want == "a" {
			saved.State, saved.Receipt, saved.Says = FilingFailed, "", "no"
		}
		if _, err := s.SaveFiling(t.Context(), saved); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := s.NextFiling(t.Context(), "us", at.Add(25*time.Hour)); err != nil || !ok {
		t.Error("what was for tomorrow is not there", err)
	}
	got, err := s.EarlierFilings(t.Context(), Filing{Alert: signal.ID("c"), Case: c.ID, Centre: "us"})
	if err != nil || len(got) != 1 || got[0].Receipt != "4711b" {
		t.Errorf("%v, %v", got, err)
	}
	filed, err := s.Filings(t.Context(), FilingFiled, 0)
	if err != nil || len(filed) != 2 || len(filed[0].Body) != 0 || filed[0].Alert != signal.ID("b") || filed[0].Late(at.Add(99*time.Hour)) {
		t.Errorf("%+v, %v", filed, err)
	}
	if all, err := s.Filings(t.Context(), "", 0); err != nil || len(all) != 5 {
		t.Errorf("%d, %v", len(all), err)
	}
	failed, err := s.Filing(t.Context(), signal.ID("a"))
	if err != nil || failed.Says != "no" || string(failed.Body) != `{"alert":1}` || !failed.Late(at.Add(3*time.Hour)) {
		t.Errorf("%+v, %v", failed, err)
	}
	if _, err := s.Filing(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestStepsOfADeliveryAreInTheLogOnce(t *testing.T) {
	s := newStore(t)
	c := caseOf(1, "a")
	receive(t, s, c)
	at := s.now()
	alert := signal.ID("a")
	ordered(t, s, c, Filing{Alert: alert, Due: at, Next: at})
	before := len(kinds(t, s))
	steps := []FilingStep{{At: at, Asked: "submit", Outcome: "ok", Request: "req-1", Report: "4711"}, {At: at, Asked: "finish", Outcome: "unknown", Request: "what is\x00this?"}}
	for range 2 {
		if err := s.SaveFilingJournal(t.Context(), alert, []byte("journal"), steps); err != nil {
			t.Fatal(err)
		}
	}
	if got := kinds(t, s)[before:]; strings.Join(got, " ") != "delivery delivery" {
		t.Errorf("%v", got)
	}
	var text strings.Builder
	for _, row := range pending(t, s) {
		if row.Entry != nil {
			text.WriteString(strings.Join(row.Entry.Refs, " ") + "\n")
		}
	}
	for _, want := range []string{"request/req-1", "report/4711", "asked/finish", "request/sha256:"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log is not told of %s: %s", want, text.String())
		}
	}
	if journal, err := s.FilingJournal(t.Context(), alert); err != nil || string(journal) != "journal" {
		t.Errorf("%q, %v", journal, err)
	}
	if journal, err := s.FilingJournal(t.Context(), "none"); err != nil || len(journal) != 0 {
		t.Errorf("%q, %v", journal, err)
	}
	if err := s.SaveFilingJournal(t.Context(), "none", nil, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	d, err := s.Filing(t.Context(), alert)
	if err != nil {
		t.Fatal(err)
	}
	d.State, d.Receipt, d.Says = FilingFailed, "47\x0011\xff", "no\x00"
	if _, err = s.SaveFiling(t.Context(), d); err == nil {
		d, err = s.Filing(t.Context(), alert)
	}
	if err != nil || d.Receipt != "47\uFFFD11\uFFFD" {
		t.Errorf("%q, %v", d.Receipt, err)
	}
}
