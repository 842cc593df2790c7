package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/signal"
)

const goodSpecs = `
# a comment
- stream: s1
  platform: demo
  account: alice@example.org
  input: https://cdn.example.org/live/s1.m3u8?key=secret
  private: true
  country: PH
  fps: 0.5
- {stream: 17, platform: demo, subject: sub_00000000000000000000000000000001, input: "rtmp://0.0.0.0:1935/app/key", listen: true}
- stream: s1
  platform: other
  account: "42"
  input: clip.mp4
  loop: true
`

func TestReadSpecs(t *testing.T) {
	got, err := ReadSpecs([]byte(goodSpecs))
	want := []Spec{
		{Stream: "s1", Platform: "demo", Account: "alice@example.org", Input: "https://cdn.example.org/live/s1.m3u8?key=secret", Private: true, Country: "PH", FPS: 0.5},
		{Stream: "17", Platform: "demo", Subject: subject, Input: "rtmp://0.0.0.0:1935/app/key", Listen: true},
		{Stream: "s1", Platform: "other", Account: "42", Input: "clip.mp4", Loop: true},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if nested, err := ReadSpecs([]byte("streams:\n" + goodSpecs)); err != nil || !slices.Equal(nested, want) {
		t.Errorf("under the key streams: got %+v, %v", nested, err)
	}
	for _, empty := range []string{"", "streams: []", "# nothing\n", "[]", "null", "---\n"} {
		if got, err := ReadSpecs([]byte(empty)); err != nil || len(got) != 0 {
			t.Errorf("%q: got %v, %v", empty, got, err)
		}
	}
}

func TestReadSpecsTellsAllFaultsWithTheirLines(t *testing.T) {
	text := `- stream: s1
  platform: demo
  account: alice@example.org
  input: https://secret@example.org/x
- stream: s1
  platform: demo
  subject: sub_00000000000000000000000000000001
  input: clip.mp4
- stream: s2
  platform: demo
  account: alice@example.org
  subject: sub_1
  input: gopher://secret.example.org
  listen: true
  loop: true
  country: ph
  fps: 61
- stream: [s3]
  platform: demo
  fps: fast
  listen: perhaps
  secret: 1
  platform: demo
- just a secret
- stream: s4
  platform: demo
  account: bob
  input: https://example.org/x
  fps: .nan
- stream: &a s5
  platform: *a
  account: ""
`
	_, err := ReadSpecs([]byte(text))
	var all *FileError
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	golden.Check(t, "specs.txt", err.Error()+"\n")
	for _, secret := range []string{"alice", "secret@", "sub_1", "secret.example", "just a secret"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q", secret)
		}
	}
}

func TestReadSpecsIsBounded(t *testing.T) {
	many := strings.Repeat("- {}\n", MaxSpecs+1)
	for name, text := range map[string]string{
		"too many": many, "too long": strings.Repeat("#", maxFile+1), "too deep": strings.Repeat("[", 100_000),
		"dashes":  strings.Repeat("- ", 1_000_000),
		"no YAML": "- a: b: c: {", "a mapping": "stream: s1", "two documents": "- {}\n---\n- {}\n",
		"a billion laughs": "- &a [x, x]\n- &b [*a, *a]\n- &c [*b, *b]\n",
	} {
		specs, err := ReadSpecs([]byte(text))
		if err == nil || specs != nil {
			t.Errorf("%s: got %d specs, %v", name, len(specs), err)
			continue
		}
		if n := strings.Count(err.Error(), "\n"); n > 100 || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestBothFormsRefuseTheSame holds the schema of the topic to the rules of the file.
func TestBothFormsRefuseTheSame(t *testing.T) {
	good := Spec{Stream: "s1", Platform: "demo", Account: "alice", Input: "clip.mp4"}
	change := func(f func(*Spec)) Spec {
		s := good
		f(&s)
		return s
	}
	for name, c := range map[string]struct {
		spec  Spec
		field string // at fault; "" is none
	}{
		"good":               {good, ""},
		"watch":              {change(func(s *Spec) { s.State = Watch }), ""},
		"stop":               {Spec{Stream: "s1", Platform: "demo", State: Stop}, ""},
		"stop, with all":     {change(func(s *Spec) { s.State = Stop }), ""},
		"another state":      {change(func(s *Spec) { s.State = "pause" }), "state"},
		"no stream":          {change(func(s *Spec) { s.Stream = "" }), "stream"},
		"a long stream":      {change(func(s *Spec) { s.Stream = strings.Repeat("x", 257) }), "stream"},
		"a control in it":    {change(func(s *Spec) { s.Stream = "a\nb" }), "stream"},
		"no platform":        {change(func(s *Spec) { s.Platform = "" }), "platform"},
		"no input":           {change(func(s *Spec) { s.Input = "" }), "input"},
		"a scheme":           {change(func(s *Spec) { s.Input = "file:///etc/passwd" }), "input"},
		"nobody":             {change(func(s *Spec) { s.Account = "" }), "account"},
		"account, subject":   {change(func(s *Spec) { s.Subject = subject }), "account"},
		"a bad subject":      {change(func(s *Spec) { s.Account, s.Subject = "", "sub_x" }), "subject"},
		"listen to a file":   {change(func(s *Spec) { s.Listen = true }), "listen"},
		"listen to a list":   {change(func(s *Spec) { s.Listen, s.Input = true, "https://h/x.m3u8" }), "listen"},
		"listen":             {change(func(s *Spec) { s.Listen, s.Input = true, "srt://0.0.0.0:9000" }), ""},
		"loop of an address": {change(func(s *Spec) { s.Loop, s.Input = true, "rtsp://h/x" }), "loop"},
		"a country":          {change(func(s *Spec) { s.Country = "PHL" }), "country"},
		"a rate":             {change(func(s *Spec) { s.FPS = 61 }), "fps"},
		"a rate below":       {change(func(s *Spec) { s.FPS = -1 }), "fps"},
		"a rate of nothing":  {change(func(s *Spec) { s.FPS = 1e-9 }), "fps"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			got, err := DecodeSpec(data)
			var r *signal.Rejection
			switch {
			case c.field == "" && (err != nil || got != c.spec):
				t.Errorf("record: got %+v, %v", got, err)
			case c.field != "" && (!errors.As(err, &r) || !strings.Contains(err.Error(), c.field)):
				t.Errorf("record: got %v, want a rejection of %s", err, c.field)
			}
			if err := c.spec.Check(); (err == nil) != (c.field == "") || err != nil && !strings.Contains(err.Error(), c.field+": ") {
				t.Errorf("spec: got %v, want %s", err, c.field)
			}
			if c.spec.State != "" {
				return
			}
			_, err = ReadSpecs(append([]byte("- "), data...)) // JSON is YAML
			if (err == nil) != (c.field == "") || err != nil && !strings.Contains(err.Error(), "[0]."+c.field+":") {
				t.Errorf("file: got %v, want %s", err, c.field)
			}
		})
	}
	if err := (Spec{Stream: "s", Platform: "p", Subject: subject, Input: "x", FPS: math.NaN()}).Check(); err == nil {
		t.Error("not a number is a rate")
	}
	for _, data := range []string{"", "{", "[]", `{"stream":"s"}`, `{"stream":"s","platform":"p","account":"a","input":"x","more":1}`} {
		var r *signal.Rejection
		if _, err := DecodeSpec([]byte(data)); !errors.As(err, &r) {
			t.Errorf("%s: got %v", data, err)
		}
	}
}

func TestDefaultPolicyIsAsDocumented(t *testing.T) {
	want := Policy{
		Version: "p1", BaseFPS: 1, RaisedFPS: 5, Quiet: 10 * time.Minute,
		RaiseOn: RaiseOn{
			Match: &MatchRule{Frames: 1}, Flag: &FlagRule{},
			Payment: &PaymentRule{Strength: 0.1},
		},
		Preserve: Preserve{On: []signal.Kind{signal.KindMatch, signal.KindFlag}, Before: time.Minute, After: time.Minute},
	}
	if got := DefaultPolicy(); !reflect.DeepEqual(got, want) {
		t.Errorf("a change of the policy needs a new version, and a new test; got %+v", got)
	}
	if _, err := ReadPolicy(DefaultPolicyYAML()); err != nil {
		t.Error(err)
	}
}

func TestReadPolicyTellsAllFaultsWithTheirLines(t *testing.T) {
	none := "version: a\nbase_fps: 2\nraised_fps: 2\nquiet: 1s\n"
	if p, err := ReadPolicy([]byte(none)); err != nil || p.RaiseOn != (RaiseOn{}) || len(p.Preserve.On) != 0 {
		t.Errorf("got %+v, %v", p, err)
	}
	values := `version: a b
base_fps: 7
raised_fps: 5
quiet: 25h
raise_on:
  match: {frames: 1, subject: true}
  payment:
    strength: 0
    typologies: [P5]
    roles: [payer]
preserve:
  on: [payment]
  before: -1s
  after: 61m
`
	types := `version: [1]
base_fps: much
raised_fps: {}
quiet: 10
raise_on:
  match: {frames: 1.5}
  flag: yes please
  payment: {strength: x, roles: recipient, more: 1}
preserve:
  on: match
other: 1
`
	var text strings.Builder
	for i, bad := range []string{"", "[]", values, types} {
		_, err := ReadPolicy([]byte(bad))
		var all *FileError
		if !errors.As(err, &all) {
			t.Fatalf("%d: got %v", i, err)
		}
		fmt.Fprintf(&text, "%v\n\n", err)
	}
	golden.Check(t, "policies.txt", text.String())
}

func TestThinnerGivesEvenSteps(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		source, fps float64
		jitter      time.Duration
		want        int // of a minute
	}{
		"five to one":          {5, 1, 0, 60},
		"uneven times":         {5, 1, 40 * time.Millisecond, 60},
		"a rate between":       {5, 2, 0, 120},
		"thirty to one":        {30, 1, time.Millisecond, 60},
		"one in ten seconds":   {5, 0.1, 0, 6},
		"as many as there are": {5, 5, 90 * time.Millisecond, 300},
		"more than there are":  {5, 9, 0, 300},
	} {
		thin := thinner{source: c.source, fps: c.fps}
		passed := 0
		var last time.Time
		for i := range int(60 * c.source) {
			at := begin.Add(time.Duration(i) * interval(c.source)).Add(c.jitter * time.Duration(1-i%3))
			if !thin.pass(at) {
				continue
			}
			off := at.Sub(last) - interval(min(c.fps, c.source))
			most := 2*c.jitter + interval(c.source)/2
			if c.jitter > interval(c.source)/8 { // one frame earlier or later
				most += interval(c.source) / 2
			}
			if passed > 0 && off.Abs() > most {
				t.Errorf("%s: a step of %s", name, at.Sub(last))
			}
			last = at
			passed++
		}
		if passed != c.want {
			t.Errorf("%s: %d pass, want %d", name, passed, c.want)
		}
		// After a pause it goes on from there, and does not make up for it.
		after := begin.Add(time.Hour)
		if !thin.pass(after) || thin.pass(after.Add(interval(c.fps)/2)) && c.fps < c.source {
			t.Errorf("%s: after a pause", name)
		}
	}
}

func TestRecentIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecent[int](100)
		for i := range 1000 {
			r.put(i, remembered{until: time.Now().Add(time.Minute)}, time.Now())
		}
		if _, ok := r.get(99, time.Now()); !ok || len(r.all) != 100 {
			t.Errorf("%d are remembered", len(r.all))
		}
		time.Sleep(time.Minute)
		if _, ok := r.get(99, time.Now()); ok {
			t.Error("remembered for too long")
		}
		r.put(1000, remembered{until: time.Now().Add(time.Minute)}, time.Now())
		if len(r.all) != 1 {
			t.Errorf("%d are kept though their time is over", len(r.all)-1)
		}
	})
}

func FuzzReadSpecs(f *testing.F) {
	f.Add([]byte(goodSpecs))
	f.Add([]byte("- {stream: s, platform: p, account: a, input: x}\n- [*a, &b {? c : d}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		specs, err := ReadSpecs(text)
		if err != nil {
			if all := (*FileError)(nil); !errors.As(err, &all) || specs != nil {
				t.Fatalf("%d specs and %v", len(specs), err)
			}
			return
		}
		for _, s := range specs {
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzDecodeSpec(f *testing.F) {
	f.Add([]byte(`{"stream":"s1","platform":"demo","account":"alice","input":"clip.mp4","loop":true,"fps":2,"country":"PH"}`))
	f.Add([]byte(`{"stream":"s1","platform":"demo","state":"stop"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeSpec(data)
		if err != nil {
			if r := (*signal.Rejection)(nil); !errors.As(err, &r) {
				t.Fatalf("not a Rejection: %v", err)
			}
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeSpec(again); err != nil || back != s {
			t.Fatalf("got %+v, %v back from %+v", back, err, s)
		}
	})
}

func FuzzReadPolicy(f *testing.F) {
	f.Add(DefaultPolicyYAML())
	f.Add([]byte("version: a\nbase_fps: 2\nraised_fps: 2\nquiet: 1s\nraise_on: {flag: {}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadPolicy(text)
		if err != nil {
			if all := (*FileError)(nil); !errors.As(err, &all) {
				t.Fatal(err)
			}
			return
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
