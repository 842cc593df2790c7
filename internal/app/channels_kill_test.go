package app

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	hook "github.com/vigil-stream/vigil/report/webhook/standin"
	"github.com/vigil-stream/vigil/review"
)

// TestAKillInTheMiddleOfDeliveries kills the real process, again and again, while a centre has
// taken a request and has not answered: at each step of a report, and with a message or its
// correction on the way. The heir finishes what was begun, and nothing is told twice.
func TestAKillInTheMiddleOfDeliveries(t *testing.T) {
	bin := ownProgram(t)
	s := newChannelScene(t)
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	config := writeConfig(t, s.c, broker.Addr())
	vigil(t, bin, "topics", "create", "--config", config)
	log := filepath.Join(t.TempDir(), "run.log")
	run := func() *worker { return startWorker(t, bin, log, "run", "--config", config, "--rooms", "report") }

	var of []review.Case
	// killedAt kills a process where a centre has got a request and is about to take it.
	killedAt := func(at string) {
		t.Helper()
		reached, killed := make(chan struct{}), make(chan struct{})
		hangs := func(path string) bool {
			if !strings.HasSuffix(path, at) {
				return false
			}
			select {
			case <-killed: // another process: it is not in the way
				return false
			default:
			}
			close(reached)
			<-killed
			return true
		}
		s.tip.Fail(func(r *http.Request) standin.Fault { return standin.Fault{Vanish: hangs(r.URL.Path)} })
		s.hook.Fail(func(r *http.Request) hook.Fault { return hook.Fault{Vanish: hangs(r.URL.Path)} })
		w := run()
		select {
		case <-reached:
		case <-time.After(time.Minute):
			t.Fatalf("no request for %s: %s\n%s", at, vigil(t, bin, "report", "deliveries", "--config", config), tail(log))
		}
		if !w.kill() {
			t.Error("there was nothing to kill")
		}
		close(killed)
	}
	for i, at := range []string{"/finish", "/alerts", "/submit", "/upload", "/fileinfo"} {
		c := made(i, 1)
		s.know(t, c)
		s.confirm(t, c, false)
		of = append(of, c)
		killedAt(at)
	}
	heir := run()
	s.become(t, "all filed", everyOne("filed", len(of))...)
	heir.stop()
	for i, c := range of {
		s.answer(t, c, review.Reversed, "false-match")
		if i < 2 {
			killedAt([]string{"/finish", "/alerts"}[i])
		}
	}
	heir = run()
	s.become(t, "all corrected", everyOne("filed", 2*len(of))...)
	heir.stop()
	if printed := vigil(t, bin, "report", "deliveries", "--config", config, "--state", "filed"); strings.Count(printed, "  channel  ") != 2*5*len(of) {
		t.Errorf("printed are\n%s", printed)
	}
	s.tip.Fail(nil)
	s.hook.Fail(nil)
	s.once(t)
	finished, begun := 0, s.tip.Reports()
	for _, r := range begun {
		if r.Finished {
			finished++
		}
	}
	if finished != 2*len(of) || len(begun) == finished {
		t.Errorf("of %d reports that were begun %d are finished", len(begun), finished)
	}
}
