//go:build chromium

package console

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAppealInABrowser answers an appeal by keyboard, by somebody else than those who decided,
// in light and in dark.
func TestAppealInABrowser(t *testing.T) {
	s := newStage(t)
	a := objected(t, s.store, func(d time.Duration) { s.clock.back(-d) }, s.first.ID)
	s.as("anna", "reviewer")
	s.do(chromedp.Navigate(s.base+"/appeal/"+a.ID), chromedp.WaitVisible("aside .note"))
	if there := ask(s, chromedp.Evaluate[bool](`document.querySelector('#answer') !== null`)); there {
		t.Error("who decided may answer")
	}
	s.as("carl", "reviewer")
	s.do(chromedp.Navigate(s.base+"/queue"), chromedp.Click("#place-appeals"), chromedp.WaitVisible("#appeal-"+a.ID))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.do(chromedp.Navigate(s.base+"/appeals"), chromedp.WaitVisible("#appeal-"+a.ID))
		s.axe("appeals " + scheme)
		if scheme == "light" {
			s.shot("appeals", false)
		}
		s.do(chromedp.Navigate(s.base+"/appeal/"+a.ID), chromedp.WaitVisible("#answer"))
		s.axe("appeal " + scheme)
		if scheme == "light" {
			s.shot("appeal", true)
		}
	}
	s.key("4", "input[value='reversed/lawful-explanation']:checked")
	s.do(chromedp.Focus("#answer button"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("aside .note strong"))
	if got := ask(s, chromedp.Text("aside .note strong")); got != "The decision was wrong" {
		t.Errorf("the page says %q", got)
	}
	s.theme("light")
	s.do(chromedp.Navigate(s.base+"/case/"+s.first.ID), chromedp.WaitVisible("#asked"))
	s.axe("case with actions")
	s.shot("case-actions", true)
}
