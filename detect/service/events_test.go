package service

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/signal"
)

func TestSessions(t *testing.T) {
	b := newBench(t, nil, nil)
	live := made(aStart, "state", `"live"`, "time", `"2026-01-02T04:01:00.5+01:00"`, "country", `"PH"`)
	ended := made(aStart, "state", `"ended"`, "time", `"2026-01-02T03:02:00Z"`, "reason", `"the \"end\""`, "private", "false")
	apitest.WantStatus(t, b.post("/v1/sessions", aStart), 202, `{"accepted":1}`)
	apitest.WantStatus(t, b.post("/v1/sessions", "["+live+","+ended+"]"), 202, `{"accepted":2}`)
	start := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	one := detect.SessionRecord{Stream: "s", Platform: "here", Subject: tokens(t).Subject("here", account), State: detect.Started, Private: true, StartedAt: start, At: start}
	two, three := one, one
	two.State, two.At, two.Country = detect.Live, start.Add(60500*time.Millisecond), "PH"
	three.State, three.At, three.Reason, three.Private = detect.Ended, start.Add(2*time.Minute), `the "end"`, false
	for i, want := range []detect.SessionRecord{one, two, three} {
		if got := b.sent[i]; got.Session == nil || got.Frame != nil || got.Flag != nil || !reflect.DeepEqual(*got.Session, want) {
			t.Errorf("record %d: %+v, want %+v", i, got.Session, want)
		}
	}
	for _, try := range []struct {
		status      int
		member      string
		value, says string
	}{
		{400, "state", `"paused"`, "#/state: want started, live or ended"}, {400, "state", "", "#/state"}, {400, "state", "1", "#/state"},
		{400, "private", "", "#/private"}, {400, "private", `"true"`, "#/private"}, {400, "private", "null", "#/private"},
		{400, "time", `"2026-01-02T02:59:59Z"`, "#/time: is before started_at"}, {400, "started_at", "", "#/started_at"}, {400, "time", "", "#/time"},
		{400, "country", `"ph"`, "#/country"}, {400, "country", `"PHL"`, "#/country"}, {400, "country", "null", "#/country"},
		{400, "reason", `""`, "#/reason"}, {403, "platform", `"there"`, "#/platform"}, {400, "id", `"x"`, "a member that it does not take"},
	} {
		apitest.WantStatus(t, b.post("/v1/sessions", made(aStart, try.member, try.value)), try.status, try.says)
	}
	apitest.WantStatus(t, b.Do("POST", "/v1/sessions", "image/png", nil), 415, "application/json")
	if len(b.sent) != 3 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

func TestFlags(t *testing.T) {
	b := newBench(t, nil, nil)
	apitest.WantStatus(t, b.post("/v1/flags", "["+aFlag+","+made(aFlag, "source", `"trusted"`)+"]"), 202, `{"accepted":2}`)
	want := detect.FlagRecord{ID: "f1", Stream: "s", Platform: "here", Subject: tokens(t).Subject("here", account), Reason: "made up", At: time.Date(2026, 1, 2, 2, 4, 0, 0, time.UTC)}
	if got := b.sent[0].Flag; got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	want.Source = detect.FromTrusted
	if got := b.sent[1].Flag; got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, try := range []struct{ member, value, says string }{
		{"source", `"robot"`, "#/source: want user, trusted or moderator"}, {"source", "null", "#/source"},
		{"id", "", "#/id: is missing"}, {"reason", "", "#/reason: is missing"}, {"reason", `"` + strings.Repeat("x", 257) + `"`, "#/reason: want 1 to 256"},
		{"time", "", "#/time: is missing"}, {"account", `""`, "#/account"}, {"subject", `"x"`, "#: want either"},
	} {
		apitest.WantStatus(t, b.post("/v1/flags", made(aFlag, try.member, try.value)), 400, try.says)
	}
	apitest.WantStatus(t, b.post("/v1/flags", made(aFlag, "account", "", "subject", `"`+account+`"`)), 400, "#/subject: is not a subject token")
	if len(b.sent) != 2 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

func TestScores(t *testing.T) {
	b := newBench(t, nil, nil)
	apitest.WantStatus(t, b.post("/v1/scores", "["+aScore+","+made(aScore, "value", "1")+"]"), 202, `{"accepted":2}`)
	want := detect.ScoreRecord{Stream: "s", Platform: "here", Subject: tokens(t).Subject("here", account), Classifier: "c-1", Value: 0.25, At: time.Date(2026, 1, 2, 2, 4, 0, 0, time.UTC)}
	if got := b.sent[0].Score; got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, try := range []struct{ member, value, says string }{
		{"classifier", "", "#/classifier: is missing"}, {"value", "", "#/value: want a number, 0 to 1"}, {"value", "1.01", "#/value"}, {"value", "-0.01", "#/value"},
		{"value", `"0.5"`, "#/value"}, {"value", "null", "#/value"}, {"time", "", "#/time: is missing"}, {"account", `""`, "#/account"}, {"id", `"x"`, "a member that it does not take"},
	} {
		apitest.WantStatus(t, b.post("/v1/scores", made(aScore, try.member, try.value)), 400, try.says)
	}
	if len(b.sent) != 2 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

// TestGuests are named as the streamer is, and none is in an error.
func TestGuests(t *testing.T) {
	b := newBench(t, nil, nil)
	token := tokens(t).Subject("here", account)
	other := tokens(t).Subject("here", "guest@example.org")
	apitest.WantStatus(t, b.post("/v1/sessions", made(aStart, "audience", "2", "guests", `["guest@example.org","`+account+`"," GUEST@example.org"]`)), 202, "")
	apitest.WantStatus(t, b.post("/v1/sessions", made(aStart, "account", "", "subject", `"`+string(token)+`"`, "guests", `["`+string(other)+`"]`)), 202, "")
	if len(b.sent) != 2 {
		t.Fatalf("%d were sent", len(b.sent))
	}
	want := []signal.Subject{token, other}
	slices.Sort(want)
	if got := b.sent[0].Session; got.Audience != 2 || !slices.Equal(got.Guests, want) {
		t.Errorf("%+v, want guests %v", got, want)
	}
	if got := b.sent[1].Session.Guests; !slices.Equal(got, []signal.Subject{other}) {
		t.Errorf("%v", got)
	}
	for _, try := range [][]string{
		{"#/audience: want a whole number", "audience", "0"}, {"#/audience", "audience", "1.5"}, {"#/audience", "audience", `"2"`},
		{"#/guests: want an array of 1 to 8", "guests", "[]"}, {"#/guests", "guests", `"secret"`}, {"#/guests", "guests", `["1","2","3","4","5","6","7","8","9"]`},
		{"#/guests: are told of a private", "guests", `["secret"]`, "private", "false"},
		{"#/guests/1", "guests", `["secret",7]`}, {"#/guests/0: is blank", "guests", `[" "]`}, {"#/guests/0: want 1 to 256", "guests", `[""]`},
		{"#/guests/0: is not a subject token", "account", "", "subject", `"` + string(token) + `"`, "guests", `["secret"]`},
	} {
		w := b.post("/v1/sessions", made(aStart, try[1:]...))
		apitest.WantStatus(t, w, 400, try[0])
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("it quotes a guest: %s", w.Body)
		}
	}
}
