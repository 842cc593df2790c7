//go:build chromium

package console

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/review"
)

// TestBlindOpinionsInABrowser: a closed case comes back under another name, and a golden case
// with it; somebody else decides both by keyboard as any other, and only the supervisor's page
// tells how that agrees.
func TestBlindOpinionsInABrowser(t *testing.T) {
	policy := review.DefaultPolicy()
	policy.Again, policy.Golden = 100, 100
	s := newStageWith(t, 1, policy, serve)
	golden := caseOf(900, 3, s.clock.now().UTC().Truncate(time.Second))
	record, err := json.Marshal(golden)
	if err == nil {
		err = s.store.LoadGolden(s.ctx, review.Person{ID: "sue", Roles: []review.Role{review.RoleSupervisor}}, []review.Golden{{ID: "g-1", Answer: review.Dismiss, Why: "a family", Case: record}})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.decide(0) // by anna and carl
	s.clock.back(-2 * time.Minute)
	if n, err := s.store.Mix(s.ctx); err != nil || n != 2 {
		t.Fatalf("%d came back, %v", n, err)
	}
	s.as("dora", "reviewer")
	reasons := map[bool]string{true: "dismiss/lawful-explanation", false: "confirm/several-signs"}
	for i := range 2 {
		s.do(chromedp.Navigate(s.base + "/queue"))
		s.key("n", "#decide")
		at := strings.TrimPrefix(s.path(), "/case/")
		if at == s.first.ID || at == golden.ID {
			t.Fatalf("it comes under its own name, %s", at)
		}
		page := ask(s, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
		for _, tells := range []string{"anna", "carl", s.first.ID, string(s.first.Subject), golden.ID, "golden", "g-1", "blind", "again, "} {
			if strings.Contains(page, tells) {
				t.Errorf("the page tells %q", tells)
			}
		}
		for _, scheme := range []string{"light", "dark"} {
			s.theme(scheme)
			s.axe("a case that came back " + scheme)
		}
		s.theme("light")
		if i == 0 {
			s.shot("blind", false)
		}
		// The golden one has no match, as its original.
		isGolden := !strings.Contains(page, "Matched segments")
		n := map[bool]string{true: "6", false: "4"}[isGolden]
		s.key(n, "input[value='"+reasons[isGolden]+"']:checked")
		s.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible("aside .note"), chromedp.WaitNotPresent("#decide"))
		if text := ask(s, chromedp.Text("aside")); !strings.Contains(text, "Another person looks at it now") {
			t.Errorf("after it the page says %q", text)
		}
	}
	if rows, err := s.store.Outbox(s.ctx, 1000); err == nil {
		alerts := 0
		for _, row := range rows {
			if row.Decision != nil {
				alerts++
			}
		}
		if alerts != 1 { // of the case itself
			t.Errorf("%d alerts are on their way", alerts)
		}
	}
	s.as("sue", "supervisor")
	s.do(chromedp.Navigate(s.base+"/supervise"), chromedp.WaitVisible("#blind"))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("agreement " + scheme)
	}
	s.theme("light")
	for section, want := range map[string][]string{
		"blind":  {"Confirmed\t1\t0", "Agreement 100 %", "100 % of closed cases"},
		"golden": {"dora\t1\t100 %"},
	} {
		text := ask(s, chromedp.Evaluate[string](`document.querySelector('section[aria-labelledby=`+section+`]').innerText`))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q:\n%s", section, w, text)
			}
		}
	}
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#blind').scrollIntoView({block: 'center'})`))
	s.shot("agreement", false)
}
