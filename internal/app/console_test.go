package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sync/errgroup"
)

// TestTheConsoleIsServed signs in with the code that the data folder holds.
func TestTheConsoleIsServed(t *testing.T) {
	c := DefaultConfig(t.TempDir())
	c.Review.Listen = freeLoopback("127.0.0.1:0")
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	if err := startConsole(ctx, g, c, store, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	code, err := c.consoleCode()
	if err != nil || len(code) < 16 {
		t.Fatalf("code %q, %v", code, err)
	}
	if info, err := os.Stat(c.consoleCodeFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the code's file: %v, %v", info.Mode(), err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar}
	base := "http://" + c.Review.Listen
	eventually(t, 10*time.Second, "the console", func() (bool, string) {
		res, err := client.PostForm(base+"/signin", url.Values{"name": {"anna"}, "role": {"reviewer"}, "code": {code}})
		if err != nil {
			return false, err.Error()
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK && strings.HasSuffix(res.Request.URL.Path, "/queue"), res.Status + " at " + res.Request.URL.Path
	})
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestTheConsoleStaysOnLoopback(t *testing.T) {
	for addr, ok := range map[string]bool{"127.0.0.1:9620": true, "none": true, "0.0.0.0:9620": false, ":9620": false, "x": false} {
		c := DefaultConfig(t.TempDir())
		c.Review.Listen = addr
		if err := c.Validate(); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "review.listen") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	c := DefaultConfig(t.TempDir())
	c.Review.Persons = 3
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "persons") {
		t.Errorf("three persons: %v", err)
	}
}

// TestPeopleSignInByTheConfiguration reads one, and serves the console while its provider
// is away: it says so to who wants to sign in.
func TestPeopleSignInByTheConfiguration(t *testing.T) {
	t.Setenv("VIGIL_TEST_SECRET", "canary-secret")
	good := `
review:
  listen: LISTEN
  openid:
    issuer: http://127.0.0.1:1
    client: vigil-console
    secret: {env: VIGIL_TEST_SECRET}
    address: http://127.0.0.1:9620/
    roles: {moderators: [reviewer], leads: [supervisor]}
`
	for change, want := range map[string]string{
		"":                          "",
		"listen: x":                 "review.listen",
		"issuer: http://id.example": "issuer: \"http://id.example\" is not https",
		"issuer: id.example":        "is no address",
		"client: ''":                "client: is missing",
		"secret: {}":                "give either file or env",
		"address: https://x/path":   "has a path",
		"roles: {}":                 "no group has a role",
		"roles: {x: [boss]}":        `roles.x: "boss" is none of`,
	} {
		text := strings.Replace(good, "LISTEN", "0.0.0.0:9620", 1)
		if key, _, _ := strings.Cut(change, ":"); key != "" {
			text = regexp.MustCompile(`(?m)^( +)`+key+`:.*$`).ReplaceAllString(text, "${1}"+change)
		}
		_, err := parseConfig([]byte(text), t.TempDir())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", change, err)
		}
	}

	listen := freeLoopback("127.0.0.1:0")
	c, err := parseConfig([]byte(strings.NewReplacer("LISTEN", listen, "127.0.0.1:9620", listen).Replace(good)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	core, logs := observer.New(zap.InfoLevel)
	if err := startConsole(ctx, g, c, store, zap.New(core)); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the console", func() (bool, string) {
		res, err := http.Get("http://" + listen + "/signin/go")
		if err != nil {
			return false, err.Error()
		}
		page, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		return err == nil && res.StatusCode == http.StatusBadGateway && strings.Contains(string(page), "sign-in service cannot be reached"), string(page)
	})
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	said := fmt.Sprint(logs.All())
	if !strings.Contains(said, "nobody can sign in") || strings.Contains(said, "canary-secret") {
		t.Errorf("the log says %s", said)
	}
	t.Setenv("VIGIL_TEST_SECRET", "")
	if err := startConsole(t.Context(), g, c, store, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "VIGIL_TEST_SECRET") {
		t.Errorf("without a secret: %v", err)
	}
}
