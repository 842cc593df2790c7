package ncmec

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// drafts are reports of different kinds, by name.
func drafts(t *testing.T) map[string]Draft {
	t.Helper()
	out := map[string]Draft{}
	for name, change := range map[string]func(*Input){
		"whole":    func(*Input) {},
		"followup": func(in *Input) { in.Prior = []int64{2002, 2001, 2002} },
		"retraction": func(in *Input) {
			in.Corrects, in.Prior, in.Alert = Retracts, []int64{2001}, "a-correction"
			in.Decision.Verdict, in.Decision.Reason, in.Decision.Second, in.Decision.Sequence = review.Dismiss, "false-match", "", 2
			in.Attach = []byte(`{"correction":true}`)
		},
		"correction": func(in *Input) {
			in.Corrects, in.Prior, in.Alert = Replaces, []int64{2001}, "a-correction"
			in.Decision.Reason, in.Decision.Sequence = "paid-abuse-suspected", 2
		},
		"danger": func(in *Input) { in.Decision.Danger = "canary-danger"; in.Decision.Second = "" },
		"least": func(in *Input) {
			a, err := DecodeAccount([]byte(`{"subject":"` + string(subject) + `","platform":"demo","id":"u","ips":[{"address":"192.0.2.1"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			*in.Account = a
			in.Attach, in.Frames, in.Reporter = nil, nil, Reporter{Person: Person{Emails: []Email{{Address: "desk@demo.example"}}}}
		},
		"sextortion": func(in *Input) {
			p := *in.Decision.Case.Signals[0].Payment
			p.Typology, p.Role, p.Victim = "X01", signal.Sender, true
			in.Decision.Case.Signals[0].Payment = &p
			in.Decision.Case.Signals = in.Decision.Case.Signals[:2]
		},
	} {
		in := input(t)
		change(&in)
		d, err := Build(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = d
	}
	return out
}

func TestBuild(t *testing.T) {
	for name, d := range drafts(t) {
		golden.Check(t, name+".xml", d.XML)
		var b strings.Builder
		for _, f := range d.Fields {
			b.WriteString(f.Path + " = " + strings.ReplaceAll(f.Value, "\n", " | ") + "\n  <- " + f.Source + "\n")
		}
		for i, up := range d.Uploads {
			details := up.Details
			details.ReportID, details.FileID = 4564654, "f1"
			text, err := Encode(details)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+"-file-"+string(rune('1'+i))+".xml", text)
			for _, f := range up.Fields {
				b.WriteString(f.Path + " = " + f.Value + "\n  <- " + f.Source + "\n")
			}
		}
		golden.Check(t, name+".fields", b.String())
		if strings.Contains(b.String(), "canary") {
			t.Errorf("%s: what stays in the store has left", name)
		}
	}
}

// TestGoldenFilesFitTheSchema asks a validator that knows nothing of Vigil.
func TestGoldenFilesFitTheSchema(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has no xmllint")
		}
		t.Skip("no xmllint")
	}
	s, err := standin.New("u", "p", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	schema := filepath.Join(t.TempDir(), "schema.xsd")
	if err := os.WriteFile(schema, []byte(s.XSD()), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, f := range files {
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", schema, f).CombinedOutput(); err != nil { // #nosec G204 -- of the PATH
			t.Errorf("%s", out)
		}
	}
	// And that it would notice: two neighbours change places.
	data, err := os.ReadFile("testdata/whole.xml")
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(data), "<espIdentifier>user-4711</espIdentifier>\n    <espService>Demo Live</espService>", "<espService>Demo Live</espService>\n    <espIdentifier>user-4711</espIdentifier>", 1)
	bad := filepath.Join(t.TempDir(), "bad.xml")
	if err := os.WriteFile(bad, []byte(wrong), 0o600); err != nil || wrong == string(data) {
		t.Fatal("the order is as it was", err)
	}
	if exec.Command(lint, "--noout", "--nonet", "--schema", schema, bad).Run() == nil { // #nosec G204 -- as above
		t.Error("another order fits the schema")
	}
}

func TestNothingIsFiledThatNoPersonConfirmed(t *testing.T) {
	for name, change := range map[string]func(*review.Decision){
		"a dismissal": func(d *review.Decision) { d.Verdict = review.Dismiss },
		"a stand-in":  func(d *review.Decision) { d.StandIn = true },
	} {
		in := input(t)
		change(&in.Decision)
		if d, err := Build(in); !errors.Is(err, ErrNotPersons) || d.XML != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnIncompleteReportIsHeld(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Input)
		want   string
	}{
		"no answer":       {func(in *Input) { in.Account = nil }, "platform's answer"},
		"no id":           {func(in *Input) { in.Account.ID = "" }, "account's id"},
		"nothing to find": {func(in *Input) { a := in.Account; a.IPs, a.Emails, a.Phones, a.Devices = nil, nil, nil, nil }, "leads to a person"},
		"no reporter":     {func(in *Input) { in.Reporter.Person.Emails = nil }, "ncmec.reporter"},
	} {
		in := input(t)
		c.change(&in)
		_, err := Build(in)
		var held *Incomplete
		if !errors.As(err, &held) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, change := range map[string]func(*Input){
		"another account":  func(in *Input) { in.Account.Subject = "sub_00000000000000000000000000000002" },
		"another platform": func(in *Input) { in.Account.Platform = "elsewhere" },
	} {
		in := input(t)
		change(&in)
		var held *Incomplete
		if _, err := Build(in); err == nil || errors.As(err, &held) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWhatWouldBeRefusedIsNotSent(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, c := range map[string]struct {
		change func(*Input)
		want   string
	}{
		"a blank in a URL":     {func(in *Input) { in.Account.StreamURLs = []string{"https://demo.example/a b"} }, "url[0]"},
		"a control character":  {func(in *Input) { in.Account.ScreenName = "a\x07b" }, "screenName: has a control character"},
		"a long id":            {func(in *Input) { in.Account.ID = long }, "espIdentifier: has 256 characters"},
		"a long service":       {func(in *Input) { in.Account.Service = long }, "espService"},
		"no IP":                {func(in *Input) { in.Account.IPs[0].Address = "10.0.0" }, "ipAddress"},
		"no event":             {func(in *Input) { in.Account.IPs[0].Event = "Party" }, "eventName"},
		"a port":               {func(in *Input) { in.Account.IPs[0].Port = 70000 }, "port"},
		"a time to come":       {func(in *Input) { in.Account.IPs[0].At = now.Add(time.Hour) }, "dateTime: must be a time that has passed"},
		"an incident to come":  {func(in *Input) { in.Now = start }, "incidentDateTime"},
		"no e-mail address":    {func(in *Input) { in.Account.Emails[0].Value = "Made Up <made.up@example.org>" }, "email[0]"},
		"an empty device":      {func(in *Input) { in.Account.Devices[0].Value = " " }, "idValue"},
		"a report of number 0": {func(in *Input) { in.Account.Prior = []int64{0} }, "priorCTReports"},
		"no UTF-8":             {func(in *Input) { in.Account.DisplayNames[0] = "\xff" }, "displayName[0]: is not UTF-8"},
		"a legal URL":          {func(in *Input) { in.Reporter.LegalURL = "nowhere" }, "legalURL"},
	} {
		in := input(t)
		c.change(&in)
		if _, err := Build(in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	in := input(t)
	in.Frames[digest(picture)] = []byte("other bytes")
	if _, err := Build(in); err == nil || !strings.Contains(err.Error(), "another SHA-256") {
		t.Errorf("another picture: got %v", err)
	}
}

func TestViewedOnlyWhereTheLogShowsIt(t *testing.T) {
	for _, whole := range []bool{true, false} {
		in := input(t)
		in.Viewed = func(sha256 string) (string, bool) {
			if sha256 != digest(picture) {
				t.Errorf("asked of %s", sha256)
			}
			return "view-1", whole
		}
		d, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Uploads[0].Details.Viewed; got == nil || *got != whole {
			t.Errorf("whole %v: viewed %v", whole, got)
		}
	}
	d := draft(t)
	if got := d.Uploads[0].Details.Viewed; got == nil || *got {
		t.Errorf("without a log: viewed %v", got)
	}
	if d.Uploads[1].Details.Viewed != nil {
		t.Error("an attachment was viewed")
	}
	if len(d.Absent) != 1 || d.Absent[0] != "demo/stream-7/frame-4" {
		t.Errorf("absent %v", d.Absent)
	}
}

func TestAFieldWithoutASourceIsAnError(t *testing.T) {
	s := sources{}
	s.note("/report/incidentSummary", "signal 1")
	_, err := s.trace([]byte(`<report><incidentSummary><incidentType>x</incidentType></incidentSummary><victim/></report>`))
	if err == nil || err.Error() != "/report/victim rests on no evidence" {
		t.Errorf("got %v", err)
	}
}

func TestTheTypeOfIncident(t *testing.T) {
	noMatch := func(d *review.Decision) { d.Case.Signals = d.Case.Signals[:2] }
	noPayment := func(d *review.Decision) { d.Case.Signals = d.Case.Signals[1:2] }
	for _, c := range []struct {
		reason string
		change func(*review.Decision)
		want   IncidentType
	}{
		{"known-material", noPayment, Material}, {"live-abuse-suspected", noPayment, Material}, {"paid-abuse-suspected", noMatch, Trafficking},
		{"several-signs", func(*review.Decision) {}, Material}, {"several-signs", noMatch, Trafficking}, {"several-signs", noPayment, Enticement},
	} {
		in := input(t)
		in.Decision.Reason = c.reason
		c.change(&in.Decision)
		d, err := Build(in)
		if err != nil || d.Report.Incident.Type != c.want {
			t.Errorf("%s: %s, want %s, %v", c.reason, d.Report.Incident.Type, c.want, err)
		}
	}
}

func FuzzDecodeAccount(f *testing.F) {
	f.Add([]byte(accountJSON))
	f.Add([]byte(`{"subject":"sub_00000000000000000000000000000001","platform":"demo","id":"\u0000","ips":[{"address":"1.1.1.1"}]}`))
	server, err := standin.New("u", "p", func() time.Time { return now })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeAccount(data)
		if err != nil {
			return
		}
		in := input(t)
		in.Account = &a
		d, err := Build(in)
		if err != nil {
			return
		}
		if err := server.Check(d.XML); err != nil {
			t.Fatalf("what was built would be refused: %v\n%s", err, d.XML)
		}
	})
}
