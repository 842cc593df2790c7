package signin

import (
	"fmt"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
)

// TestAnAttemptIsOneBrowsersOnce takes what was begun with what is not right, and then with
// what is.
func TestAnAttemptIsOneBrowsersOnce(t *testing.T) {
	a := &attempts{by: map[string]attempt{}}
	add := func(state, browser string, at time.Time) {
		a.add(attempt{Attempt: openid.Attempt{State: state}, browser: browser, began: at, to: "/" + state})
	}
	add("s1", "b1", start)
	add("s2", "", start)
	for name, c := range map[string]struct {
		state, browser string
		now            time.Time
	}{
		"another state": {"s3", "b1", start}, "another browser": {"s1", "b2", start}, "no browser": {"s2", "", start},
		"no state": {"", "b1", start}, "late": {"s1", "b1", start.Add(attemptTime)},
	} {
		if _, ok := a.take(c.state, c.browser, c.now); ok {
			t.Errorf("%s: taken", name)
		}
	}
	if got, ok := a.take("s1", "b1", start.Add(attemptTime-1)); !ok || got.to != "/s1" {
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := a.take("s1", "b1", start); ok {
		t.Error("taken twice")
	}
	// Whoever begins many sign-ins pushes out old ones, and the memory they take is bounded.
	for i := range maxAttempts + 10 {
		add(fmt.Sprint("many-", i), "b", start.Add(time.Duration(i)*time.Millisecond))
	}
	if len(a.by) != maxAttempts {
		t.Errorf("%d are kept", len(a.by))
	}
	if _, ok := a.take("many-1005", "b", start.Add(time.Minute)); !ok {
		t.Error("a new one was pushed out")
	}
}

func TestNobodyIsSentToAnotherSite(t *testing.T) {
	for text, want := range map[string]string{
		"/case/x/images": "/case/x/images", "": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/", "evil": "/", "/a\r\nb": "/", "/queue?place=open": "/queue?place=open",
	} {
		if got := OwnPath(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
