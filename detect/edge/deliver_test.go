package edge

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWhatIsNotTakenStays(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 14)
	preserve(t, r, 0, 14, "signal")

	down := errors.New("the store is down")
	s := newStore()
	calls := 0
	done, err := rs.Deliver(t.Context(), func(ctx context.Context, name string, m Meta, body io.Reader) error {
		if calls++; calls == 2 {
			return down
		}
		return s.put(ctx, name, m, body)
	})
	if !errors.Is(err, down) || !strings.Contains(err.Error(), "1 of 3 files stay") || len(done) != 2 {
		t.Errorf("%d delivered, %v", len(done), err)
	}
	done, err = rs.Deliver(t.Context(), func(context.Context, string, Meta, io.Reader) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "before it had read the file to its end") || len(done) != 0 {
		t.Errorf("a put that reads nothing: %d delivered, %v", len(done), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if done, err := rs.Deliver(ctx, s.put); !errors.Is(err, context.Canceled) || len(done) != 0 {
		t.Errorf("cancelled: %d delivered, %v", len(done), err)
	}
	if done := deliver(t, rs, s); len(done) != 1 {
		t.Errorf("%d delivered", len(done))
	}
	if got := s.frames(t, id); !slices.Equal(got, upTo(0, 14)) {
		t.Errorf("frames %v", got)
	}
	if done := deliver(t, rs, s); len(done) != 0 || s.puts != 3 {
		t.Errorf("%d delivered again, %d puts", len(done), s.puts)
	}
}

func TestNamesAreDerived(t *testing.T) {
	rs := openTest(t, options(t, newIdentity(t).Recipient()))
	s := newStore()
	for _, stream := range []string{"one", "two"} {
		r := ringOf(t, rs, stream)
		add(t, r, 0, 9)
		preserve(t, r, 0, 9, "signal")
	}
	form := regexp.MustCompile(`^[0-9a-f]{32}-[0-9]{6}-[0-9a-f]{16}\.age$`)
	sessions := map[string]int{}
	for _, d := range deliver(t, rs, s) {
		if !form.MatchString(d.Name) {
			t.Errorf("name %s", d.Name)
		}
		sessions[d.Name[:32]]++
		again := objectName(d.Meta.Session, &segment{number: d.Meta.Number, sum: d.Meta.SHA256})
		if again != d.Name {
			t.Errorf("name %s, and again %s", d.Name, again)
		}
	}
	if len(sessions) != 2 {
		t.Errorf("sessions %v", sessions)
	}
}

// TestARottenFileIsNotDelivered: a file that is not what was written never counts as
// delivered, whatever put makes of it.
func TestARottenFileIsNotDelivered(t *testing.T) {
	o := options(t, newIdentity(t).Recipient())
	rs := openTest(t, o)
	r := ringOf(t, rs, "one")
	add(t, r, 0, 9)
	preserve(t, r, 0, 9, "signal")
	name := filepath.Join(o.Dir, r.file(0))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"a changed byte", append(slices.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1)},
		{"cut", whole[:len(whole)/2]},
		{"emptied", nil},
		{"longer", append(slices.Clone(whole), 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(name, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			careless := func(_ context.Context, _ string, _ Meta, body io.Reader) error {
				_, _ = io.Copy(io.Discard, body)
				return nil
			}
			done, err := rs.Deliver(t.Context(), careless)
			if err == nil || slices.ContainsFunc(done, func(d Delivered) bool { return d.Meta.Number == 0 }) {
				t.Errorf("delivered %d, %v", len(done), err)
			}
			_, err = rs.Deliver(t.Context(), newStore().put)
			if err == nil || !strings.Contains(err.Error(), "segment 0 on disk is not what was written") {
				t.Errorf("error %v", err)
			}
		})
	}
	if err := os.WriteFile(name, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if done := deliver(t, rs, newStore()); len(done) != 1 {
		t.Errorf("%d delivered once it was whole", len(done))
	}
}

// TestAllAtOnce is for the race detector: frames, signals, deliveries and ends of
// several streams at a time.
func TestAllAtOnce(t *testing.T) {
	id := newIdentity(t)
	o := options(t, id.Recipient())
	o.Keep = time.Hour // however late a signal comes here
	rs := openTest(t, o)
	s := newStore()
	stop, delivered := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(delivered)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := rs.Deliver(t.Context(), s.put); err != nil {
					t.Error(err)
					return
				}
				rs.Pending()
				rs.Counts()
			}
		}
	}()
	var streams sync.WaitGroup
	for _, stream := range []string{"one", "two", "three", "four"} {
		streams.Go(func() {
			r, err := rs.Ring("examplecast", stream, start)
			if err != nil {
				t.Error(err)
				return
			}
			var signals sync.WaitGroup
			for n := range 60 {
				if _, err := r.Add(sec(float64(n)), n, "frame-"+itoa(n), picture(n, small)); err != nil {
					t.Error(err)
				}
				if n%10 == 5 {
					signals.Go(func() {
						if err := r.Preserve(sec(float64(n)-2), sec(float64(n)+2), "signal-"+itoa(n)); err != nil {
							t.Error(err)
						}
					})
				}
			}
			signals.Wait()
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	streams.Wait()
	close(stop)
	<-delivered
	deliver(t, rs, s)
	got := s.frames(t, id)
	for n := 5; n < 60; n += 10 {
		for m := n; m <= n+2 && m < 60; m++ {
			if count := countOf(got, m); count != 4 {
				t.Errorf("frame %d came from %d streams", m, count)
			}
		}
	}
	if names, _ := files(t, o.Dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
