package app

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid/openidtest"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/inbox/pages"
)

const inboxSignIn = `
issuer: ISSUER
client: vigil-inbox
secret: {env: VIGIL_TEST_SECRET}
address: http://LISTEN/
roles: {officers: [officer], audit: [auditor]}
session_idle: 15m
`

// signInFile writes one, in which something may be another.
func signInFile(t *testing.T, issuer, listen, change string) string {
	t.Helper()
	text := strings.NewReplacer("ISSUER", issuer, "LISTEN", listen).Replace(inboxSignIn)
	if key, _, found := strings.Cut(change, ":"); found {
		line := regexp.MustCompile(`(?m)^` + key + `:.*$`)
		if !line.MatchString(text) {
			text += key + ": x\n"
		}
		text = line.ReplaceAllLiteralString(text, change)
	}
	file := filepath.Join(t.TempDir(), "sign-in.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestHowPeopleSignInToAnInbox(t *testing.T) {
	for change, want := range map[string]string{
		"":                          "",
		"issuer: http://id.example": `issuer: "http://id.example" is not https`,
		"address: https://x/path":   "has a path",
		"client: ''":                "client: is missing",
		"secret: {}":                "give either file or env",
		"roles: {}":                 "no group has a role",
		"roles: {x: [reviewer]}":    `roles.x: "reviewer" is none of [officer auditor]`,
		"acr: [gold]":               "acr: is asked for before images",
		"session_idle: 1s":          "session_idle",
		"session_longest: 25h":      "session_longest",
		"sesion_idle: 15m":          "unknown field",
	} {
		o := ServeInboxOptions{From: "x", Listen: "0.0.0.0:9670", OpenID: signInFile(t, "https://id.example", "127.0.0.1:1", change)}
		s, err := o.signIn()
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "--openid") || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", change, err)
		}
		if err == nil && (s.Address != "http://127.0.0.1:1" || s.Claim != "groups" || s.life().Idle != 15*time.Minute || s.life().Longest != 10*time.Hour) {
			t.Errorf("%+v", s)
		}
	}
}

// TestTheInboxSignInOfTheDocs reads the one that docs/inbox.md shows.
func TestTheInboxSignInOfTheDocs(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "inbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(doc), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	file := filepath.Join(t.TempDir(), "sign-in.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readInboxSignIn(file)
	if err != nil || !found || s.Client != "vigil-inbox" || s.life() != signin.DefaultLifetimes() || len(s.Roles) != len(pages.Roles) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestAnInboxBehindAProvider serves one beyond loopback: who comes has to sign in, by the
// name that the file gives it.
func TestAnInboxBehindAProvider(t *testing.T) {
	t.Setenv("VIGIL_TEST_SECRET", "canary-secret")
	provider := openidtest.New(t, "vigil-inbox", time.Now)
	provider.Claims["groups"] = []string{"officers"}
	s := newSentAlert(t)
	_, port, _ := strings.Cut(freeLoopback("127.0.0.1:0"), ":")
	at := "http://127.0.0.1:" + port
	desk := DeskOptions{Centre: "ph", Data: t.TempDir(), Keys: s.c.path(ownCentresDir), LogKeys: []string{s.sealer.key}}
	o := ServeInboxOptions{Desk: desk, From: t.TempDir(), Listen: "0.0.0.0:" + port, OpenID: signInFile(t, provider.URL, "127.0.0.1:"+port, "")}
	stop := serveInbox(t, o)
	defer func() { stop() }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar}
	get := func(address string) (code int, page string, err error) {
		res, err := client.Get(address)
		if err != nil {
			return 0, "", err
		}
		text, err := io.ReadAll(res.Body)
		return res.StatusCode, string(text), errors.Join(err, res.Body.Close())
	}
	eventually(t, 20*time.Second, "the inbox", func() (bool, string) {
		_, page, err := get(at + "/alerts")
		if err != nil {
			return false, err.Error()
		}
		return strings.Contains(page, `href="/signin/go"`) && !strings.Contains(page, "Development mode"), page
	})
	if _, page, err := get(at + "/signin/go"); err != nil || !strings.Contains(page, "You are signed in") {
		t.Fatalf("%s, %v", page, err)
	}
	if code, page, err := get(at + "/journal"); err != nil || code != http.StatusOK || !strings.Contains(page, "by the sign-in service, officer") || !strings.Contains(page, "Anna") {
		t.Errorf("%s, %v", page, err)
	}
	if code, _, err := get("http://localhost:" + port + "/signin"); err != nil || code != http.StatusMisdirectedRequest {
		t.Errorf("under another name: %d, %v", code, err)
	}
	if _, err := os.Stat(filepath.Join(desk.Data, "code")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a code: %v", err)
	}
	o.Desk.Data = t.TempDir()
	t.Setenv("VIGIL_TEST_SECRET", "")
	if err := ServeInbox(t.Context(), o); err == nil || !strings.Contains(err.Error(), "--openid: secret: ") || !strings.Contains(err.Error(), "VIGIL_TEST_SECRET") {
		t.Errorf("without a secret: %v", err)
	}
}
