package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/edge"
	"github.com/vigil-stream/vigil/detect/fleet"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// watching runs `vigil watch` on one looped clip until the test ends.
func (r *river) watching(clip, account string) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Watch(ctx, r.c, WatchOptions{
			Spec: &fleet.Spec{Stream: "watched", Platform: "demo", Account: account, Input: clip, Loop: true},
			Send: sendHashes, Out: io.Discard, Err: io.Discard,
		})
	}()
	r.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
}

// A sentFrame says when a frame arrived, and its event time.
type sentFrame struct{ arrived, at time.Time }

func (r *river) frames() (all []sentFrame) {
	r.t.Helper()
	if err := r.client.ReadAll(r.t.Context(), topicFrames, func(m stream.Message) error {
		if m.ContentType != detect.HashType {
			r.t.Errorf("a frame of type %s left, and only hashes may", m.ContentType)
		}
		all = append(all, sentFrame{m.Arrived, m.Time})
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	return all
}

func realRiver(t *testing.T, change func(*Config)) (r *river, media string) {
	t.Helper()
	if os.Getenv("VIGIL_REAL") != "1" {
		t.Skip("VIGIL_REAL is not 1: no real ffmpeg")
	}
	return newRiver(t, change), testMedia(t)
}

// A payment signal about an account raises the rate of its running stream within two
// seconds; twice what the machine takes for an ffmpeg alone, where that is longer.
func TestAPaymentSignalRaisesTheRate(t *testing.T) {
	const raisedFPS = 5 // of the policy that comes with vigil
	r, media := realRiver(t, func(c *Config) { c.Rooms = []string{"lists", "detect"} })
	clip := filepath.Join(media, "video", "doorknob-hd-no-bar.mp4")
	r.watching(clip, "paid@example.org")
	eventually(t, 30*time.Second, "the stream runs", func() (bool, string) {
		n := len(r.frames())
		return n >= 4, fmt.Sprint(n, " frames")
	})
	now := time.Now().UTC()
	outs, err := signalOutputs("test", []signal.Signal{{
		ID: signal.ID("payment", "test"), Revision: 1, Kind: signal.KindPayment, Subject: r.tok.Subject("demo", "paid@example.org"),
		Start: now.Add(-time.Hour), End: now, Says: "a pattern of payments",
		Payment: &signal.Payment{Typology: "P05", Rules: "r1", Role: signal.Recipient, Transfers: 4, Counterparties: 4, Unrelated: 4, Times: []time.Time{now}, Strength: 0.8},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.client.Produce(t.Context(), outs...); err != nil {
		t.Fatal(err)
	}
	raised := time.Now()
	// An ffmpeg that is started by hand at the same moment says what the machine can do now.
	byHand := time.Duration(0)
	if _, err := intake.Watch(t.Context(), intake.Options{Input: clip, FPS: raisedFPS, Loop: true, Realtime: true, Start: now}, func(s intake.Sample) error {
		if byHand = time.Since(raised); s.Index > 0 {
			return io.EOF // two are enough
		}
		return nil
	}); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	// By its own time the stream's frames lie a second apart, and a fifth of it when raised.
	var quick time.Time
	eventually(t, 30*time.Second, "frames lie closer", func() (bool, string) {
		all := r.frames()
		for i := range all {
			if i > 0 && all[i].arrived.After(raised) && all[i].at.Sub(all[i-1].at) == time.Second/raisedFPS {
				quick = all[i].arrived
				return true, ""
			}
		}
		return false, fmt.Sprint(len(all), " frames")
	})
	took, limit := quick.Sub(raised), max(2*time.Second, 2*byHand)
	t.Logf("the second frame at the raised rate arrived %s after the signal, by hand it takes %s", took, byHand)
	if took > limit {
		t.Errorf("the rate rose after %s, want at most %s", took, limit)
	}
}

// No picture leaves but the window around a match, which only the holder of the key can
// open, whose pictures are those that matched, and of which the audit log tells.
func TestAMatchPreservesItsWindow(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r, media := realRiver(t, func(c *Config) {
		c.Rooms = []string{"lists", "detect"}
		c.EvidenceRecipients = filepath.Join(t.TempDir(), "recipients.txt")
		if err := os.WriteFile(c.EvidenceRecipients, []byte(key.Recipient().String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	r.watching(filepath.Join(media, "video", "chair-20-sd-bar.mp4"), "shown@example.org")
	eventually(t, 30*time.Second, "the stream runs", func() (bool, string) {
		n := len(r.frames())
		return n >= 4, fmt.Sprint(n, " frames")
	})
	windows := func() []string {
		files, err := filepath.Glob(filepath.Join(r.c.Evidence, "windows", "*.age"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	if n := len(windows()); n > 0 {
		t.Fatalf("%d windows left before there was a reason", n)
	}
	hashes := strings.Fields(string(referenceHashes(t, filepath.Join(media, "vpdq", "chair-20-sd-bar.txt"))))
	r.lists("planted", hashes...)
	eventually(t, 40*time.Second, "windows leave", func() (bool, string) {
		n := len(windows())
		return n >= 2, fmt.Sprint(n, " windows")
	})
	evidence := map[string]bool{}
	if err := r.client.ReadAll(t.Context(), topicSignals, func(m stream.Message) error {
		s, err := signal.Decode(m.Data)
		for _, e := range s.Evidence {
			if e.What == "frame" && e.SHA256 != "" {
				evidence[e.SHA256] = true
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range windows() {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := age.Decrypt(f, key)
		if err != nil {
			t.Fatal(err)
		}
		_, frames, err := edge.ReadSegment(plain)
		if err != nil {
			t.Fatal(err)
		}
		for frame, err := range frames {
			if err != nil {
				t.Fatal(err)
			}
			if evidence[fmt.Sprintf("%x", frame.SHA256)] {
				found++
			}
		}
		_ = f.Close()
		if statement, err := os.ReadFile(name + ".json"); err != nil || !strings.Contains(string(statement), `"why"`) {
			t.Errorf("the statement of a window: %s, %v", statement, err)
		}
	}
	if found == 0 {
		t.Errorf("none of the %d pictures that matched are in the windows", len(evidence))
	}
}

// What matches in a stream's last moment is told behind the end of its session, and the
// watcher that has nothing else to do still hears it.
func TestAMatchAtTheVeryEndIsPreserved(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r, media := realRiver(t, func(c *Config) {
		c.Rooms = []string{"lists", "detect"}
		c.EvidenceRecipients = filepath.Join(t.TempDir(), "recipients.txt")
		if err := os.WriteFile(c.EvidenceRecipients, []byte(key.Recipient().String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	hashes := strings.Fields(string(referenceHashes(t, filepath.Join(media, "vpdq", "pattern-hd-no-bar.txt"))))
	hashes = hashes[len(hashes)-10:]
	r.lists("planted", hashes...)
	eventually(t, 20*time.Second, "the list has its entries", func() (bool, string) { return r.entries("planted") > 0, r.all() })
	if err := Watch(t.Context(), r.c, WatchOptions{
		Spec: &fleet.Spec{Stream: "watched", Platform: "demo", Account: "shown@example.org", Input: filepath.Join(media, "video", "pattern-hd-no-bar.mp4"), FPS: 5},
		Send: sendHashes, Out: io.Discard, Err: io.Discard,
	}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ListEvidence(t.Context(), r.c, EvidenceOptions{Stream: "watched", Out: &out}); err != nil || !strings.Contains(out.String(), "window") {
		t.Errorf("%s%v", out.String(), err)
	}
}
