package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

const (
	width    = 80 // columns
	barCells = 20 // of the longest bar
	// shownEvidence limits the records that are printed; the alert has them all.
	shownEvidence = 12
)

// Print writes an alert, and what checking it found, for a person to read on a
// terminal of 80 columns or more. Control characters are replaced: what an alert
// quotes comes from outside, and must not steer the reader's terminal.
func Print(w io.Writer, a Alert, c Check) error {
	p := &page{}
	s := a.Statement
	p.line("ALERT %s", a.ID)
	p.line("%s", strings.Repeat("═", width))
	if !c.OK() {
		p.text("", "THIS ALERT DID NOT VERIFY. Ask the sender before acting on it.")
		p.line("")
	}
	if s.StandIn {
		p.text("", "DECIDED BY A STAND-IN, NOT BY A PERSON: a demonstration, not a report to act on.")
		p.line("")
	}
	switch {
	case s.Danger:
		p.text("", "CONFIRMED BY ONE PERSON, BECAUSE A DANGER WOULD NOT WAIT. A supervisor of the sender looks at it after.")
		p.line("")
	case s.Persons == 1 && !s.StandIn:
		p.text("", "CONFIRMED BY ONE PERSON: the sender's policy asks for no second.")
		p.line("")
	}
	if len(a.Lacks) > 0 {
		p.text("", "IT LACKS WHAT THE SENDER WANTED TO ADD, and went because the time that the law gives was nearly over: "+strings.Join(a.Lacks, "; "))
		p.line("")
	}
	p.field("Who", fmt.Sprintf("%s, the pseudonym of an account; its platform can tell whose it is", s.Subject))
	p.field("When", fmt.Sprintf("%s to %s", clock(s.First), clock(s.Last)))
	p.field("How sure", fmt.Sprintf("%s (score %+.2f, weights %s; a person looks from %.0f %%)",
		signal.Percent(s.Probability), s.Score, s.Weights, 100*s.Bar))
	p.parts(s)
	p.evidence(s)
	if len(a.Matches) > 0 {
		p.heading("Entries of hash lists that matched")
		for _, m := range a.Matches {
			p.text("  ", fmt.Sprintf("%s of list %s (%s), at %d bits where %d may differ", m.Entry, m.List, m.HashKind, m.Distance, m.Limit))
		}
	}
	for _, one := range a.Accounts {
		p.heading("Account, as platform " + one.Platform + " said on " + clock(one.At))
		p.text("  ", string(one.Account))
		p.field("  SHA-256", one.SHA256)
	}
	p.heading("Centre")
	p.field("  Name", a.Centre.Name)
	p.field("  Why", a.Why)
	p.field("  By law", a.Centre.LegalBasis)
	p.field("  Contact", a.Centre.Contact)
	if a.Shared != "" {
		p.field("  Shared", a.Shared+", the same in every alert about this case")
	}
	if len(a.Also) > 0 {
		p.field("  Others", strings.Join(a.Also, ", "))
	}
	p.heading("Decision")
	who := "a person"
	if s.StandIn {
		who = "a STAND-IN, not a person"
	}
	by := s.Reviewer
	if s.Second != "" {
		who, by = "two persons", by+" and "+s.Second
	}
	p.field("  By", fmt.Sprintf("%s (%s) on %s", by, who, clock(s.At)))
	p.field("  Verdict", fmt.Sprintf("%s: %s", s.Verdict, s.Reason))
	p.field("  Case", fmt.Sprintf("%s, revision %d, decision %d", s.Case, s.Revision, s.Sequence))
	p.field("  Digest", s.CaseDigest)
	p.checks(c)
	p.heading("How to verify")
	p.text("  ", a.HowToVerify)
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("print alert: %w", err)
	}
	return nil
}

// page gathers lines.
type page struct{ b strings.Builder }

func (p *page) line(format string, args ...any) {
	p.b.WriteString(strings.TrimRight(clean(fmt.Sprintf(format, args...)), " ") + "\n")
}

func (p *page) heading(text string) {
	p.line("")
	p.line("%s", text)
}

// field writes a name in a column of eleven and the text beside it.
func (p *page) field(name, text string) { p.beside(name, text, 11) }

func (p *page) beside(name, text string, column int) {
	for i, line := range wrap(clean(text), width-column) {
		if i > 0 {
			name = ""
		}
		p.line("%-*s%s", column, name, line)
	}
}

func (p *page) checks(c Check) {
	p.heading("Checks")
	column := 11
	for _, f := range c.Findings {
		column = max(column, min(len(f.Name)+3, width/3))
	}
	for _, f := range c.Findings {
		mark := "ok"
		if !f.OK {
			mark = "FAILED"
		}
		p.beside("  "+f.Name, mark+". "+f.Says, column)
	}
}

func (p *page) text(indent, text string) {
	for _, line := range wrap(clean(text), width-len(indent)) {
		p.line("%s%s", indent, line)
	}
}

// parts writes each part of the score with a bar: full for, hollow against.
func (p *page) parts(s review.Statement) {
	p.heading("Why")
	longest := 0.0
	for _, part := range s.Parts {
		longest = math.Max(longest, math.Abs(part.Weight))
	}
	for _, part := range s.Parts {
		cell, n := "█", 0
		if part.Weight < 0 {
			cell = "░"
		}
		if longest > 0 {
			n = int(math.Ceil(barCells * math.Abs(part.Weight) / longest))
		}
		bar := strings.Repeat(cell, n) + strings.Repeat(" ", barCells-n)
		p.line("  %+7.2f %s %s", part.Weight, bar, part.Name)
		p.text(strings.Repeat(" ", 10), part.Says)
	}
	p.line("  %s", strings.Repeat("─", 7))
	p.line("  %+7.2f together, which is a probability of %s", s.Score, signal.Percent(s.Probability))
}

func (p *page) evidence(s review.Statement) {
	p.heading("Evidence, held by partners; ask the holder by the reference")
	for i, e := range s.Evidence {
		if i == shownEvidence {
			p.line("  and %d more in the record", len(s.Evidence)-shownEvidence)
			break
		}
		p.text("  ", fmt.Sprintf("%s  %s of %s: %s", clock(e.At), e.What, e.Holder, e.Ref))
		if e.SHA256 != "" {
			p.line("      sha256 %s", e.SHA256)
		}
		if len(e.Supports) > 0 {
			p.text("      ", "for "+strings.Join(e.Supports, ", "))
		}
	}
	if s.Omitted > 0 {
		p.line("  and %d that did not fit into the record", s.Omitted)
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// clean replaces what is not printable: control characters, escape sequences and
// marks that turn the direction of text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
}

// wrap breaks text at blanks into lines of at most n characters; a longer word
// gets a line of its own.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > n {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
