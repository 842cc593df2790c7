package ncmec

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// An Input is all that a report may rest on.
type Input struct {
	Decision review.Decision // a person's, that confirms; of a retraction, that dismisses
	Alert    string          // id of the alert or correction that is filed
	// Corrects says what the report is to those in Prior; empty for a report of its own, or one
	// that follows them.
	Corrects Correction
	Account  *Account // nil where the platform has not answered
	Reporter Reporter // of the configuration
	// Prior are the reports that this deployment filed on the same case before, by number: a
	// follow-up refers to them.
	Prior []int64
	// Frames are the pictures of the case that are at hand, by the SHA-256 of their bytes.
	Frames map[string][]byte
	// Attach is a file that helps to understand the report: the alert itself.
	Attach []byte
	// Viewed says whether the view log shows a person who looked at the whole of a file, and
	// where. Nil is a log that shows nothing.
	Viewed func(sha256 string) (entry string, whole bool)
	Now    time.Time
}

// A Draft is a report that can be filed.
type Draft struct {
	Report  Report
	XML     []byte
	Fields  []Field // of the report, each with its source
	Uploads []Upload
	// Absent are the frames of the case that are not at hand, by reference.
	Absent []string
}

// An Upload is a file of a report.
type Upload struct {
	Data    []byte
	Details FileDetails // without the ids that the service gives
	Fields  []Field
}

// Incomplete says what a report lacks before it may go: it is held, and the platform is asked.
type Incomplete struct{ Missing []string }

func (e *Incomplete) Error() string { return "the report lacks " + strings.Join(e.Missing, "; ") }

// ErrNotPersons says that no person confirmed: nothing is filed on such a decision.
var ErrNotPersons = errors.New("no person confirmed the case")

// Build makes a report of a decision. The error is an Incomplete where something must be
// asked for first.
func Build(in Input) (Draft, error) {
	d := in.Decision
	if d.Verdict != in.Corrects.verdict() || d.StandIn {
		return Draft{}, fmt.Errorf("decision %s: %w", d.ID, ErrNotPersons)
	}
	if err := in.Complete(); err != nil {
		return Draft{}, err
	}
	if in.Corrects == Retracts {
		in = in.least()
	}
	b := builder{in: in, from: sources{}}
	b.incident()
	b.internet()
	b.report.Reporter = in.Reporter
	b.from.note("/report/reporter", "configuration: ncmec.reporter")
	b.account()
	b.narrative()
	draft := Draft{Report: b.report}
	if err := b.report.Check(in.Now); err != nil {
		return Draft{}, fmt.Errorf("the report would be refused:\n%w", err)
	}
	var err error
	if draft.XML, err = Encode(b.report); err != nil {
		return Draft{}, err
	}
	if draft.Fields, err = b.from.trace(draft.XML); err != nil {
		return Draft{}, err
	}
	draft.Uploads, draft.Absent, err = uploads(in)
	return draft, err
}

// Complete holds back what an officer could do nothing with: the error is an Incomplete. It looks
// at no picture.
func (in Input) Complete() error {
	var missing []string
	switch a := in.Account; {
	case a == nil:
		missing = append(missing, "the platform's answer on the account")
	case a.Subject != in.Decision.Case.Subject:
		return errors.New("the platform's answer is on another account")
	default:
		if !spoken(in.Decision.Case.Signals, a.Platform) {
			return fmt.Errorf("no signal of the case is of platform %q, which answered", a.Platform)
		}
		if a.ID == "" {
			missing = append(missing, "the account's id on the platform")
		}
		if in.Corrects != Retracts && len(a.IPs)+len(a.Emails)+len(a.Phones)+len(a.Devices) == 0 {
			missing = append(missing, "anything that leads to a person: an address with its time, an e-mail address, a phone number or a device")
		}
	}
	if len(in.Reporter.Person.Emails) == 0 {
		missing = append(missing, "the reporter's e-mail address (ncmec.reporter)")
	}
	if len(missing) > 0 {
		return &Incomplete{missing}
	}
	return nil
}

// spoken reports whether a platform is one of those in the signals.
func spoken(signals []signal.Signal, platform string) bool {
	for _, s := range signals {
		switch {
		case s.Session != nil && s.Session.Platform == platform, s.Match != nil && s.Match.Platform == platform,
			s.Flag != nil && s.Flag.Platform == platform, s.Score != nil && s.Score.Platform == platform:
			return true
		}
	}
	return false
}

type builder struct {
	in     Input
	report Report
	from   sources
}

// first returns the earliest signal of the case that is one of some kinds.
func (b *builder) first(kinds ...signal.Kind) (signal.Signal, bool) {
	for _, kind := range kinds {
		var found *signal.Signal
		for i, s := range b.in.Decision.Case.Signals {
			if s.Kind == kind && (found == nil || s.Start.Before(found.Start)) && (s.Match == nil || !s.Match.Held) {
				found = &b.in.Decision.Case.Signals[i]
			}
		}
		if found != nil {
			return *found, true
		}
	}
	return signal.Signal{}, false
}

// paid returns the earliest payment signal that speaks of payment for abuse: not of one that
// a victim was pressed to make.
func (b *builder) paid() (signal.Signal, bool) {
	for _, s := range b.in.Decision.Case.Signals { // by start
		if p := s.Payment; p != nil && p.Strength > 0 && !p.Victim && p.Typology != extortion {
			return s, true
		}
	}
	return signal.Signal{}, false
}

// extortion is the typology of payments that are pressed from their sender.
const extortion = "X01"

func (b *builder) incident() {
	d, at := b.in.Decision, "/report/incidentSummary"
	i := &b.report.Incident
	match, matched := b.first(signal.KindMatch)
	payment, paid := b.paid()
	i.Type = Enticement // extortion is reported as this, with its annotation
	source := fmt.Sprintf("decision %s, reason %s", d.ID, d.Reason)
	switch {
	case d.Reason == "known-material", d.Reason == "live-abuse-suspected":
		i.Type = Material
	case d.Reason == "paid-abuse-suspected":
		i.Type = Trafficking
	case matched:
		i.Type = Material
		source += ", and match signal " + match.ID
	case paid:
		i.Type = Trafficking
		source += ", and payment signal " + payment.ID
	}
	b.from.note(at+"/incidentType", "%s", source)

	b.from.note(at+"/platform", "the platform's answer (%s), checked against the case's signals", b.answer())
	i.Platform = b.in.Account.Platform
	if d.Danger != "" && b.in.Corrects != Retracts {
		i.Escalate = "A reviewer confirmed alone, because a danger to a child would not wait for a second person."
		b.from.note(at+"/escalateToHighPriority", "decision %s, confirmed in danger", d.ID)
	}
	for _, s := range d.Case.Signals {
		if s.Payment != nil && s.Payment.Typology == extortion && s.Payment.Strength > 0 {
			i.Annotations = &ReportAnnotations{Sextortion: &Tag{}}
			b.from.note(at+"/reportAnnotations/sextortion", "payment signal %s, typology %s", s.ID, extortion)
		}
	}
	if s, ok := b.first(signal.KindMatch, signal.KindSession, signal.KindFlag, signal.KindScore, signal.KindPayment); ok {
		i.At, i.AtMeans = Time{s.Start}, "Start of the first "+means[s.Kind]+", by the clock of who holds it, in UTC."
		b.from.note(at+"/incidentDateTime", "%s signal %s, start", s.Kind, s.ID)
		b.from.note(at+"/incidentDateTimeDescription", "%s signal %s", s.Kind, s.ID)
	}
}

var means = map[signal.Kind]string{
	signal.KindMatch: "segment of a live stream that matches a listed hash", signal.KindSession: "live stream of the case",
	signal.KindFlag: "flag that a user gave", signal.KindScore: "stream that the platform's classifier spoke of", signal.KindPayment: "payment of the case",
}

// answer names the platform's answer, so that it can be found again.
func (b *builder) answer() string {
	return "account data of platform " + b.in.Account.Platform + ", SHA-256 " + b.in.Account.Digest()
}

func (b *builder) internet() {
	at := "/report/internetDetails/webPageIncident"
	web := &WebPage{URLs: b.in.Account.StreamURLs}
	b.from.note(at, "%s, stream_urls", b.answer())
	var streams, from []string
	for _, s := range b.in.Decision.Case.Signals {
		if s.Session == nil {
			continue
		}
		kind := "public"
		if s.Session.Private {
			kind = "private"
		}
		if len(streams) < 20 {
			streams = append(streams, fmt.Sprintf("%s live stream %s of %s to %s", kind, s.Session.Stream, clock(s.Start), clock(s.End)))
			from = append(from, s.ID)
		}
	}
	if len(streams) > 0 {
		web.Info = "Live streaming: " + strings.Join(streams, "; ") + "."
		b.from.note(at+"/additionalInfo", "session signals %s", strings.Join(from, ", "))
	}
	if len(web.URLs) == 0 && web.Info == "" { // descriptions differ on whether one is needed
		web.Info = "No address of a stream is known."
	}
	b.report.Internet = []Internet{{Web: web}}
}

// narrative is what has no element of its own: why, on which evidence, and how to check it.
func (b *builder) narrative() {
	d := b.in.Decision
	s := d.Statement()
	lines := b.correction()
	if b.in.Corrects == Retracts {
		b.report.Info = strings.Join(lines, "\n")
		b.from.note("/report/additionalInfo", "statement of decision %s, which dismisses the case; its digest is in the audit log", d.ID)
		return
	}
	who := "one person"
	if d.Second != "" {
		who = "two persons, who saw the case one after the other"
	}
	lines = append(lines, fmt.Sprintf("Confirmed by %s on %s; reason: %s. Probability %s (weights %s).", who, clock(d.At), d.Reason, signal.Percent(s.Probability), s.Weights))
	for _, p := range s.Parts {
		lines = append(lines, fmt.Sprintf("%+.2f %s: %s", p.Weight, p.Name, p.Says))
	}
	shown := 0
	for _, e := range s.Evidence {
		if e.What != "transaction" {
			continue
		}
		if shown++; shown <= 40 {
			lines = append(lines, fmt.Sprintf("Payment of %s: ask %s for its record %s; the institution knows its customers.", clock(e.At), e.Holder, e.Ref))
		}
	}
	if shown > 40 {
		lines = append(lines, fmt.Sprintf("And %d payments more.", shown-40))
	}
	lines = append(lines, fmt.Sprintf("Shared id %s: the same in reports on this case to other centres. Alert %s, decision %s of case %s.",
		route.SharedID(s.Case, s.Subject), b.in.Alert, s.Decision, s.Case))
	b.report.Info = strings.Join(lines, "\n")
	b.from.note("/report/additionalInfo", "statement of decision %s: its parts, evidence and verdict; its digest is in the audit log", d.ID)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
