//go:build unix && !linux

package intake

import "syscall"

// dieWithParent can do nothing here: ffmpeg ends when it next writes a picture.
func dieWithParent(*syscall.SysProcAttr) {}
