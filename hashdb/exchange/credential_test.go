package exchange_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

const password = "open-sesame-7391"

func TestSecretDoesNotShow(t *testing.T) {
	s := exchange.NewSecret(password)
	if s.Reveal() != password || (exchange.Secret{}).Reveal() != "" {
		t.Fatal("Reveal does not return the value")
	}
	type holder struct {
		Open   exchange.Secret
		hidden exchange.Secret
		All    map[string]exchange.Secret
		Of     *exchange.Secret
	}
	h := holder{s, s, map[string]exchange.Secret{"a": s}, &s}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		shown = append(shown, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h))
	}
	for _, v := range []any{s, h, &h} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, string(b))
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "h", h)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "h", h)
	shown = append(shown, log.String(), fmt.Errorf("%w %v", os.ErrExist, s).Error(), s.GoString(), s.String())
	for _, text := range shown {
		if strings.Contains(text, password) || strings.Contains(text, fmt.Sprintf("%x", password)) {
			t.Errorf("shown in %q", text)
		}
	}
	if got := fmt.Sprint(s); got != "(secret)" {
		t.Errorf("printed as %q", got)
	}
}

func TestCredential(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("EXCHANGE_TEST_SECRET", password)
	t.Setenv("EXCHANGE_TEST_EMPTY", "")
	for _, test := range []struct {
		name string
		c    exchange.Credential
		want string // Of the error; empty for none.
	}{
		{"env", exchange.Credential{Env: "EXCHANGE_TEST_SECRET"}, ""},
		{"file", exchange.Credential{File: write("good", password+"\n", 0o600)}, ""},
		{"file read-only", exchange.Credential{File: write("ro", password, 0o400)}, ""},
		{"file crlf", exchange.Credential{File: write("crlf", password+"\r\n", 0o600)}, ""},
		{"neither", exchange.Credential{}, "give file or env"},
		{"both", exchange.Credential{File: "x", Env: "y"}, "not both"},
		{"env empty", exchange.Credential{Env: "EXCHANGE_TEST_EMPTY"}, "EXCHANGE_TEST_EMPTY"},
		{"missing", exchange.Credential{File: filepath.Join(dir, "nix")}, "no such file"},
		{"empty", exchange.Credential{File: write("empty", "\n", 0o600)}, "is empty"},
		{"group", exchange.Credential{File: write("group", password, 0o640)}, "mode 0640"},
		{"other", exchange.Credential{File: write("other", password, 0o604)}, "mode 0604"},
		{"lines", exchange.Credential{File: write("lines", password+"\n"+password+"\n", 0o600)}, "several lines"},
		{"long", exchange.Credential{File: write("long", strings.Repeat("a", 20000), 0o600)}, "more than"},
		{"folder", exchange.Credential{File: dir}, "not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(test.want, "mode") {
				t.Skip("no modes")
			}
			s, err := test.c.Load()
			if test.want == "" {
				if err != nil || s.Reveal() != password {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
	if _, err := (exchange.Credentials{}).Load("user"); err == nil || !strings.Contains(err.Error(), `no "user"`) {
		t.Errorf("got %v", err)
	}
	if _, err := (exchange.Credentials{"user": {}}).Load("user"); err == nil || !strings.Contains(err.Error(), "user: ") {
		t.Errorf("got %v", err)
	}
}
