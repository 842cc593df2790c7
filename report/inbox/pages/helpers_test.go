package pages

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/inbox/blind"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
	"github.com/vigil-stream/vigil/report/seal"
)

const testCode = "a-code-for-tests-only"

// A served inbox, with alerts in it, of which the first says whose account it is.
type served struct {
	*httptest.Server
	store  *inbox.Store
	alerts []report.Alert // the first is in danger, the fifth was taken back
	faults []error
}

// file is what comes beside the first alert.
var file = seal.Attach("image/jpeg", []byte("a made-up file"))

// serve serves one in development mode, and what changes makes of that, which may need to
// know where it is.
func serve(t testing.TB, changes ...func(o *Options, address string)) *served {
	t.Helper()
	log := inboxtest.NewLog(t, 0)
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := blind.NewKey(slices.Repeat([]byte{9}, blind.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := inboxtest.NewLog(t, 5)
	now := time.Now
	store, err := inbox.Open(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), now, inbox.Settings{
		Keys:   inbox.Keys{Centre: "ph", Logs: []string{log.Verifier}, Identities: []age.Identity{mine}, Blinding: &key},
		Within: 24 * time.Hour,
		Sign:   func(o report.Outcome) ([]byte, error) { return report.SealOutcome(o, outcomes.Verifier, outcomes.Sign) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{store: store}
	at := now().UTC().Truncate(time.Second)
	place := int64(0)
	take := func(data []byte) {
		if err := store.Take(t.Context(), inbox.Record{Data: data, Source: "alerts.ph/0", Place: place}, nil); err != nil {
			t.Fatal(err)
		}
		place++
	}
	cases := []inboxtest.Case{
		{Number: 1, At: at.Add(-2 * time.Hour), Strong: true, Danger: true, Frame: file.SHA256, Stream: "stream-both"},
		{Number: 2, At: at.Add(-5 * time.Hour), Strong: true}, {Number: 3, At: at.Add(-4 * 24 * time.Hour), Stream: "stream-both"},
		{Number: 4, At: at.Add(-3 * 24 * time.Hour), Lacks: true}, {Number: 5, At: at.Add(-30 * time.Hour), Strong: true},
	}
	for i, c := range cases {
		a := log.Alert(t, c, 1)
		if i == 0 {
			a.Accounts = []report.AccountData{inboxtest.Account(a, at)}
		}
		s.alerts = append(s.alerts, a)
		switch i {
		case 0:
			take(log.Seal(t, a, []seal.Attachment{file}, mine.Recipient()))
		case 3:
			take(inboxtest.JSON(t, a)) // unsigned
		default:
			take(log.Seal(t, a, nil, mine.Recipient()))
		}
	}
	take(log.Seal(t, log.Correction(t, cases[4], true), nil, mine.Recipient()))
	take(log.Seal(t, log.Correction(t, inboxtest.Case{Number: 9, At: at.Add(-50 * time.Hour)}, true), nil, mine.Recipient()))
	forged := s.alerts[0]
	forged.Statement.Probability = 0.1
	take(inboxtest.JSON(t, forged))
	take([]byte("\x89PNG, or so"))
	take([]byte(`{"id": "<script>alert(1)</script>"}`))
	known, err := blind.FromCSV(strings.NewReader("kind,holder,value,label\npayment,DEMOPHXX,TX-2-1,Operation Elm\n"), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SetKnown(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	manila, err := time.LoadLocation("Asia/Manila")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: store, Name: "Demo centre", Code: testCode, Zone: manila, Now: now,
		Sources: func() []Source {
			return []Source{{"queue", true, "Following vigil.alerts.ph at 127.0.0.1:9092, read up to record 9."}}
		},
		Fault: func(err error) { s.faults = append(s.faults, err) },
	}
	var h http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	for _, change := range changes {
		change(&o, s.URL)
	}
	if h, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		for _, err := range s.faults {
			t.Errorf("fault: %v", err)
		}
	})
	return s
}
