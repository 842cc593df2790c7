package action

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

const (
	subject  = signal.Subject("sub_00000000000000000000000000000001")
	actionID = "00000000000000000000000000000001"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// signals are of two platforms and a bank; what begins with canary must not reach demo.
func signals() []signal.Signal {
	at := func(kind signal.Kind) signal.Signal {
		return signal.Signal{ID: signal.ID(string(kind)), Kind: kind, Subject: subject, Start: start, End: start.Add(time.Hour), Says: "canary-says",
			Evidence: []signal.Evidence{{What: "transaction", Holder: "canary-holder", Ref: "canary-ref"}}}
	}
	session, match, flag, pay, score, other, guest := at(signal.KindSession), at(signal.KindMatch), at(signal.KindFlag), at(signal.KindPayment), at(signal.KindScore), at(signal.KindFlag), at(signal.KindSession)
	session.Session = &signal.Session{Stream: "s2", Platform: "demo", Country: "CA", Guests: []signal.Subject{"sub_canary"}}
	match.Match = &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: "canary-list", Category: "canary-category", Entry: "canary-entry", Distance: 3}
	flag.Flag = &signal.Flag{Stream: "s1", Platform: "demo", Reason: "canary-reason", Source: "user"}
	score.Score = &signal.Score{Stream: "s3", Platform: "demo", Classifier: "canary-classifier", Value: 1}
	pay.Payment = &signal.Payment{Typology: "canary-typology", Countries: []string{"PH"}, Pairs: []signal.Pair{{Other: "sub_canary"}}}
	other.Flag = &signal.Flag{Stream: "canary-stream", Platform: "canary-platform"}
	guest.Session = &signal.Session{Stream: "canary-guest", Platform: "canary-host", Private: true, Host: "sub_canary"}
	return []signal.Signal{session, match, flag, pay, score, other, guest}
}

func viewOf(t *testing.T, platform string, all []signal.Signal) View {
	t.Helper()
	for _, v := range Views(subject, all) {
		if v.Platform == platform {
			return v
		}
	}
	t.Fatalf("no view of %s", platform)
	return View{}
}

// TestNothingButThePlatformsOwn looks for what no platform may learn in every record that
// can be made of a case of everything.
func TestNothingButThePlatformsOwn(t *testing.T) {
	n := 0
	for _, k := range []Kind{Preserve, Warn, Interrupt, Suspend, Hold, Blur, Lift} {
		for _, c := range []Cause{
			{ID: "d", At: start, Persons: 2}, {ID: "d", At: start, Persons: 1}, {ID: "d", At: start, StandIn: true},
			{ID: "d", At: start, For: time.Hour, Ends: []string{actionID}, Appeal: actionID, LiftFor: LiftAppeal},
			{ID: "d", At: start, LiftFor: LiftDismissed}, {ID: "d", At: start, LiftFor: LiftDecided}, {ID: "d", At: start, LiftFor: LiftExpired},
		} {
			if k == Lift && c.LiftFor == "" {
				c.LiftFor = LiftReplaced
			}
			r, ok := Of(viewOf(t, "demo", signals()), k, c)
			if !ok {
				t.Fatalf("%s is not asked for", k)
			}
			data, err := Encode(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(data); err != nil {
				t.Errorf("%s: %v\n%s", k, err, data)
			}
			text := strings.ToLower(string(data))
			for _, word := range []string{"canary", "bank", "payment", "transaction", "money", "centre", "center", "ncmec", "report", "police", "alert", "score\":", "probability", "reviewer"} {
				if strings.Contains(text, word) {
					t.Errorf("%s has %q: %s", k, word, data)
				}
			}
			if (r.Statement != nil) != slices.Contains([]Kind{Interrupt, Suspend, Hold, Blur}, k) {
				t.Errorf("%s: the statement is %+v", k, r.Statement)
			}
			n++
		}
	}
	if n < 40 {
		t.Errorf("looked at %d", n)
	}
}

// TestAViewWithoutAReason: a session and payments are no reason to ask for anything.
func TestAViewWithoutAReason(t *testing.T) {
	all := signals()
	v := viewOf(t, "demo", []signal.Signal{all[0], all[3]})
	held := all[1]
	held.Match = &signal.Match{Stream: "s9", Platform: "demo", Held: true}
	for _, v := range []View{v, viewOf(t, "demo", []signal.Signal{all[0], held}), {Platform: "none"}} {
		for _, k := range []Kind{Preserve, Warn, Interrupt, Suspend, Hold, Blur} {
			if _, ok := Of(v, k, Cause{ID: "d", At: start}); ok {
				t.Errorf("%s is asked of %+v", k, v)
			}
		}
	}
	if got := Views(subject, all); len(got) != 2 || got[1].Platform != "demo" {
		t.Errorf("a guest's platform, or a bank, has a view: %+v", got)
	}
}

// TestStatementsTellTheTruth goes through who saw and who decided.
func TestStatementsTellTheTruth(t *testing.T) {
	all := signals()
	trusted := all[2]
	trusted.Flag = &signal.Flag{Stream: "s1", Platform: "demo", Source: "trusted"}
	person, program := Cause{ID: "d", At: start, Persons: 2}, Cause{ID: "d", At: start, StandIn: true}
	for _, c := range []struct {
		name                           string
		from                           []signal.Signal
		k                              Kind
		cause                          Cause
		source, detection, decision    string
		visibility, provision, account string
	}{
		{"a match, two persons", all[1:2], Suspend, person, "SOURCE_VOLUNTARY", "Yes", "AUTOMATED_DECISION_NOT_AUTOMATED", "", "", "DECISION_ACCOUNT_SUSPENDED"},
		{"a flag alone", all[2:3], Interrupt, person, "SOURCE_ARTICLE_16", "No", "AUTOMATED_DECISION_NOT_AUTOMATED", "", "DECISION_PROVISION_PARTIAL_SUSPENSION", ""},
		{"a trusted flagger and a match", []signal.Signal{trusted, all[1]}, Interrupt, person, "SOURCE_TRUSTED_FLAGGER", "Yes", "AUTOMATED_DECISION_NOT_AUTOMATED", "", "DECISION_PROVISION_PARTIAL_SUSPENSION", ""},
		{"a program", all[1:2], Suspend, program, "SOURCE_VOLUNTARY", "Yes", "AUTOMATED_DECISION_FULLY", "", "", "DECISION_ACCOUNT_SUSPENDED"},
		{"a policy", all[1:2], Hold, Cause{ID: "m", At: start, For: time.Hour}, "SOURCE_VOLUNTARY", "Yes", "AUTOMATED_DECISION_FULLY", "DECISION_VISIBILITY_CONTENT_DISABLED", "", ""},
		{"a policy that blurs", all[1:2], Blur, Cause{ID: "m", At: start, For: time.Hour}, "SOURCE_VOLUNTARY", "Yes", "AUTOMATED_DECISION_FULLY", "DECISION_VISIBILITY_OTHER", "", ""},
	} {
		r, _ := Of(viewOf(t, "demo", c.from), c.k, c.cause)
		s := r.Statement
		if s.SourceType != c.source || s.AutomatedDetection != c.detection || s.AutomatedDecision != c.decision || strings.Join(s.DecisionVisibility, " ") != c.visibility ||
			s.DecisionProvision != c.provision || s.DecisionAccount != c.account || s.PUID != r.ID || s.ContentDate != "2026-03-01" || s.ApplicationDate != "2026-03-01" {
			t.Errorf("%s: %+v", c.name, s)
		}
		if r.Automated != (s.AutomatedDecision == "AUTOMATED_DECISION_FULLY") {
			t.Errorf("%s: automated %v, and the statement says %s", c.name, r.Automated, s.AutomatedDecision)
		}
	}
}

func TestChoices(t *testing.T) {
	if got := Milder(Suspend, Warn); got != Warn {
		t.Errorf("the milder is %s", got)
	}
	if got := Milder(None, Preserve); got != None {
		t.Errorf("the milder is %s", got)
	}
	for reason, want := range map[string]Kind{"known-material": Suspend, "live-abuse-suspected": Interrupt, "paid-abuse-suspected": Preserve, "several-signs": Interrupt, "false-match": None} {
		if got := Usual(reason); got != want {
			t.Errorf("after %s usually %s, want %s", reason, got, want)
		}
	}
	for _, k := range []Kind{Hold, Blur, Lift, "x", ""} {
		if k.Chosen() {
			t.Errorf("a person may choose %q", k)
		}
	}
	for _, c := range []struct {
		now, before Kind
		want        bool
	}{{Suspend, Interrupt, true}, {Suspend, Hold, true}, {Interrupt, Suspend, false}, {Interrupt, Hold, true}, {Warn, Hold, false}, {Warn, Suspend, false}, {Warn, Warn, true}, {Preserve, Blur, false}} {
		if got := c.now.Replaces(c.before); got != c.want {
			t.Errorf("%s in the place of %s: %v", c.now, c.before, got)
		}
	}
}

func TestTheSchemasArePublished(t *testing.T) {
	for _, name := range SchemaNames() {
		if text, ok := SchemaText(name); !ok || !json.Valid(text) {
			t.Errorf("%s: %v", name, ok)
		}
	}
	if _, ok := SchemaText("../record"); ok {
		t.Error("a schema that there is not")
	}
	if _, err := Decode([]byte(`{"id":"x"}`)); err == nil {
		t.Error("what is no action was read")
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"action_id":"` + actionID + `","state":"done","at":"2026-03-01T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := DecodeReceipt(data)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeReceipt(again); err != nil || back.ID() != r.ID() {
			t.Errorf("%q: %v", data, err)
		}
	})
}
