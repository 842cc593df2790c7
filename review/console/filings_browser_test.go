//go:build chromium

package console

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/review"
)

// TestFilingsInABrowser: a supervisor goes to what needs a person and has two tried again, by
// keyboard, in light and in dark.
func TestFilingsInABrowser(t *testing.T) {
	s := newStage(t)
	s.decide(0)
	s.clock.back(3 * time.Hour)
	underWay(t, s.store, s.clock.now(), s.first.ID)
	s.clock.back(0)
	s.as("sue", "supervisor")
	s.key("f", "a.row")
	if got := s.path(); got != "/filings" {
		t.Fatalf("the key leads to %s", got)
	}
	views := []string{"attention", "late", "failed", "held", "unknown", "queued", "filed"}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		for _, view := range views {
			s.do(chromedp.Navigate(s.base+"/filings?view="+view), chromedp.WaitVisible("a.row"))
			s.axe("filings, " + view + ", " + scheme)
		}
		for _, name := range []string{"failed", "held", "unknown", "filed"} {
			s.do(chromedp.Navigate(s.base+"/filing/"+alertNo(name)), chromedp.WaitVisible("#steps"))
			s.axe("filing, " + name + ", " + scheme)
		}
	}
	s.theme("light")
	s.do(chromedp.Navigate(s.base+"/filings"), chromedp.WaitVisible("a.row"))
	s.shot("filings", false)
	s.key("j", "a.row:focus")
	s.key(kb.Enter, "#retry-reason")
	if got := s.path(); got != "/filing/"+alertNo("failed") {
		t.Fatalf("the first is %s", got)
	}
	s.shot("filing", true)
	s.do(chromedp.Focus("#retry-reason"), chromedp.KeyEvent("The incident's type is mended"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitNotPresent("#retry-reason"))
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "sue had it tried again") || !strings.Contains(text, "It is tried by itself") {
		t.Errorf("the page says\n%s", text)
	}
	s.do(chromedp.Navigate(s.base+"/filing/"+alertNo("unknown")), chromedp.WaitVisible("#retry-reason"))
	s.shot("filing-unknown", false)
	s.do(chromedp.Focus("#retry-reason"), chromedp.KeyEvent("Their desk is open now"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("section[aria-labelledby=steps] td b"))
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "sue had the centre asked") {
		t.Errorf("the page says\n%s", text)
	}
	for name, want := range map[string]review.FilingState{"failed": review.FilingQueued, "unknown": review.FilingUnknown} {
		if d, err := s.store.Filing(s.ctx, alertNo(name)); err != nil || d.State != want {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	s.as("anna", "reviewer")
	s.do(chromedp.Navigate(s.base+"/case/"+s.first.ID), chromedp.WaitVisible("#filings"))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("case with filings " + scheme)
	}
	if ask(s, chromedp.Evaluate[bool](`document.querySelector('a[href^="/filing"]') !== null`)) {
		t.Error("a reviewer has a way to filings")
	}
}
