package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/review"
)

// What somebody sends that will not do is their fault to mend, said in words; the server
// has none (see serve) and nothing is decided.
func TestWhatWillNotDoIsSaid(t *testing.T) {
	clock := &hands{start}
	s := newStore(t, clock.now, review.DefaultPolicy())
	c := caseOf(0, 0, start)
	receive(t, s, c)
	server := serve(t, s, clock.now)
	anna, sue := signIn(t, server, "anna", "reviewer"), signIn(t, server, "sue", "supervisor")
	anna.post("/case/"+c.ID+"/claim", nil)
	digest := anna.digest(c.ID)
	said := func(key, value string) url.Values {
		form := url.Values{"digest": {digest}, "reason": {"confirm/several-signs"}}
		form.Set(key, value)
		return form
	}
	for name, tt := range map[string]struct {
		by   browser
		path string
		form url.Values
		want string
	}{
		"a reason that is not there": {anna, "/decide", said("reason", "confirm/whim"), "The reason to confirm must be one of"},
		"a verdict that is not":      {anna, "/decide", said("reason", "maybe/whim"), "The verdict must be"},
		"no digest":                  {anna, "/decide", said("digest", ""), "needs the digest"},
		"another action":             {anna, "/decide", said("action", "jail"), "The action must be one of"},
		"a long note":                {anna, "/decide", said("note", strings.Repeat("x", review.MaxNote+1)), "The note must be text of at most 9000 bytes"},
		"a note that is no text":     {anna, "/decide", said("note", "\xff"), "The note must be text"},
		"a NUL in a note":            {anna, "/decide", said("note", "a\x00b"), "The note must be text"},
		"a person of no name":        {sue, "/recuse", url.Values{"whom": {"no body"}, "reason": {"related"}}, "must be named by an id"},
		"a long reason":              {sue, "/recuse", url.Values{"reason": {strings.Repeat("x", review.MaxNote+1)}}, "The reason must be text"},
		"a long reason to hold":      {sue, "/hold", url.Values{"reason": {strings.Repeat("x", review.MaxNote+1)}}, "The reason must be text"},
	} {
		if code, page := tt.by.post("/case/"+c.ID+tt.path, tt.form); code != http.StatusUnprocessableEntity || !strings.Contains(page, tt.want) {
			t.Errorf("%s: %d %s", name, code, page)
		}
	}
	if code, page := anna.get("/queue?after=x"); code != http.StatusUnprocessableEntity || !strings.Contains(page, "There is no such page of the queue.") {
		t.Errorf("a page that is none: %d %s", code, page)
	}
	for path, want := range map[string]string{"/supervise": "This role may not see how the work goes.", "/export": "This role may not export numbers."} {
		if code, page := anna.get(path); code != http.StatusForbidden || !strings.Contains(page, want) {
			t.Errorf("%s: %d %s", path, code, page)
		}
	}
	// What is chosen stays chosen in another place.
	if _, page := anna.get("/queue?mark=kind:flag&free=1"); !strings.Contains(page, `href="/queue?place=second&amp;mark=kind%3aflag&amp;free=1"`) {
		t.Errorf("the filters are lost in another place: %s", page)
	}
	// A page that asked no store tells no number of today's cases.
	if code, page := anna.get("/case/none"); code != http.StatusNotFound || !strings.Contains(page, "There is nothing here by that name.") || strings.Contains(page, "cases today") || strings.Contains(page, "Back to the case") {
		t.Errorf("no such case: %d %s", code, page)
	}
	if code, page := anna.get("/queue"); code != http.StatusOK || !strings.Contains(page, "1 of 120 cases today") || !strings.Contains(page, "1 case waits") {
		t.Errorf("the queue: %d %s", code, page)
	}
	// The longest note that the form lets in, in a script of three bytes a character.
	if code, page := anna.post("/case/"+c.ID+"/decide", said("note", strings.Repeat("字", 3000))); code != http.StatusOK || !strings.Contains(page, "字字") {
		t.Errorf("a note of 3000 characters: %d", code)
	}
}
