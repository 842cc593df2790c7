package intake

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFFmpegDiesWithAProgramThatIsKilled runs itself as that program.
func TestFFmpegDiesWithAProgramThatIsKilled(t *testing.T) {
	if program := os.Getenv("VIGIL_TEST_FFMPEG"); program != "" {
		_, err := Watch(t.Context(), Options{Input: "rtmp://127.0.0.1:1/a", Listen: true, FFmpeg: program}, nil)
		t.Fatal("the watch ended: ", err)
	}
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "VIGIL_TEST_FFMPEG="+fake(t, "echo $$ > '"+pidFile+".new'; mv '"+pidFile+".new' '"+pidFile+"'; exec sleep 1000"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid []byte
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if pid, _ = os.ReadFile(pidFile); len(pid) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("ffmpeg was not started")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left := group(t, strings.TrimSpace(string(pid)))
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is still there: %s", left)
		}
	}
}
