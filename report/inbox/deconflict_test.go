package inbox

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// TestWhatCoincides compares with what the centre has and with other alerts.
func TestWhatCoincides(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	at := start.Add(-2 * time.Hour)
	one := d.log.Alert(t, inboxtest.Case{Number: 1, At: at, Stream: "both"}, 1)
	one.Accounts = []report.AccountData{inboxtest.Account(one, at)}
	two := d.log.Alert(t, inboxtest.Case{Number: 2, At: at, Stream: "both"}, 1)
	three := d.log.Alert(t, inboxtest.Case{Number: 3, At: at}, 1)
	again := d.log.Alert(t, inboxtest.Case{Number: 3, At: at}, 2)
	for i, a := range []report.Alert{one, two, three, again} {
		d.take(int64(i), inboxtest.JSON(t, a))
	}
	known, err := blind.FromCSV(strings.NewReader("kind,holder,value,label\npayment,DEMOPHXXXXX,TX-1-1,Elm\npayment,demophxx,TX-1-2,Elm\nstream,DEMO,both,Oak\nemail,,a@example.org,Ash\nemail,,somebody@example.org,Fir\nip,,203.0.113.10,Fir\naccount,Demo,@user-4711,Fir\n"), *d.set.Blinding)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetKnown(ctx, known); err != nil {
		t.Fatal(err)
	}
	f := d.view(one.ID)
	if want := []Known{{blind.Payment, "Elm", 2}, {blind.Account, "Fir", 1}, {blind.Email, "Fir", 1}, {blind.IP, "Fir", 1}, {blind.Stream, "Oak", 1}}; !slices.Equal(f.Known, want) {
		t.Errorf("known: %+v", f.Known)
	}
	if len(f.Related) != 1 || f.Related[0].Alert != two.ID || f.Related[0].Case || !slices.Equal(f.Related[0].Kinds, []blind.Kind{blind.Stream}) {
		t.Errorf("related: %+v", f.Related)
	}
	f = d.view(again.ID)
	if len(f.Known) != 0 || len(f.Related) != 1 || f.Related[0].Alert != three.ID || !f.Related[0].Case || len(f.Related[0].Kinds) != 2 {
		t.Errorf("of a case: %+v, %+v", f.Known, f.Related)
	}
	// Nothing of what alerts name stands in the clear where identifiers are compared.
	for _, table := range []string{"identifiers", "known"} {
		var n int
		if err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE blind LIKE '%TX-%' OR blind LIKE '%both%'`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", table, n, err)
		}
	}
	other, err := blind.NewKey(make([]byte, blind.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetKnown(ctx, blind.Set{Key: other.ID()}); !errors.Is(err, ErrBlinding) {
		t.Errorf("under another key: %v", err)
	}
	// Under a new key alerts are compared among themselves as before, and nothing is known.
	d.set.Blinding = &other
	d.again()
	if f := d.view(one.ID); len(f.Known) != 0 || len(f.Related) != 1 {
		t.Errorf("under a new key: %+v, %+v", f.Known, f.Related)
	}
}
