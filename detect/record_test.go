package detect

import (
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

func session(state string, after time.Duration) SessionRecord {
	return SessionRecord{
		Stream: "stream-1", Platform: "demo", Subject: streamer, State: state, Private: true,
		StartedAt: at.In(time.FixedZone("", 8*3600)), At: at.Add(after), Country: "PH",
	}
}

func sessionSignal(t *testing.T, r SessionRecord) signal.Signal {
	t.Helper()
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Session(data)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	return got[0]
}

func TestASessionIsOneSignalFromStartToEnd(t *testing.T) {
	began := sessionSignal(t, session(Started, 0))
	ended := sessionSignal(t, session(Ended, 12*time.Minute+30*time.Second))
	goldenSignal(t, "session-started.json", began)
	goldenSignal(t, "session-ended.json", ended)
	last := sessionSignal(t, session(Live, 12*time.Minute+30*time.Second))
	goldenSignal(t, "session-live.json", last)
	if began.ID != ended.ID || began.ID != last.ID {
		t.Error("records of one session are signals of several")
	}
	if early := sessionSignal(t, session(Live, 0)); began.Revision > early.Revision || early.Revision >= last.Revision || last.Revision >= ended.Revision {
		t.Error("a later word does not supersede an earlier one")
	}
	again := session(Started, 0)
	again.StartedAt = again.StartedAt.Add(time.Hour)
	again.At = again.StartedAt
	if sessionSignal(t, again).ID == began.ID {
		t.Error("two sessions under one stream id are one signal")
	}
	other := session(Started, 0)
	other.Platform = "other"
	if sessionSignal(t, other).ID == began.ID {
		t.Error("two platforms share a session")
	}
	public := session(Started, 0)
	public.Private = false
	if s := sessionSignal(t, public); s.Session.Private || !strings.Contains(s.Says, "public") {
		t.Errorf("a public session: %+v", s)
	}
}

func TestSessionRecordsAreChecked(t *testing.T) {
	good := `{"stream":"s","platform":"p","subject":"sub_00000000000000000000000000000001","state":"ended","private":false,"started_at":"2026-03-01T12:00:00+08:00","at":"2026-03-01T05:00:00Z"}`
	for name, c := range map[string]struct{ old, new, reason, names string }{
		"good":             {"", "", "", ""},
		"no zone":          {`05:00:00Z`, `05:00:00`, "schema", "/at"},
		"no zone at start": {`12:00:00+08:00`, `12:00:00`, "schema", "/started_at"},
		"before its start": {`05:00:00Z`, `03:59:59Z`, "schema", "/at"},
		"beyond time":      {`"2026-03-01T05:00:00Z"`, `"9999-12-31T23:00:00-02:00"`, "bad-attribute", "/at"},
		"before time":      {`"2026-03-01T12:00:00+08:00"`, `"0000-01-01T00:00:00Z"`, "bad-attribute", "/started_at"},
		"an account":       {`sub_0`, `secret`, "schema", "/subject"},
		"unknown state":    {`"ended"`, `"secret"`, "schema", "/state"},
		"no state":         {`"state":"ended",`, ``, "schema", "state"},
		"country":          {`"private"`, `"country":"secret","private"`, "schema", "/country"},
		"lower case":       {`"private"`, `"country":"ph","private"`, "schema", "/country"},
		"private":          {`false`, `"secret"`, "schema", "/private"},
		"empty stream":     {`"s"`, `""`, "schema", "/stream"},
		"long reason":      {`"private"`, `"reason":"` + strings.Repeat("x", 257) + `","private"`, "schema", "/reason"},
		"another field":    {`"private"`, `"x":1,"private"`, "schema", "x"},
		"not JSON":         {`{`, `[`, "json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Session([]byte(strings.Replace(good, c.old, c.new, 1)))
			wantSound(t, got)
			wantReason(t, err, c.reason)
			if err != nil && (!strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%q should name %q and quote nothing", err, c.names)
			}
		})
	}
}

func TestAFlagIsASignal(t *testing.T) {
	r := FlagRecord{ID: "17", Stream: "stream-1", Platform: "demo", Subject: streamer, Reason: "child <in> danger", At: at}
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Flag(data)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	goldenSignal(t, "flag.json", got[0])
	if strings.Contains(got[0].Says, r.Reason) {
		t.Error("the sentence quotes what the user wrote")
	}
}

func TestFlagRecordsAreChecked(t *testing.T) {
	good := `{"id":"1","stream":"s","platform":"p","subject":"sub_00000000000000000000000000000001","reason":"r","at":"2026-03-01T05:00:00Z"}`
	for name, c := range map[string]struct{ old, new, reason string }{
		"good":          {"", "", ""},
		"no zone":       {`00Z`, `00`, "schema"},
		"beyond time":   {`2026-03-01T05:00:00Z`, `9999-12-31T23:00:00-02:00`, "bad-attribute"},
		"empty id":      {`"1"`, `""`, "schema"},
		"long reason":   {`"r"`, `"` + strings.Repeat("x", 257) + `"`, "schema"},
		"no reason":     {`"reason":"r",`, ``, "schema"},
		"another field": {`"reason"`, `"user":"secret","reason"`, "schema"},
		"not JSON":      {`}`, ``, "json"},
		"two values":    {`}`, `}{}`, "json"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Flag([]byte(strings.Replace(good, c.old, c.new, 1)))
			wantSound(t, got)
			wantReason(t, err, c.reason)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%q quotes a value", err)
			}
		})
	}
}

func TestEncodeRefusesWhatItsReaderWould(t *testing.T) {
	_, err := SessionRecord{Stream: "s"}.Encode()
	wantReason(t, err, "schema")
	_, err = FlagRecord{ID: "1"}.Encode()
	wantReason(t, err, "schema")
	_, err = HashRecord{Kind: "pdq"}.Encode()
	wantReason(t, err, "schema")
}
