package app

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/internal/stream"
)

// realKafka returns the address of a real Kafka. Without one the test is
// skipped, save where CI promised one.
func realKafka(t *testing.T) string {
	t.Helper()
	addr := os.Getenv("VIGIL_KAFKA")
	if addr == "" {
		if os.Getenv("VIGIL_REAL") == "1" && os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_KAFKA is not set, and CI promises a real Kafka")
		}
		t.Skip("VIGIL_KAFKA is not set: no real Kafka")
	}
	return addr
}

// testMedia returns the folder of the reference media, likewise.
func testMedia(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("VIGIL_TESTDATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA is not set, and CI promises the reference media")
		}
		t.Skip("VIGIL_TESTDATA is not set: no reference media")
	}
	return filepath.Join(dir, "media")
}

// buildVigil builds the command that a user types.
func buildVigil(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "vigil")
	cmd := exec.Command("go", "build", "-o", bin, "../../cmd/vigil")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// ownProgram is buildVigil for a test that brings all that it needs, and that mostly waits, so
// that others run beside it: make test runs it, and where the race detector or real parts are
// what is tested it has nothing more to show.
func ownProgram(t *testing.T) string {
	t.Helper()
	if raced || os.Getenv("VIGIL_REAL") == "1" {
		t.Skip("the command is a process of its own, with no real parts and no race detector: make test runs this")
	}
	t.Parallel()
	return buildVigil(t)
}

// A worker is one `vigil run` as a process of its own.
type worker struct {
	t    *testing.T
	args []string
	cmd  *exec.Cmd
	log  *os.File
}

func startWorker(t *testing.T, bin, logFile string, args ...string) *worker {
	t.Helper()
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{t: t, args: append([]string{bin}, args...), log: log}
	w.start()
	t.Cleanup(func() {
		w.kill()
		_ = w.log.Close()
	})
	return w
}

func (w *worker) start() {
	w.t.Helper()
	w.cmd = exec.Command(w.args[0], w.args[1:]...)
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// kill ends the process with SIGKILL and reports whether it was alive.
func (w *worker) kill() bool {
	err := w.cmd.Process.Kill()
	_ = w.cmd.Wait() // says that it was killed
	return err == nil
}

// stop ends the process as Ctrl-C does, and expects it to end well, or by the
// signal where that came before the process could listen for it.
func (w *worker) stop() {
	w.t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGINT); err != nil {
		w.t.Fatalf("%v: %v\n%s", w.args, err, tail(w.log.Name()))
	}
	err := w.cmd.Wait()
	if status, ok := w.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGINT {
		return
	}
	if err != nil {
		w.t.Fatalf("%v: %v\n%s", w.args, err, tail(w.log.Name()))
	}
}

// vigil runs the command to its end and returns what it printed.
func vigil(t *testing.T, bin string, args ...string) string {
	t.Helper()
	out, err := exec.Command(bin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("vigil %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func tail(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4000):])
}

// writeConfig writes a configuration of a deployment on real Kafka, or, where the broker is
// "", on the one that its `vigil run` embeds.
func writeConfig(t *testing.T, c Config, broker string) string {
	t.Helper()
	file := c.State + ".yaml"
	if broker != "" {
		c.Brokers, c.CentreKeys = []string{broker}, playedCentres(t, c)
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func connect(t *testing.T, broker, prefix string) *stream.Client {
	t.Helper()
	client, err := stream.Connect(t.Context(), stream.Config{Brokers: []string{broker}, Prefix: prefix, Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// eventually polls a real system until done, or fails after the limit.
func eventually(t *testing.T, limit time.Duration, what string, done func() (bool, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, state := done()
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %s", what, limit, state)
		case <-tick.C:
		}
	}
}
