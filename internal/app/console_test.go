package app

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
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
