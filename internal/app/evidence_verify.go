package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review/bundle"
)

// VerifyEvidence checks a bundle by itself and prints what was checked. What does not fit is
// a *bundle.Misfit. Without a key, the one in the bundle is believed, and that is said.
func VerifyEvidence(name, key string, out io.Writer) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", name)
	}
	r, err := bundle.Verify(file, info.Size(), bundle.Options{Key: key})
	var misfit *bundle.Misfit
	if errors.As(err, &misfit) {
		return fmt.Errorf("%s does not verify: %w", name, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	trust := "the key that was given"
	if !r.Pinned {
		trust = "the key INSIDE the bundle: whose it is has to be checked another way (--key)"
	}
	_, err = io.WriteString(out, strings.Map(printable, fmt.Sprintf(`the bundle fits together
case       %s
exported   %s by %s with %s
signed by  %s, %s
files      %d, each with the SHA-256 in the signed manifest, and no other
decisions  %d, each bound to a record that is here and in the audit log
stands     %s, %s, since %s
audit log  %d entries, each proved under a signed checkpoint; the newest covers %d
windows    %d, each stated in the audit log
originals  %d in the clear, each named by a signal of the case
`, r.Case, r.At.Format(time.RFC3339), r.By, r.Tool, r.KeyID, trust, r.Files, r.Decisions, r.Verdict, r.Reason, r.Decided.Format(time.RFC3339), r.Entries, r.LogSize, r.Windows, r.Originals)))
	return err
}
