//go:build !linux

package hashdb

import "runtime"

// AtRest says what is known of how the folder is kept at rest. Except on Linux, nothing
// is: FileVault and BitLocker are the system's to tell.
func AtRest(dir string) (what string, encrypted, known bool) {
	return "not known on " + runtime.GOOS, false, false
}
