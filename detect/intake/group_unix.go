//go:build unix

package intake

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup gives the process a group of its own and makes a cancelled context
// kill all of it. A group of its own also keeps a Ctrl-C at the terminal from
// reaching ffmpeg before this program has decided what it means.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
