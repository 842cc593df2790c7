package service

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
)

func TestSessions(t *testing.T) {
	b := newBench(t, nil, nil)
	live := made(aStart, "state", `"live"`, "time", `"2026-01-02T04:01:00.5+01:00"`, "country", `"PH"`)
	ended := made(aStart, "state", `"ended"`, "time", `"2026-01-02T03:02:00Z"`, "reason", `"the \"end\""`, "private", "false")
	wantStatus(t, b.post("/v1/sessions", aStart), 202, `{"accepted":1}`)
	wantStatus(t, b.post("/v1/sessions", "["+live+","+ended+"]"), 202, `{"accepted":2}`)
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
		wantStatus(t, b.post("/v1/sessions", made(aStart, try.member, try.value)), try.status, try.says)
	}
	wantStatus(t, b.do("POST", "/v1/sessions", "image/png", nil), 415, "application/json")
	if len(b.sent) != 3 {
		t.Errorf("%d were sent", len(b.sent))
	}
}

func TestFlags(t *testing.T) {
	b := newBench(t, nil, nil)
	wantStatus(t, b.post("/v1/flags", "["+aFlag+"]"), 202, `{"accepted":1}`)
	want := detect.FlagRecord{ID: "f1", Stream: "s", Platform: "here", Subject: tokens(t).Subject("here", account), Reason: "made up", At: time.Date(2026, 1, 2, 2, 4, 0, 0, time.UTC)}
	if got := b.sent[0].Flag; got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, try := range []struct{ member, value, says string }{
		{"id", "", "#/id: is missing"}, {"reason", "", "#/reason: is missing"}, {"reason", `"` + strings.Repeat("x", 257) + `"`, "#/reason: want 1 to 256"},
		{"time", "", "#/time: is missing"}, {"account", `""`, "#/account"}, {"subject", `"x"`, "#: want either"},
	} {
		wantStatus(t, b.post("/v1/flags", made(aFlag, try.member, try.value)), 400, try.says)
	}
	wantStatus(t, b.post("/v1/flags", made(aFlag, "account", "", "subject", `"`+account+`"`)), 400, "#/subject: is not a subject token")
	if len(b.sent) != 1 {
		t.Errorf("%d were sent", len(b.sent))
	}
}
