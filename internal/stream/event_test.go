package stream

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

func TestEventSurvivesItsHeaders(t *testing.T) {
	for name, e := range map[string]Event{
		"least": {ID: "1", Source: "s", Type: "t"},
		"most": {
			ID: "1", Source: "s", Type: "t", Subject: "sub_1", ContentType: "image/jpeg", Key: "k", Data: []byte{0, 1},
			Time: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC), Ext: map[string]string{"stream": "s1", "platform": "p", "dataschema": "x"},
		},
		"about its key": {ID: "1", Source: "s", Type: "t", Subject: "sub_1", Key: "sub_1", Ext: map[string]string{"again": "sub_1"}},
		"empty value":   {ID: "1", Source: "s", Type: "t", Data: []byte{}},
	} {
		hs, key, err := e.headers()
		if err != nil || (key == nil) != (e.Key == "") {
			t.Fatalf("%s: key %q, %v", name, key, err)
		}
		got, others, err := parseEvent(record{key: key, value: e.Data, headers: append(hs, header("other", "x"))}, false)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, e) {
			t.Errorf("%s: got %+v, want %+v", name, got, e)
		}
		borrowed, _, err := parseEvent(record{key: key, value: e.Data, headers: hs}, true)
		if err != nil || !reflect.DeepEqual(borrowed, e) {
			t.Errorf("%s: borrowed it is %+v, %v", name, borrowed, err)
		}
		if !reflect.DeepEqual(others, map[string]string{"other": "x"}) {
			t.Errorf("%s: other headers are %v", name, others)
		}
	}
}

func TestTimesAreUTC(t *testing.T) {
	r := record{headers: append(required(), header("ce_time", "2026-03-01T12:00:00+05:00"))}
	e, _, err := parseEvent(r, false)
	if want := time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC); err != nil || !reflect.DeepEqual(e.Time, want) {
		t.Errorf("got %v, %v; want %v", e.Time, err, want)
	}
}

func required() []kafka.Header {
	return []kafka.Header{header("ce_specversion", "1.0"), header("ce_id", "secret-1"), header("ce_source", "secret-2"), header("ce_type", "secret-3")}
}

func TestRecordsThatAreNoEventAreRejected(t *testing.T) {
	without := func(name string) []kafka.Header {
		var out []kafka.Header
		for _, h := range required() {
			if h.Key != name {
				out = append(out, h)
			}
		}
		return out
	}
	with := func(hs ...kafka.Header) []kafka.Header { return append(required(), hs...) }
	for want, headers := range map[string][]kafka.Header{
		"ce_id is missing":            without("ce_id"),
		"ce_source is missing":        without("ce_source"),
		"ce_type is missing":          without("ce_type"),
		"ce_specversion is not 1.0":   without("ce_specversion"),
		"ce_id occurs twice":          with(header("ce_id", "secret")),
		"ce_time is not an RFC 3339":  with(header("ce_time", "2026-03-01T12:00:00")),
		"lower-case letters":          with(header("ce_Secret_Name", "x")),
		"the limits are 64 and 16384": with(header("x", strings.Repeat("x", maxHeaderBytes))),
		"70 headers":                  with(repeated(header("x", ""), 66)...),
	} {
		_, _, err := parseEvent(record{headers: headers}, false)
		if reason, is := permanentReason(err); !is || reason != "cloudevents" || !contains(err, want) || strings.Contains(err.Error(), "secret-") {
			t.Errorf("got %v, want a permanent error that says %q and quotes no value", err, want)
		}
	}
}

func repeated(h kafka.Header, n int) []kafka.Header {
	out := make([]kafka.Header, n)
	for i := range out {
		out[i] = h
	}
	return out
}

func TestEventsThatCannotBeProducedAreRejected(t *testing.T) {
	good := Event{ID: "1", Source: "s", Type: "t"}
	for name, spoil := range map[string]func(*Event){
		"id":       func(e *Event) { e.ID = "" },
		"source":   func(e *Event) { e.Source = "" },
		"type":     func(e *Event) { e.Type = "" },
		"ext name": func(e *Event) { e.Ext = map[string]string{"Stream": "x"} },
		"ext core": func(e *Event) { e.Ext = map[string]string{"id": "x"} },
		"ext long": func(e *Event) { e.Ext = map[string]string{"x": strings.Repeat("x", maxHeaderBytes)} },
	} {
		e := good
		spoil(&e)
		if _, _, err := e.headers(); err == nil {
			t.Errorf("%s: no error", name)
		} else if _, is := permanentReason(err); !is {
			t.Errorf("%s: %v is not permanent", name, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add("ce_id", []byte("1"), "ce_time", []byte("2026-03-01T12:00:00Z"))
	f.Add("ce_", []byte{}, "content-type", []byte{0xff})
	f.Fuzz(func(t *testing.T, k1 string, v1 []byte, k2 string, v2 []byte) {
		r := record{headers: append(required()[:1], kafka.Header{Key: k1, Value: v1}, kafka.Header{Key: k2, Value: v2}, header("ce_source", "s"), header("ce_type", "t"))}
		e, _, err := parseEvent(r, false)
		if err != nil {
			if _, is := permanentReason(err); !is {
				t.Fatalf("%v would be retried for ever", err)
			}
			return
		}
		hs, _, err := e.headers()
		if err != nil {
			t.Fatalf("read, and cannot be written: %v", err)
		}
		again, _, err := parseEvent(record{headers: hs}, false)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%+v becomes %+v, %v", e, again, err)
		}
	})
}

func TestDeadLetterIsBounded(t *testing.T) {
	w := &worker{c: &Client{cfg: Config{Prefix: "p.", MaxMessage: testMaxMessage}}, loop: Loop{Name: "l", Topic: "in"}, partition: 3}
	r := record{offset: 7, key: bytes.Repeat([]byte("k"), maxLetterKey+1), value: make([]byte, testMaxMessage), headers: repeated(header("ce_x", strings.Repeat("x", 500)), 20)}
	letter, err := w.deadLetter(r, "image", reject("image", "%s", strings.Repeat("é\n", 2000)))
	if err != nil {
		t.Fatal(err)
	}
	e, headers, err := parseEvent(record{headers: letter.msg.Headers}, false)
	if err != nil {
		t.Fatalf("a dead letter is no event: %v", err)
	}
	if n := len([]rune(headers["vigil-error"])); n != maxErrorText {
		t.Errorf("vigil-error has %d characters, want %d", n, maxErrorText)
	}
	if letter.msg.Value != nil || letter.msg.Key != nil || headers["vigil-size"] != "262144" || len(headers["vigil-sha256"]) != 64 || headers["original-ce_x"] != "" {
		t.Errorf("value of %d bytes, key of %d, headers %v", len(letter.msg.Value), len(letter.msg.Key), headers)
	}
	again, err := w.deadLetter(r, "other", reject("other", "other"))
	if err != nil || again.id != e.ID || letter.topic != DeadLetters {
		t.Errorf("ids %s and %s, %v: the same record must give the same id", e.ID, again.id, err)
	}
	r.offset++
	if next, err := w.deadLetter(r, "image", reject("image", "")); err != nil || next.id == e.ID {
		t.Errorf("another record gives the same id, %v", err)
	}
}
