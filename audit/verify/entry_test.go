package verify

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var digest = strings.Repeat("0123456789abcdef", 4)

func TestEncodeIsTheLineInTheLog(t *testing.T) {
	e := Entry{
		Kind:   KindDecision,
		ID:     "00112233445566778899aabbccddeeff",
		Digest: digest,
		At:     time.Date(2026, 3, 1, 13, 0, 0, 500, time.FixedZone("", 3600)),
		Refs:   []string{"case:1", "sub_a.b/c-d"},
	}
	const want = `{"kind":"decision","id":"00112233445566778899aabbccddeeff",` +
		`"digest":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",` +
		`"at":"2026-03-01T12:00:00.0000005Z","refs":["case:1","sub_a.b/c-d"]}`
	got, err := e.Encode()
	if err != nil || string(got) != want {
		t.Fatalf("Encode() = %s, %v\nwant %s", got, err, want)
	}
	back, err := ParseEntry(got)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Encode(); err != nil || !bytes.Equal(again, got) {
		t.Fatalf("encoded again: %s, %v", again, err)
	}
}

func TestValidateLeavesNoRoomForPersonalData(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		entry Entry
		want  string // in the error; empty for a valid entry
	}{
		{"every kind of id", Entry{KindView, "AZaz09._:/-", digest, at, nil}, ""},
		{"longest id", Entry{KindCase, strings.Repeat("x", 128), digest, at, nil}, ""},
		{"unknown kind", Entry{"note", "1", digest, at, nil}, "kind"},
		{"no kind", Entry{"", "1", digest, at, nil}, "kind"},
		{"no id", Entry{KindCase, "", digest, at, nil}, "id: length 0"},
		{"long id", Entry{KindCase, strings.Repeat("x", 129), digest, at, nil}, "id: length 129"},
		{"a name", Entry{KindCase, "Erika Mustermann", digest, at, nil}, "id: byte 5"},
		{"an address", Entry{KindCase, "erika@example.org", digest, at, nil}, "id: byte 5"},
		{"a letter outside ASCII", Entry{KindCase, "ä", digest, at, nil}, "id: byte 0"},
		{"short digest", Entry{KindCase, "1", digest[:62], at, nil}, "digest"},
		{"upper-case digest", Entry{KindCase, "1", strings.ToUpper(digest), at, nil}, "digest"},
		{"no time", Entry{KindCase, "1", digest, time.Time{}, nil}, "at: missing"},
		{"text in a reference", Entry{KindCase, "1", digest, at, []string{"ok", "seen before"}}, "refs[1]: byte 4"},
		{"empty reference", Entry{KindCase, "1", digest, at, []string{""}}, "refs[0]: length 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.entry.Validate()
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Fatalf("Validate() = %v, want an error with %q", err, tt.want)
			case err != nil && (strings.Contains(err.Error(), "Muster") || strings.Contains(err.Error(), "seen")):
				t.Fatalf("the error quotes what it refuses: %v", err)
			}
			if _, encodeErr := tt.entry.Encode(); (encodeErr == nil) != (err == nil) {
				t.Fatalf("Encode() = %v, Validate() = %v", encodeErr, err)
			}
		})
	}
}

func TestEncodeLimitsTheSize(t *testing.T) {
	e := Entry{Kind: KindCase, ID: "1", Digest: digest, At: time.Unix(1, 0)}
	for range 40 {
		e.Refs = append(e.Refs, strings.Repeat("r", 128))
	}
	if _, err := e.Encode(); err == nil || !strings.Contains(err.Error(), "limit 4096") {
		t.Fatalf("Encode() = %v", err)
	}
	e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	e.Refs = nil
	if _, err := e.Encode(); err == nil {
		t.Fatal("a year of five digits has no encoding")
	}
}

func TestParseEntryTakesOneSpelling(t *testing.T) {
	good := string(someEntries(t, 1)[0])
	for name, data := range map[string]string{
		"empty":           "",
		"null":            "null",
		"a list":          "[" + good + "]",
		"leading space":   " " + good,
		"line break":      good + "\n",
		"two of them":     good + good,
		"unknown field":   strings.Replace(good, `{`, `{"note":"x",`, 1),
		"repeated field":  strings.Replace(good, `{`, `{"kind":"decision",`, 1),
		"other case":      strings.Replace(good, `"kind"`, `"Kind"`, 1),
		"escaped letter":  strings.Replace(good, `decision-0`, `decision\u002d0`, 1),
		"offset for Z":    strings.Replace(good, `Z"`, `+00:00"`, 1),
		"zeros in time":   strings.Replace(good, `05Z`, `05.000Z`, 1),
		"empty refs":      strings.Replace(good, `["case-1"]`, `[]`, 1),
		"cut off":         good[:len(good)-1],
		"too long by far": `{"kind":"` + strings.Repeat("x", MaxEntry),
	} {
		if data == good {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if e, err := ParseEntry([]byte(data)); err == nil {
			t.Errorf("%s: taken as %+v", name, e)
		}
	}
	if _, err := ParseEntry([]byte(good)); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add(someEntries(f, 1)[0])
	f.Add([]byte(`{"kind":"view","id":"1","digest":"` + digest + `","at":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"kind":"view","at":"2026-01-01T24:00:00+25:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntry(data)
		if err != nil {
			return
		}
		if again, err := e.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("took %q, encodes it as %q, %v", data, again, err)
		}
	})
}
