// Package inboxtest makes what tests put into inboxes: alerts and corrections of made-up
// decisions, proved by a log of its own, plain or sealed. Nothing but tests imports it.
package inboxtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// A Log is an audit log's key, which proves whatever it is asked.
type Log struct {
	Verifier string
	signer   string
	private  ed25519.PrivateKey
}

// NewLog returns a log; one of another seed has another key.
func NewLog(t testing.TB, seed byte) Log {
	t.Helper()
	const name = "demo-log"
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
	verifier, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(verifier, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)) // 1 is Ed25519
	return Log{verifier, "PRIVATE+KEY+" + name + "+" + hash + "+" + secret, private}
}

// Sign signs bytes.
func (l Log) Sign(data []byte) ([]byte, error) { return ed25519.Sign(l.private, data), nil }

func (l Log) prove(t testing.TB, d review.Decision) audit.Proof {
	t.Helper()
	digest, err := d.Statement().Digest()
	if err != nil {
		t.Fatal(err)
	}
	data, err := audit.Entry{Kind: audit.KindDecision, ID: d.ID, Digest: digest, At: d.At, Refs: []string{d.CaseID}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	before, leaf := tlog.RecordHash([]byte("another entry")), tlog.RecordHash(data)
	root := tlog.NodeHash(before, leaf)
	signer, err := note.NewSigner(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := note.Sign(&note.Note{Text: signer.Name() + "\n2\n" + root.String() + "\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Proof{Index: 1, Entry: data, Hashes: []tlog.Hash{before}, Checkpoint: string(checkpoint)}
}

// Centre is the centre that alerts are for.
var Centre = report.Centre{ID: "ph", Name: "Demo centre", Country: "PH", Contact: "desk@centre.example", LegalBasis: "A law of the demo"}

// A Case is a made-up case; the same number has the same ids.
type Case struct {
	Number  int
	At      time.Time // of the newest record; the decision is an hour later
	Danger  bool
	Strong  bool    // with a match and a flag besides payments
	Stream  string  // of the session; else one of its own
	Country string  // of the session
	Lacks   bool    // records have no holder's reference that leads to an account, nor digests
	Prior   float64 // -7 where it is 0
	Frame   string  // SHA-256 of the frame that matched; else one of its own
}

// Decision returns the confirming decision of a sequence on a case.
func (c Case) Decision(sequence int) review.Decision {
	subject := signal.Subject(fmt.Sprintf("sub_%032x", c.Number+1))
	id := signal.ID("case", string(subject))
	stream := c.Stream
	if stream == "" {
		stream = fmt.Sprintf("stream-%d", c.Number)
	}
	n := fmt.Sprint(c.Number)
	session := signal.Signal{
		ID: signal.ID("session", n), Revision: 1, Kind: signal.KindSession, Subject: subject, Start: c.At.Add(-20 * time.Minute), End: c.At,
		Says: "a private session", Session: &signal.Session{Stream: stream, Platform: "demo", Private: true, Country: c.Country},
		Evidence: []signal.Evidence{{What: "session", Holder: "demo", Ref: stream, At: c.At.Add(-20 * time.Minute)}},
	}
	payment := signal.Signal{
		ID: signal.ID("payment", n), Revision: 1, Kind: signal.KindPayment, Subject: subject, Start: c.At.Add(-3 * time.Hour), End: c.At.Add(-time.Hour), Says: "5 senders in one day",
		Payment: &signal.Payment{Typology: "P05", Rules: "r1", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Unrelated: 5, Times: []time.Time{}, Strength: 1},
		Evidence: []signal.Evidence{
			{What: "transaction", Holder: "DEMOPHXX", Ref: "TX-" + n + "-1", At: c.At.Add(-3 * time.Hour)},
			{What: "transaction", Holder: "DEMOPHXX", Ref: "TX-" + n + "-2", At: c.At.Add(-time.Hour)},
		},
	}
	prior := c.Prior
	if prior == 0 {
		prior = -7
	}
	made := review.Case{
		ID: id, Revision: 3, Subject: subject, State: review.StateOpen, Bar: 0.5, Weights: "w1", First: payment.Start, Last: c.At,
		Parts: []review.Part{
			{Name: "prior", Weight: prior, Says: "Of 1,100 accounts that are looked at about one is abused, so the score starts far below zero."},
			{Name: "private-session", Weight: 0.75, Says: "The stream was private.", Signals: []string{session.ID}},
			{Name: "payment-P05", Weight: 7.5, Says: "5 senders who share no surname with the account paid it within one day.", Signals: []string{payment.ID}},
			{Name: "regular-rhythm", Weight: -0.5, Says: "Some of the payments come monthly, as a family's do.", Signals: []string{payment.ID}},
		},
		Signals: []signal.Signal{payment, session}, Digest: strings.Repeat("0f", 32),
	}
	if c.Strong {
		frame := c.Frame
		if frame == "" {
			frame = fmt.Sprintf("%064x", 0xaa0000+c.Number)
		}
		match := signal.Signal{
			ID: signal.ID("match", n), Revision: 4, Kind: signal.KindMatch, Subject: subject, Start: c.At.Add(-15 * time.Minute), End: c.At.Add(-2 * time.Minute), Says: "4 of 9 frames match",
			Match:    &signal.Match{Stream: stream, Platform: "demo", HashKind: "pdq", List: "demo-list", ListVersion: "v1", Entry: "e1", Distance: 8, Radius: 31, FramesMatched: 4, FramesSeen: 9},
			Evidence: []signal.Evidence{{What: "frame", Holder: "demo", Ref: stream + "/frame-3", At: c.At.Add(-10 * time.Minute), SHA256: frame}},
		}
		flag := signal.Signal{
			ID: signal.ID("flag", n), Revision: 1, Kind: signal.KindFlag, Subject: subject, Start: c.At, End: c.At, Says: "a user flagged it",
			Flag:     &signal.Flag{Stream: stream, Platform: "demo", Reason: "child-safety"},
			Evidence: []signal.Evidence{{What: "flag", Holder: "demo", Ref: "flag-" + n, At: c.At}},
		}
		made.Signals = append(made.Signals, match, flag)
		made.Parts = append(made.Parts,
			review.Part{Name: "list-match", Weight: 9, Says: "4 of 9 frames of the stream match an entry of demo-list, the best at a distance of 8 of 256 bits.", Signals: []string{match.ID}},
			review.Part{Name: "user-flag", Weight: 1.2, Says: "1 user flagged the stream for the safety of a child.", Signals: []string{flag.ID}})
	}
	if c.Lacks {
		made.Signals = []signal.Signal{payment}
		made.Parts = append(made.Parts[:1], made.Parts[2:]...)
		made.Last = c.At.Add(-40 * 24 * time.Hour)
		made.First = made.Last.Add(-time.Hour)
		for i := range made.Signals[0].Evidence {
			made.Signals[0].Evidence[i].At = made.Last
		}
	}
	for _, p := range made.Parts {
		made.Score += p.Weight
	}
	made.Probability = 1 / (1 + math.Exp(-made.Score))
	d := review.Decision{
		ID: signal.ID("decision", id, fmt.Sprint(sequence)), CaseID: id, CaseDigest: made.Digest, Case: made, Verdict: review.Confirm, Reason: "several-signs",
		Reviewer: "reviewer-1", Second: "reviewer-2", Persons: 2, Sequence: sequence, At: c.At.Add(time.Hour).UTC(), Salt: strings.Repeat("5a", 16),
	}
	if c.Danger {
		d.Second, d.Persons, d.Danger = "", 1, "It goes on."
	}
	return d
}

// Alert returns the alert of a decision on a case.
func (l Log) Alert(t testing.TB, c Case, sequence int) report.Alert {
	t.Helper()
	d := c.Decision(sequence)
	a, err := report.Build(d, Centre, "The child is probably in the country that the centre is in charge of.", l.prove(t, d), l.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Account is what a platform said of an alert's account when it was asked.
func Account(a report.Alert, at time.Time) report.AccountData {
	told := fmt.Appendf(nil, `{"subject":%q,"platform":"demo","id":"user-4711","screen_name":"made up","emails":[{"value":"Somebody@example.org","verified":false}],"ips":[{"address":"203.0.113.10","event":"Login","at":%q}],"ongoing":true}`,
		a.Statement.Subject, at.UTC().Format(time.RFC3339))
	sum := sha256.Sum256(told)
	return report.AccountData{Platform: "demo", At: at, SHA256: hex.EncodeToString(sum[:]), Account: told}
}

// Correction returns what takes back, or corrects, the alert of a case's first decision.
func (l Log) Correction(t testing.TB, c Case, retract bool) report.Correction {
	t.Helper()
	was, by := c.Decision(1), c.Decision(2)
	by.At = by.At.Add(24 * time.Hour)
	if retract {
		by.Verdict, by.Reason = review.Dismiss, "lawful-explanation"
	}
	out, err := report.Correct(was, by, l.Alert(t, c, 1).ID, Centre, l.prove(t, by), l.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// JSON returns the value of an alert's or a correction's record.
func JSON(t testing.TB, v any) []byte {
	t.Helper()
	var data []byte
	var err error
	switch v := v.(type) {
	case report.Alert:
		data, err = report.Encode(v)
	case report.Correction:
		data, err = report.EncodeCorrection(v)
	default:
		t.Fatalf("%T is neither an alert nor a correction", v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Seal signs an alert or a correction, and encrypts it where there is somebody to.
func (l Log) Seal(t testing.TB, v any, attached []seal.Attachment, to ...age.Recipient) []byte {
	t.Helper()
	kind := report.PayloadAlert
	if _, ok := v.(report.Correction); ok {
		kind = report.PayloadCorrection
	}
	data, _, err := seal.SealWith(kind, JSON(t, v), attached, l.Verifier, l.Sign, to)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
