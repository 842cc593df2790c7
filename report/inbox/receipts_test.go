package inbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
)

// TestTheDropIsAnswered lets the sender's own reader of receipts say what it makes of them.
func TestTheDropIsAnswered(t *testing.T) {
	mine := identity(t)
	d := newDesk(t)
	from, to := t.TempDir(), t.TempDir()
	sender, err := drop.Open(drop.Settings{Outgoing: from, Receipts: to, Marks: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
	}()
	good, forged := d.alert(1), d.alert(2)
	forged.Statement.Probability = 0.1
	for id, files := range map[string][]drop.File{
		"good":   {{Name: "alert.json", Data: inboxtest.JSON(t, good)}, {Name: "report.zip", Data: []byte("PK")}},
		"forged": {{Name: "alert.json", Data: inboxtest.JSON(t, forged)}},
		"locked": {{Name: "alert.age", Data: d.log.Seal(t, d.alert(3), nil, mine.Recipient())}},
		"other":  {{Name: "report.zip", Data: []byte("PK")}},
	} {
		if a, err := sender.Put(t.Context(), id, files...); err != nil || a.State != report.Waiting {
			t.Fatalf("%s: %+v, %v", id, a, err)
		}
	}
	if err := os.WriteFile(filepath.Join(from, "none"+drop.ManifestName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := func(want int) {
		t.Helper()
		if n, err := d.Receipts(t.Context(), from, to); err != nil || n != want {
			t.Errorf("%d receipts, want %d; %v", n, want, err)
		}
	}
	answer(0) // nothing was read yet
	read := func() {
		t.Helper()
		files, err := NewFiles(from, func() time.Time { return time.Now().Add(time.Minute) })
		if err == nil {
			_, err = files.Poll(func(r Record) error { return d.Take(t.Context(), r, nil) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read()
	answer(2)
	answer(0)
	states := func(want map[string]report.State) {
		t.Helper()
		for id, state := range want {
			a, err := sender.Ask(t.Context(), id)
			if err != nil || a.State != state || state == report.Filed && !strings.HasPrefix(a.Receipt, "ph-") {
				t.Errorf("%s: %+v, %v; want %s", id, a, err, state)
			}
		}
	}
	states(map[string]report.State{"good": report.Filed, "forged": report.Refused, "locked": report.Waiting, "other": report.Waiting})
	// The key comes later, and with it the answer.
	d.set.Identities = []age.Identity{mine}
	d.again()
	if _, err := d.Recheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer(1)
	states(map[string]report.State{"locked": report.Filed})
}
