package intake

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFFmpegGivesWay: what it starts gives way as well, as its threads do.
func TestFFmpegGivesWay(t *testing.T) {
	t.Parallel()
	pids := filepath.Join(t.TempDir(), "pids")
	program := fake(t, "exec 3>&1 >&-; "+printed(smjpeg()+timed(40, small))+" >&3; sleep 1000 & echo $$ $! > '"+pids+".new'; mv '"+pids+".new' '"+pids+"'; "+
		printed(timed(80, small))+" >&3; wait")
	got := []int{}
	_, err := Watch(t.Context(), Options{Input: "rtmp://127.0.0.1:1/a", FFmpeg: program, FullDecode: true, Stall: 20 * time.Second}, func(s Sample) error {
		if s.Index == 0 {
			return nil
		}
		text, err := os.ReadFile(pids)
		if err != nil {
			return err
		}
		for _, pid := range strings.Fields(string(text)) {
			got = append(got, niceness(t, pid))
		}
		return os.ErrClosed // enough is seen
	})
	if len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	own := niceness(t, "self")
	for _, n := range got {
		if want := min(own+10, 19); n != want {
			t.Fatalf("niceness %d of ffmpeg and what it started, want %d for our %d", got, want, own)
		}
	}
}

// niceness is the 19th field of what proc(5) tells, the 17th behind the name.
func niceness(t *testing.T, pid string) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	n, err := strconv.Atoi(strings.Fields(string(rest))[16])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
