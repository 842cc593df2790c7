package signal

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// allKinds is one full signal of each kind.
func allKinds() []Signal {
	of := func(kind Kind, set func(*Signal)) Signal {
		s := Signal{
			ID: ID("quick", string(kind)), Revision: 77, Kind: kind, Subject: "sub_0123456789abcdef0123456789abcdef",
			Start: at, End: at.Add(90*time.Minute + 123456789), Says: "what was seen: 4 of 9",
			Evidence: []Evidence{
				{What: "frame", Holder: "demo", Ref: "1", SHA256: strings.Repeat("0a", 32), At: at},
				{What: "transaction", Holder: "bank", Ref: "2", At: at.Add(time.Millisecond)},
			},
		}
		set(&s)
		return s
	}
	return []Signal{
		of(KindSession, func(s *Signal) {
			s.Session = &Session{Stream: "s", Platform: "p", Private: true, Ended: true, Country: "PH", Audience: 2, Guests: []Subject{"sub_0000000000000000000000000000000a", "sub_0000000000000000000000000000000b"}}
		}),
		of(KindSession, func(s *Signal) {
			s.Session = &Session{Stream: "s", Platform: "p", Private: true, Ended: true, Country: "PH", Audience: 2, Host: "sub_0000000000000000000000000000000a"}
		}),
		of(KindMatch, func(s *Signal) {
			s.Match = &Match{Stream: "s", Platform: "p", HashKind: "pdq", List: "l", Category: "A1", ListVersion: "v", Entry: "e", Distance: 0, Radius: 31, FramesMatched: 4, FramesSeen: 9, Pictures: 3, View: "rot90"}
		}),
		of(KindFlag, func(s *Signal) { s.Flag = &Flag{Stream: "s", Platform: "p", Reason: "r", Source: "trusted"} }),
		of(KindScore, func(s *Signal) {
			s.Score = &Score{Stream: "s", Platform: "p", Classifier: "c-1", Value: 0.875}
		}),
		of(KindPayment, func(s *Signal) {
			s.Payment = &Payment{
				Typology: "P05", Rules: "r1", Role: Recipient, Transfers: 3, Counterparties: 2, Unrelated: 0, Times: []time.Time{at, at.Add(time.Second)},
				Countries: []string{"CA", "DE"}, Country: "PH", Strength: 1, Victim: true,
				Pairs: []Pair{{Other: "sub_0000000000000000000000000000000a", Transfers: 2, First: at, Times: []time.Time{at}, Related: true}},
			}
		}),
	}
}

// decodeBySchema decodes by the schema alone.
func decodeBySchema(data []byte) (Signal, error) {
	var s Signal
	if err := signalSchema.Decode(data, &s); err != nil {
		return Signal{}, err
	}
	return s, nil
}

// TestQuickReadsEverythingThatEncodeWrites: every field of every kind that a signal may
// have is read by hand, and as the schema reads it. A field that is new is missed here.
func TestQuickReadsEverythingThatEncodeWrites(t *testing.T) {
	for _, want := range allKinds() {
		for _, field := range unset(reflect.ValueOf(want)) {
			switch field {
			case "Clip", "Held", "Distance", "Unrelated": // rare, and 0 where that is a value
			case "Host", "Guests": // of a guest, and of a streamer
			case "Session", "Match", "Flag", "Payment", "Score", "SHA256", "Related":
			default:
				t.Errorf("%s: the test sets no %s", want.Kind, field)
			}
		}
		data, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := quickSignal(data)
		if !ok {
			t.Errorf("%s is not read: %s", want.Kind, data)
			continue
		}
		slow, err := decodeBySchema(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, slow) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, by the schema %+v", want.Kind, got, slow)
		}
		spaced, err := json.MarshalIndent(want, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := quickSignal(spaced); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: with white space it is not read", want.Kind)
		}
	}
}

// unset names the fields of a value, and of all below it, that are zero.
func unset(v reflect.Value) (names []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return unset(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			names = append(names, unset(v.Index(i))...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				names = append(names, v.Type().Field(i).Name)
			} else {
				names = append(names, unset(v.Field(i))...)
			}
		}
	}
	return names
}

// FuzzQuick: what is read by hand the schema takes too, and reads the same.
func FuzzQuick(f *testing.F) {
	for _, s := range allKinds() {
		data, err := Encode(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add([]byte(strings.Replace(string(data), "Z", "+01:00", 1)))
		f.Add([]byte(strings.Replace(string(data), "2026-03-01", "2026-02-29", 1)))
		f.Add([]byte(strings.Replace(string(data), "77", "077", 1)))
		f.Add([]byte(strings.Replace(string(data), "77", "7.7e1", 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := quickSignal(data)
		if !ok {
			return
		}
		want, err := decodeBySchema(data)
		if err != nil {
			t.Fatalf("taken, and the schema says %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, and by the schema %+v", got, want)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range allKinds() {
		data, err := Encode(s)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(s.Kind), func(b *testing.B) {
			for b.Loop() {
				if _, err := Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(s.Kind)+"/schema", func(b *testing.B) {
			for b.Loop() {
				if _, err := decodeBySchema(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
