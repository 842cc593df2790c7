package pdq

import "encoding/hex"

// Hash is a PDQ hash, its bytes in the order of the hexadecimal form.
type Hash [32]byte

// String returns the hash as 64 lower-case hexadecimal digits. A picture can be
// partly rebuilt from its hash, so logs and metrics must not hold it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
