package detect

import (
	"fmt"
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
	if err != nil || len(got) == 0 || len(got) > 1+len(r.Guests) {
		t.Fatalf("got %v, %v", got, err)
	}
	return got[0]
}

// TestAGuestHasASignal: who watches a private session is told under their own name, of
// nobody but themselves and the host, and a later word replaces an earlier one.
func TestAGuestHasASignal(t *testing.T) {
	const a, b = "sub_0000000000000000000000000000000a", "sub_0000000000000000000000000000000b"
	of := func(state string, after time.Duration) []signal.Signal {
		r := session(state, after)
		r.Audience, r.Guests = 2, []signal.Subject{b, a, streamer}
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Session(data)
		if err != nil || len(got) != 3 {
			t.Fatalf("%d signals of a streamer and two guests, %v", len(got), err)
		}
		wantSound(t, got)
		return got
	}
	live, ended := of(Live, time.Minute), of(Ended, time.Minute)
	for i, want := range []signal.Subject{streamer, a, b} {
		s := ended[i]
		if s.Subject != want || s.ID != live[i].ID || s.Revision <= live[i].Revision {
			t.Errorf("signal %d: %+v", i, s)
		}
		if i == 0 {
			continue
		}
		if s.Session.Host != streamer || s.Session.Guests != nil || s.Session.Country != "" || s.Session.Audience != 2 || !s.Session.Ended || !s.Session.Private {
			t.Errorf("a guest's signal: %+v", s.Session)
		}
		goldenSignal(t, "session-guest-"+string(want[len(want)-1:])+".json", s)
	}
	if ended[1].ID == ended[2].ID || ended[1].ID == ended[0].ID {
		t.Error("two people share a signal")
	}
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
		"another field":    {`"private"`, `"secret":1,"private"`, "schema", "/: properties that the schema does not have: 1"},
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

func TestAFlagSaysWhoFlagged(t *testing.T) {
	for source, says := range map[string]string{
		"": "a user of demo", FromUser: "a user of demo", FromTrusted: "a trusted flagger of demo", FromModerator: "a moderator of demo",
	} {
		data, err := FlagRecord{ID: "17", Stream: "s", Platform: "demo", Subject: streamer, Reason: "r", Source: source, At: at}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Flag(data)
		if err != nil || got[0].Flag.Source != source || !strings.HasPrefix(got[0].Says, says+" ") {
			t.Errorf("%q: %+v, %v", source, got, err)
		}
		wantSound(t, got)
	}
	_, err := FlagRecord{ID: "17", Stream: "s", Platform: "demo", Subject: streamer, Reason: "r", Source: "secret", At: at}.Encode()
	wantReason(t, err, "schema")
}

func TestASessionHasAnAudienceAndAPrivateOneGuests(t *testing.T) {
	const a, b = "sub_0000000000000000000000000000000a", "sub_0000000000000000000000000000000b"
	r := session(Live, time.Minute)
	r.Audience, r.Guests = 2, []signal.Subject{b, a}
	s := sessionSignal(t, r)
	if s.Session.Audience != 2 || len(s.Session.Guests) != 2 || s.Session.Guests[0] != a {
		t.Errorf("%+v", s.Session)
	}
	wantSound(t, []signal.Signal{s})
	public := r
	public.Private = false
	data, err := public.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Session(data)
	wantReason(t, err, "schema")
	if len(got) != 0 || !strings.Contains(err.Error(), "/guests") || strings.Contains(err.Error(), a) {
		t.Errorf("viewers of a public session: %v, %v", got, err)
	}
	nine := make([]signal.Subject, 9)
	for i := range nine {
		nine[i] = signal.Subject(fmt.Sprintf("sub_%032d", i))
	}
	r.Guests = nine[:8]
	sessionSignal(t, r)
	for name, guests := range map[string][]signal.Subject{"twice": {a, a}, "an account": {"somebody"}, "nine": nine} {
		r.Guests = guests
		if _, err := r.Encode(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func scoreSignal(t *testing.T, value float64, after time.Duration) signal.Signal {
	t.Helper()
	data, err := ScoreRecord{Stream: "stream-1", Platform: "demo", Subject: streamer, Classifier: "c-1", Value: value, At: at.Add(after)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Score(data)
	if err != nil {
		t.Fatal(err)
	}
	wantSound(t, got)
	return got[0]
}

// TestTheHighestScoreOfADayStands in whatever order the records come.
func TestTheHighestScoreOfADayStands(t *testing.T) {
	first := scoreSignal(t, 0.25, 0)
	goldenSignal(t, "score.json", first)
	for _, c := range []struct {
		value  float64
		after  time.Duration
		stands bool
	}{
		{0.251, -time.Hour, true}, {0.25, time.Second, true}, {0.25, -time.Second, false}, {0.249, time.Hour, false}, {0.2504, -time.Hour, false}, {1, 0, true}, {0, time.Hour, false},
	} {
		s := scoreSignal(t, c.value, c.after)
		if s.ID != first.ID || s.Revision > first.Revision != c.stands || s.Revision >= 1<<53 {
			t.Errorf("%g after %s: %s %d, and first %s %d", c.value, c.after, s.ID, s.Revision, first.ID, first.Revision)
		}
	}
	if scoreSignal(t, 0.25, 24*time.Hour).ID == first.ID {
		t.Error("two days are one signal")
	}
}

func TestScoreRecordsAreChecked(t *testing.T) {
	good := `{"stream":"s","platform":"p","subject":"sub_00000000000000000000000000000001","classifier":"c","value":0.5,"at":"2026-03-01T05:00:00Z"}`
	for name, c := range map[string]struct{ old, new, reason string }{
		"good":          {"", "", ""},
		"above":         {`0.5`, `1.001`, "schema"},
		"below":         {`0.5`, `-0.001`, "schema"},
		"text":          {`0.5`, `"secret"`, "schema"},
		"no classifier": {`"classifier":"c",`, ``, "schema"},
		"before time":   {`"2026-03-01T05:00:00Z"`, `"0000-01-01T00:00:00+01:00"`, "bad-attribute"},
		"another field": {`"value"`, `"user":"secret","value"`, "schema"},
		"not JSON":      {`}`, ``, "json"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Score([]byte(strings.Replace(good, c.old, c.new, 1)))
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
