package hashdb

import "fmt"

// requireEncrypted returns an error unless it is known that dir is encrypted at rest.
func requireEncrypted(dir string) error {
	what, encrypted, known := AtRest(dir)
	switch {
	case !known:
		return fmt.Errorf("%s: whether it is encrypted at rest cannot be told (%s), and it is required: use dm-crypt (LUKS) or fscrypt, or do without the requirement where the system encrypts by other means", dir, what)
	case !encrypted:
		return fmt.Errorf("%s: it is on %s, and encryption at rest is required: move it to a LUKS volume or a folder encrypted by fscrypt", dir, what)
	}
	return nil
}
