package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/signal"
)

// Narrative tells an alert in plain sentences, for forms that want one text, in at most
// so many characters: who decided, what was seen and what each part of it weighs, the
// records by holder and reference with their times in UTC, and how to ask and to verify.
// Where it does not fit, the least telling records are left out first, and it says how
// many. The same alert gives the same text. It states nothing that the alert does not.
func Narrative(a Alert, chars int) string {
	s := a.Statement
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch {
	case s.StandIn:
		line("A PROGRAM DECIDED IN A PERSON'S PLACE: a demonstration, not a report to act on.")
	case s.Second != "":
		line("Two persons (%s and %s) looked at this case and confirmed it on %s. Reason: %s.", s.Reviewer, s.Second, clock(s.At), s.Reason)
	default:
		line("A person (%s) looked at this case and confirmed it on %s. Reason: %s.", s.Reviewer, clock(s.At), s.Reason)
	}
	if s.Danger {
		line("One person confirmed alone because a danger would not wait.")
	}
	line("It concerns the account with the pseudonym %s, from %s to %s. No name is known to the sender of this report: the holders of the records can tell whose account it is.", s.Subject, clock(s.First), clock(s.Last))
	line("Suspicion: live-streamed sexual abuse of children, or paying for it. What speaks for it (+) and against it (-), as weights of evidence in natural logarithms:")
	for _, p := range s.Parts {
		line("%+.2f %s: %s", p.Weight, p.Name, p.Says)
	}
	line("Together %+.2f, a probability of %s by the weights %s.", s.Score, signal.Percent(s.Probability), s.Weights)

	tail := fmt.Sprintf("Alert %s, decision %s, case %s. %s", a.ID, s.Decision, s.Case,
		"The alert has all of it, with the proof that the decision is in an append-only log.")
	head := cleanLines(b.String())
	records := make([]string, 0, len(s.Evidence))
	for _, e := range s.Evidence {
		one := fmt.Sprintf("%s: %s of %s, reference %s", clock(e.At), e.What, e.Holder, e.Ref)
		if e.SHA256 != "" {
			one += ", sha256 " + e.SHA256
		}
		records = append(records, clean(one))
	}
	for kept := len(records); ; kept-- {
		text := head
		if len(records)+s.Omitted > 0 {
			text += "Records, each held by the partner named, who gives it out when lawfully asked by its reference:\n"
		}
		for _, r := range records[:kept] {
			text += r + "\n"
		}
		if left := len(records) - kept + s.Omitted; left > 0 {
			text += fmt.Sprintf("and %d more.\n", left)
		}
		text += tail
		if n := utf8.RuneCountInString(text); n <= chars {
			return text
		} else if kept == 0 {
			return Cut(Cut(head, chars-(n-utf8.RuneCountInString(head)))+text[len(head):], chars)
		}
	}
}

// Cut returns the beginning of a text in at most n characters.
func Cut(text string, n int) string {
	const mark = " [cut]\n"
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	if n < len(mark) {
		return string(runes[:max(n, 0)])
	}
	return string(runes[:n-len(mark)]) + mark
}

// cleanLines cleans each line of a text.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}
