package verify

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseBundle(t *testing.T) {
	tests := []struct {
		name  string
		data  string
		width int
		want  string // entries, separated by |
		rest  string
		err   string
	}{
		{"none wanted", "", 0, "", "", ""},
		{"two", "\x00\x01a\x00\x02bc", 2, "a|bc", "", ""},
		{"an empty entry", "\x00\x00\x00\x01a", 2, "|a", "", ""},
		{"more than wanted", "\x00\x01a\x00\x02bc", 1, "a", "\x00\x02bc", ""},
		{"one short", "\x00\x01a", 2, "a", "", "ends after 1 of 2 entries"},
		{"cut in a length", "\x00\x01a\x00", 2, "a", "", "inside an entry's length"},
		{"cut in an entry", "\x00\x01a\x00\x02b", 2, "a", "", "ends after 1 of an entry's 2 bytes"},
		{"oversize entry", "\x10\x01" + strings.Repeat("x", 4097), 1, "", "", "4097 bytes, limit 4096"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, rest, err := parseBundle([]byte(tt.data), tt.width)
			if got := string(bytes.Join(entries, []byte("|"))); got != tt.want {
				t.Errorf("entries %q, want %q", got, tt.want)
			}
			if string(rest) != tt.rest {
				t.Errorf("rest %q, want %q", rest, tt.rest)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add(bundleOf(someEntries(f, 3)), 3)
	f.Add([]byte("\x00\x00\x00"), 2)
	f.Add([]byte("\xff\xff"), 1)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		width &= tileWidth - 1
		entries, rest, err := parseBundle(data, width)
		if err == nil && len(entries) != width {
			t.Fatalf("%d entries, want %d", len(entries), width)
		}
		// What was read, written again, is what it was read from.
		if again := append(bundleOf(entries), rest...); err == nil && !bytes.Equal(again, data) || !bytes.HasPrefix(data, bundleOf(entries)) {
			t.Fatalf("%q is read as %q and %q", data, entries, rest)
		}
	})
}
