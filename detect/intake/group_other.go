//go:build !unix

package intake

import "os/exec"

// ownGroup leaves the process as it is: where there are no process groups, a
// cancelled context kills ffmpeg alone, and it starts no others.
func ownGroup(*exec.Cmd) {}
