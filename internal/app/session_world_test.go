package app

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/internal/world"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/review/webhook"
)

// A session is a deployment of the real program, of every room on its embedded broker, with
// a platform that gets webhooks and has a key.
type session struct {
	t           *testing.T // of the step
	whole       *testing.T
	bin, config string
	dir, code   string
	c           Config
	run         *worker
	client      *stream.Client
	world       world.World
	platform    *platform
	api, key    string // where the platform calls, and with what
	ops         string // metrics of what it calls
	reader      *age.X25519Identity

	id, digest string // of the case, once it is there
	matches    int    // in it, each with a window
}

func newSession(t *testing.T, change ...func(*Config)) *session {
	t.Helper()
	s := &session{t: t, whole: t, bin: ownProgram(t), dir: t.TempDir()}
	s.c = DefaultConfig(filepath.Join(s.dir, "data"))
	s.c.Listen, s.c.Review.Listen = "none", freeAddr(t)
	undo, none := 2*time.Second, 0
	s.c.Review.Undo, s.c.Review.Again, s.c.Review.Golden = &undo, &none, &none

	var err error
	if s.reader, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	s.c.Review.EvidenceIdentity = filepath.Join(s.dir, "reader.txt")
	if err := os.WriteFile(s.c.Review.EvidenceIdentity, []byte(s.reader.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "webhook.secret")
	vigil(t, s.bin, "platforms", "secret", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := webhook.ParseSecret(string(text))
	if err != nil {
		t.Fatal(err)
	}
	s.platform = newPlatform(t, secret)
	s.c.Platforms = []webhook.Platform{{Name: "demo", URL: s.platform.URL, Secrets: []string{file}}}
	s.c.Attach = map[string]string{"ca": attachFrames}
	for _, f := range change {
		f(&s.c)
	}
	s.config = writeConfig(t, s.c, "")

	s.key = strings.TrimSpace(s.vigil("platforms", "key", "--name", "desk", "--platform", "demo"))
	if s.world, err = world.New(3, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.demo().importList(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.run = startWorker(t, s.bin, filepath.Join(s.dir, "run.log"), "run", "--config", s.config)
	eventually(t, time.Minute, "the program", func() (bool, string) {
		res, err := http.Get("http://" + s.c.Review.Listen + "/signin")
		if err != nil {
			return false, err.Error() + "\n" + tail(s.run.log.Name())
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK, res.Status
	})
	if s.code, err = s.c.consoleCode(); err != nil {
		t.Fatal(err)
	}
	s.api, s.ops = freeAddr(t), freeAddr(t)
	startWorker(t, s.bin, filepath.Join(s.dir, "platforms.log"), "platforms", "serve", "--config", s.config, "--listen", s.api, "--metrics", s.ops)
	return s
}

// step runs a part of the story under a name of its own; after one that fails there is none.
func (s *session) step(what string, do func()) {
	s.whole.Helper()
	if !s.whole.Run(what, func(t *testing.T) { s.t = t; do() }) {
		s.whole.Fatalf("it ends at %q; the program's log:\n%s", what, tail(s.run.log.Name()))
	}
	s.t = s.whole
}

func (s *session) until(what string, done func() (bool, string)) {
	s.t.Helper()
	eventually(s.t, time.Minute, what, done)
}

// vigil runs a command on the deployment.
func (s *session) vigil(args ...string) string {
	s.t.Helper()
	return vigil(s.t, s.bin, append(args, "--config", s.config)...)
}

func (s *session) demo() *demo {
	return &demo{DemoOptions: DemoOptions{Data: s.dir, Out: io.Discard}, c: s.c, world: s.world, began: time.Now()}
}

// connects the test to the program's broker.
func (s *session) connects() (broker string) {
	s.t.Helper()
	addr, err := os.ReadFile(s.c.path("broker.addr"))
	if err != nil {
		s.t.Fatal(err)
	}
	broker = strings.TrimSpace(string(addr))
	s.client = connect(s.whole, broker, s.c.Prefix)
	return broker
}

// play lets the demo's world happen, and waits until all of it has come down the river.
func (s *session) play() {
	store, err := s.c.openStore(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	addr := s.connects()
	if err := s.demo().feedWorld(s.t.Context(), s.client, store); err != nil {
		s.t.Fatal(err)
	}
	drained(s.t, "the world", addr, s.c, func() {})
	open, err := store.List(s.t.Context(), review.Filter{States: []review.State{review.StateOpen}})
	if err != nil || len(open) != 1 {
		s.t.Fatalf("%d cases are open, %v", len(open), err)
	}
	s.id = open[0].ID
}

// preserve does what the platform's side does when a match asks for it: a window of the
// stream leaves, encrypted.
func (s *session) preserve() {
	store, err := s.c.openStore(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	c, _, err := store.Show(s.t.Context(), s.id, review.Person{ID: "platform", Roles: []review.Role{review.RoleAuditor}})
	if err = errors.Join(err, store.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.digest = c.Digest
	for _, found := range c.Signals {
		if found.Match == nil {
			continue
		}
		for _, of := range s.world.Streams {
			if of.ID != found.Match.Stream {
				continue
			}
			var pictures [][]byte
			for i := range of.Frames {
				picture, err := of.Frame(i)
				if err != nil {
					s.t.Fatal(err)
				}
				pictures = append(pictures, picture)
			}
			s.matches++
			preserve(s.t, s.c, s.reader, of.ID, of.Start, found.ID, pictures...)
		}
	}
}

// asked waits until the platform was asked for something, once.
func (s *session) asked(k action.Kind) (r action.Record) {
	s.t.Helper()
	s.until("a webhook that asks to "+string(k), func() (bool, string) {
		all := s.platform.asked(k)
		if len(all) > 0 {
			r = all[0]
		}
		return len(all) == 1, fmt.Sprintf("%d of them", len(all))
	})
	return r
}

// inbox waits until the centre reads something, and its checks pass.
func (s *session) inbox(want string) (said string) {
	s.t.Helper()
	s.until(want+"in the inbox", func() (bool, string) {
		said = s.vigil("inbox", "--centre", "ca")
		return strings.Contains(said, want), said
	})
	if strings.Contains(said, "FAILED") || strings.Count("\n"+said, "\nALERT ") != 1 {
		s.t.Errorf("the centre reads\n%s", said)
	}
	return said
}

// call is the platform's, with its key.
func (s *session) call(method, path, body string, want int) (said string) {
	s.t.Helper()
	s.until("an answer to "+method+" "+path, func() (bool, string) {
		r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.api+path, strings.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+s.key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, err.Error() // it may still be starting
		}
		var status int
		if status, said = s.read(res); status != want {
			s.t.Fatalf("%s %s: %d %s", method, path, status, said)
		}
		return true, ""
	})
	return said
}

func (s *session) read(res *http.Response) (int, string) {
	s.t.Helper()
	data, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}
