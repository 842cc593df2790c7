package hashdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// AtRest says what is known of how the folder is kept at rest: by dm-crypt below its
// file system, by fscrypt, or in memory only, which counts as encrypted. It is not known
// for file systems over the network and those that span devices of their own. An
// encrypted volume says nothing of swap space.
func AtRest(dir string) (what string, encrypted, known bool) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return err.Error(), false, false
	}
	switch uint32(fs.Type) { // Its type differs between architectures.
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		return "in memory", true, true
	}
	if hasPolicy(dir) {
		return "fscrypt", true, true
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return err.Error(), false, false
	}
	device := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
	return atRestOn(device)
}

// maxLayers bounds how deep block devices are followed.
const maxLayers = 8

// atRestOn says it of a block device by its folder in /sys: it is encrypted when it is,
// or all that it lies on are.
func atRestOn(device string) (what string, encrypted, known bool) {
	if _, err := os.Stat(device); err != nil {
		return "no block device of its own", false, false
	}
	if crypted(device, maxLayers) {
		return "dm-crypt", true, true
	}
	return "a device without encryption", false, true
}

func crypted(device string, layers int) bool {
	uuid, err := os.ReadFile(filepath.Join(device, "dm", "uuid"))
	if err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
		return true
	}
	// A partition has no layers of its own; its disk has.
	if _, err := os.Stat(filepath.Join(device, "partition")); err == nil {
		if real, err := filepath.EvalSymlinks(device); err == nil {
			device = filepath.Dir(real)
		}
		if uuid, err := os.ReadFile(filepath.Join(device, "dm", "uuid")); err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
			return true
		}
	}
	below, err := os.ReadDir(filepath.Join(device, "slaves"))
	if err != nil || len(below) == 0 || layers == 0 {
		return false
	}
	for _, b := range below {
		if !crypted(filepath.Join(device, "slaves", b.Name()), layers-1) {
			return false
		}
	}
	return true
}

// policy is struct fscrypt_get_policy_ex_arg of linux/fscrypt.h.
type policy struct {
	size   uint64
	policy [24]byte
}

// getPolicy is FS_IOC_GET_ENCRYPTION_POLICY_EX, _IOWR('f', 22, __u8[9]).
const getPolicy = 0xc0096616

func hasPolicy(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // Only read.
	p := policy{size: 24}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), getPolicy, uintptr(unsafe.Pointer(&p)))
	return errno == 0 || errors.Is(errno, unix.EOVERFLOW)
}
