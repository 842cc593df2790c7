package account

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

const subject signal.Subject = "sub_00000000000000000000000000000001"

// TestOnlyWhoToldOfAReasonIsAsked: a platform that told of streams alone would learn by the
// question that somebody else told of the account.
func TestOnlyWhoToldOfAReasonIsAsked(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	v := action.View{Platform: "demo", Subject: subject, Streams: []string{"s1"}, Last: at}
	if r, ok := Ask("c", v, at); ok {
		t.Errorf("it is asked %+v", r)
	}
	v.Grounds = []string{"flag"}
	for late, want := range map[time.Duration][]string{time.Hour: {Addresses, Identifiers}, recent + 1: {Activity, Addresses, Identifiers}} {
		r, ok := Ask("c", v, at.Add(late))
		if !ok || !slices.Equal(r.Wants, want) || r.ID != signal.ID("account", "c", "demo", strings.Join(want, " ")) {
			t.Errorf("%s later: %+v", late, r)
		}
		data, err := EncodeRequest(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeRequest(data); err != nil || got.ID != r.ID || !got.At.Equal(r.At) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"request_id":"00000000000000000000000000000000","unknown":"erased"}`))
	f.Add([]byte(`{"request_id":"00000000000000000000000000000000","account":{"subject":"sub_00000000000000000000000000000001","platform":"p","id":"u","ips":[{"address":"192.0.2.1","at":"2026-03-01T12:00:00+08:00"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeAnswer(data)
		if err != nil {
			return
		}
		if (a.Account == nil) == (a.Unknown == "") {
			t.Errorf("neither or both: %+v", a)
		}
		if a.Account != nil {
			again, err := Encode(*a.Account)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(again); err != nil {
				t.Errorf("what was read cannot be read again: %v", err)
			}
		}
	})
}
