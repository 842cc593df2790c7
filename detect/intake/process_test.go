package intake

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// recordPID returns a program that writes its process id down and becomes ffmpeg.
func recordPID(t *testing.T, pidFile string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("looks processes up as Linux has them")
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	return program(t, "#!/bin/sh\necho $$ > '"+pidFile+"'\nexec '"+ffmpeg+"' \"$@\"\n")
}

// processOf says what the process is that wrote its id down, a zombie too, or ""
// when it is gone.
func processOf(t *testing.T, pidFile string) string {
	t.Helper()
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	if err != nil {
		return ""
	}
	return string(status)
}
