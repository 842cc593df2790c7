package intake

import (
	"fmt"
	"strings"
	"testing"
)

func TestMessagesKeepTheLastLinesWithoutSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"":         "it gave no message",
		"\r\n \n":  "it gave no message",
		"one\ntwo": "one; two",
		"rtmp://user:pw@host.example:1935/app/key-1: Connection refused": "rtmp:///… Connection refused",
		"Opening 'https://h.example/x.ts?sig=1' and 'http://k.example'":  "Opening 'https://h.example/…' and 'http://k.example/…'",
		"tcp://127.0.0.1:1?tcp_nodelay=0 failed":                         "tcp://127.0.0.1:1/… failed",
		"rtmp://host.example:1935/app/key-1: Connection refused":         "rtmp://host.example:1935/… Connection refused",
		"https://h.example/path@secret":                                  "https:///…",
		"https://h.example?key=a@b/c d":                                  "https:///… d",
		"bad \xff byte":                                                  "bad � byte",
		strings.Repeat("x", 2*maxLine):                                   strings.Repeat("x", maxLine),
		"1\n2\n3\n4\n5\n6\n7\n8\n9\n10":                                  "3; 4; 5; 6; 7; 8; 9; 10",
	} {
		var shown strings.Builder
		m := newMessages(&shown, "")
		for _, c := range []byte(in) { // in the smallest pieces
			if n, err := m.Write([]byte{c}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if got := m.String(); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		for _, secret := range []string{"pw", "key-1", "sig", "secret"} {
			if strings.Contains(shown.String(), secret) {
				t.Errorf("%q was shown as %q", in, shown.String())
			}
		}
	}
}

func TestMessagesPassOnEveryLine(t *testing.T) {
	var shown strings.Builder
	m := newMessages(&shown, "")
	if _, err := fmt.Fprint(m, strings.Repeat("a line\n", 3*maxLines)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(shown.String(), "a line\n"); got != 3*maxLines {
		t.Errorf("%d lines were shown, want %d", got, 3*maxLines)
	}
	if len(m.last) != maxLines {
		t.Errorf("%d lines were kept, want %d", len(m.last), maxLines)
	}
}
