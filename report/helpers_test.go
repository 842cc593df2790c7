package report

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

var (
	caseID = signal.ID("case", string(subject))
	start  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

const digestOfCase = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// confirmed is a decision on a made-up case with a match, a private session and
// payments.
func confirmed() review.Decision {
	match := signal.Signal{
		ID: signal.ID("match", "1"), Revision: 4, Kind: signal.KindMatch, Subject: subject,
		Start: start.Add(3 * time.Minute), End: start.Add(9 * time.Minute), Says: "4 of 9 frames match",
		Match: &signal.Match{Stream: "stream-7", Platform: "demo", HashKind: "pdq", List: "demo-list", ListVersion: "v1", Entry: "e1", Distance: 8, Radius: 31, FramesMatched: 4, FramesSeen: 9},
		Evidence: []signal.Evidence{{
			What: "frame", Holder: "demo", Ref: "stream-7/frame-3", At: start.Add(3 * time.Minute),
			SHA256: "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		}},
	}
	session := sessionIn("PH", "demo", 0)
	payment := signal.Signal{
		ID: signal.ID("payment", "1"), Revision: 1, Kind: signal.KindPayment, Subject: subject,
		Start: start.Add(-2 * time.Hour), End: start.Add(-time.Hour), Says: "5 senders in one day",
		Payment: &signal.Payment{Typology: "P05", Rules: "r1", Role: signal.Recipient, Transfers: 5, Counterparties: 5, Unrelated: 5, Times: []time.Time{}, Strength: 1},
		Evidence: []signal.Evidence{
			{What: "transaction", Holder: "DEMOPHXX", Ref: "TX-0001", At: start.Add(-2 * time.Hour)},
			{What: "transaction", Holder: "DEMOPHXX", Ref: "TX-0002", At: start.Add(-time.Hour)},
		},
	}
	c := review.Case{
		ID: caseID, Revision: 12, Subject: subject, State: review.StateOpen, Bar: 0.5, Weights: "w1",
		First: payment.Start, Last: match.End,
		Parts: []review.Part{
			{Name: "prior", Weight: -7, Says: "Of 1,100 accounts that are looked at about one is abused, so the score starts far below zero."},
			{Name: "list-match", Weight: 9, Says: "4 of 9 frames of the stream match an entry of demo-list, the best at a distance of 8 of 256 bits.", Signals: []string{match.ID}},
			{Name: "private-session", Weight: 0.75, Says: "The stream was private.", Signals: []string{session.ID}},
			{Name: "payment-P05", Weight: 1.5, Says: "5 senders who share no surname with the account paid it within one day.", Signals: []string{payment.ID}},
			{Name: "regular-rhythm", Weight: -0.5, Says: "Some of the payments come monthly, as a family's do.", Signals: []string{payment.ID}},
		},
		Signals: []signal.Signal{payment, session, match},
		Digest:  digestOfCase,
	}
	for _, p := range c.Parts {
		c.Score += p.Weight
	}
	c.Probability = 1 / (1 + math.Exp(-c.Score))
	return review.Decision{
		ID: signal.ID("decision", caseID, "1"), CaseID: caseID, CaseDigest: digestOfCase, Case: c,
		Verdict: review.Confirm, Reason: "known-material", Note: "canary-note", Reviewer: "reviewer-1",
		Sequence: 1, At: start.Add(90 * time.Minute),
	}
}

func sessionIn(country, platform string, minute int) signal.Signal {
	at := start.Add(time.Duration(minute) * time.Minute)
	return signal.Signal{
		ID: signal.ID("session", country, platform, at.String()), Revision: 2, Kind: signal.KindSession, Subject: subject,
		Start: at, End: at, Says: "a private session",
		Session:  &signal.Session{Stream: "stream-7", Platform: platform, Private: true, Country: country},
		Evidence: []signal.Evidence{{What: "session", Holder: platform, Ref: "stream-7", At: at}},
	}
}

func directory(t testing.TB) route.Directory {
	t.Helper()
	d, err := route.Default()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// aLog is a log of two entries under a fixed key, made with tlog and note alone.
type aLog struct{ signer, verifier string }

func logOf(t testing.TB, seed byte) aLog {
	t.Helper()
	const name = "demo-log"
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
	verifier, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(verifier, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)) // 1 is Ed25519
	return aLog{signer: "PRIVATE+KEY+" + name + "+" + hash + "+" + secret, verifier: verifier}
}

// prove returns the proof of an entry that is the second of the log's two.
func (l aLog) prove(t testing.TB, e audit.Entry) audit.Proof {
	t.Helper()
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	before, leaf := tlog.RecordHash([]byte("another entry")), tlog.RecordHash(data)
	root := tlog.NodeHash(before, leaf)
	signer, err := note.NewSigner(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	text := signer.Name() + "\n2\n" + root.String() + "\n"
	checkpoint, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Proof{Index: 1, Entry: data, Hashes: []tlog.Hash{before}, Checkpoint: string(checkpoint)}
}

// entryOf is the audit entry that review queues for a decision.
func entryOf(t testing.TB, d review.Decision) audit.Entry {
	t.Helper()
	digest, err := d.Statement().Digest()
	if err != nil {
		t.Fatal(err)
	}
	return audit.Entry{Kind: audit.KindDecision, ID: d.ID, Digest: digest, At: d.At, Refs: []string{d.CaseID}}
}

// alertOf is the alert of a decision, as the log l proves it.
func alertOf(t testing.TB, d review.Decision, l aLog) Alert {
	t.Helper()
	all, err := Tell(d, directory(t).Route(d), l.prove(t, entryOf(t, d)), l.verifier)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
