package quickjson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// read is one of a Reader's values, as text.
var read = map[string]func(*Reader) any{
	"ascii":  func(r *Reader) any { return r.ASCII() },
	"utf8":   func(r *Reader) any { return r.UTF8() },
	"text":   func(r *Reader) any { return r.Text(1, 3) },
	"one":    func(r *Reader) any { return r.OneOf("a", "b") },
	"upper":  func(r *Reader) any { return r.Capitals(2) },
	"hex":    func(r *Reader) any { return r.Hex("sub_", 16) },
	"bool":   func(r *Reader) any { return r.Bool() },
	"whole":  func(r *Reader) any { return r.Whole(1, 1e16-1) },
	"share":  func(r *Reader) any { return r.Share() },
	"second": func(r *Reader) any { return r.Time(0).Format(time.RFC3339Nano) },
	"nano":   func(r *Reader) any { return r.Time(9).Format(time.RFC3339Nano) },
	"list":   func(r *Reader) any { return List(r, 2, r.ASCII) },
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		kind string
		good []string // as JSON, and what fmt makes of what is read where that differs
		bad  []string
	}{
		{"ascii", []string{`"a b~"`, `""`}, []string{`"é"`, `"a\n"`, `"\u0041"`, "\"\x01\"", "\"\x7f\"", `"a`, `a`, `null`, `1`}},
		{"utf8", []string{`"é"`, `"a"`, "\"\x7f\""}, []string{"\"\xff\"", `"\"`, "\"\n\"", `"\u0041"`}},
		{"text", []string{`"a"`, `"abc"`}, []string{`""`, `"abcd"`}},
		{"one", []string{`"a"`, `"b"`}, []string{`"c"`, `""`}},
		{"upper", []string{`"AZ"`}, []string{`"A"`, `"ABC"`, `"Ab"`, `"A1"`}},
		{"hex", []string{`"sub_0123456789abcdef"`}, []string{
			`"sub_0123456789abcdeF"`, `"sub_0123456789abcde"`, `"sub_0123456789abcdef0"`, `"bus_0123456789abcdef"`, `"sub_0123456/89abcdef"[`, `"sub_01234:6789abcdef"`, "\"sub_0123456\xb089abcdef\"",
		}},
		{"bool", []string{`true`, `false`}, []string{`truex`, `tru`, `"true"`, `1`}},
		{"whole", []string{`1`, `10`, `9999999999999999`}, []string{`0`, `01`, `-1`, `1.0`, `1e3`, `10000000000000000`, ``}},
		{"share", []string{`0`, `1`, `0.25`, `0.000000001`}, []string{`1.01`, `-0`, `.5`, `1.`, `00.5`, `0.5.5`, `1e-3`, `0.1234567890123456789012345`}},
		{"second", []string{`"2026-02-28T23:59:59Z"`, `"2024-02-29T00:00:00Z"`, `"2026-01-31T00:00:00Z"`}, []string{
			`"2026-02-29T00:00:00Z"`, `"2026-13-01T00:00:00Z"`, `"2026-00-01T00:00:00Z"`, `"2026-01-00T00:00:00Z"`, `"2026-01-01T24:00:00Z"`,
			`"2026-01-01T00:60:00Z"`, `"2026-01-01T00:00:60Z"`, `"2026-01-01T00:00:00+"`, `"2026-01-01 00:00:00Z"`, `"0000-01-01T00:00:00Z"`,
			`"2026-01-01T00:00:0xZ"`, `"2026-01-01T00:00:00.5Z"`, `"x026-01-01T00:00:00Z"`,
		}},
		{"nano", []string{`"2026-02-28T23:59:59.123456789Z"`, `"2026-02-28T23:59:59.5Z"`}, []string{`"2026-02-28T23:59:59.1234567891Z"`, `"2026-02-28T23:59:59.Z"`, `"2026-02-28T23:59:59x5Z"`, `"2026-02-28T23:59:59.5xZ"`}},
		{"list", []string{`[]`, `["a"]`, `["a","b"]`}, []string{`["a","b","c"]`, `["a",]`, `["a"`, `[,"a"]`, `{}`}},
	} {
		for _, space := range []string{"", " \t\r\n"} {
			for _, text := range tt.good {
				got, ok := value(tt.kind, text, space)
				var want any
				if err := json.Unmarshal([]byte(text), &want); err != nil {
					t.Fatal(err)
				}
				if tt.kind == "whole" {
					want = text // a float64 has fewer digits
				}
				if !ok || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s of %q: got %v, %v", tt.kind, text, got, ok)
				}
			}
			for _, text := range tt.bad {
				if got, ok := value(tt.kind, text, space); ok {
					t.Errorf("%s of %q: got %v, and it is bad", tt.kind, text, got)
				}
			}
		}
	}
}

// value reads the value of an object's only field.
func value(kind, text, space string) (got any, ok bool) {
	r := New([]byte(space+"{"+space+`"v"`+space+":"+space+text+space+"}"+space), 1000)
	r.Object(func(name string) {
		r.Check(name == "v")
		got = read[kind](&r)
	})
	return got, r.Done()
}

// TestPlain: eight bytes at once are looked at as each by itself is.
func TestPlain(t *testing.T) {
	for place := range 11 {
		for c := range 256 {
			text := []byte("abcdefghijk")
			text[place] = byte(c)
			r := New([]byte(`"`+string(text)+`"`), 100)
			r.ASCII()
			if got, want := r.Done(), c >= ' ' && c <= '~' && c != '"' && c != '\\'; got != want {
				t.Errorf("byte %#x at %d: plain %v", c, place, got)
			}
		}
	}
}

func TestObjects(t *testing.T) {
	names := func(text string, most int) (got []string, ok bool) {
		r := New([]byte(text), most)
		var have Fields
		r.Object(func(name string) {
			r.Once(&have, 1<<len(name))
			got = append(got, name)
			r.Check(r.Whole(0, 9) <= 9)
		})
		return got, r.Done()
	}
	for text, want := range map[string]string{`{}`: "", `{"a":1}`: "a", `{"a":1,"bb":2}`: "a bb"} {
		if got, ok := names(text, 100); !ok || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{``, `{`, `[]`, `{"a":1,}`, `{"a" 1}`, `{"a":1 "bb":2}`, `{"a":1}}`, `{"a":1,"b":2}`, `{"a":1`, `{a:1}`, `{"a":1}x`} {
		if got, ok := names(text, 100); ok {
			t.Errorf("%s: got %q, and it is bad", text, got)
		}
	}
	if _, ok := names(`{"a":1}`, 6); ok {
		t.Error("a text above the limit was read")
	}
}

func TestLead(t *testing.T) {
	leads := []string{`"a":`, `"b":`, `"c":`}
	var got []int
	r := New([]byte(`"b":"c" :"a":"x":`), 100)
	for range 4 {
		from := 0
		if len(got) > 0 {
			from = got[len(got)-1] + 1
		}
		got = append(got, r.Lead(leads, from))
	}
	if want := []int{1, 2, 0, -1}; !slices.Equal(got, want) || !r.Done() {
		t.Errorf("got %v, want %v", got, want)
	}
}
