package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit/verify"
)

// TestTheCommandsOfTheReadmeCheckABundle runs what README.txt tells a person to type.
func TestTheCommandsOfTheReadmeCheckABundle(t *testing.T) {
	for _, tool := range []string{"sh", "jq", "base64", "openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	s := sceneOf(t)
	lines := []string{"set -e"}
	for line := range strings.Lines(s.readme()) {
		if command, ok := strings.CutPrefix(line, "    "); ok && !strings.HasPrefix(command, "vigil ") {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	if len(lines) != 7 {
		t.Fatalf("README.txt has other commands: %q", lines)
	}
	run := func(change func(dir string)) (string, error) {
		dir := t.TempDir()
		for _, f := range unpack(t, s.write(t)) {
			name := filepath.Join(dir, filepath.FromSlash(f.name))
			if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(f.data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		change(dir)
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(lines, "\n"))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run(func(string) {})
	if err != nil || !strings.Contains(out, "Signature Verified Successfully") || strings.Count(out, ": OK\n") != 18 || !strings.Contains(out, commitment(salt, digest(s.Record))) {
		t.Errorf("%s%v", out, err)
	}
	_, other, err := verify.PublicKey(keeperOf(t, 2).verifier)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pemOf(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{nameCase: append(s.Record, ' '), namePEM: key} {
		out, err := run(func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		})
		if err == nil {
			t.Errorf("%s was changed, and nothing says so: %s", name, out)
		}
	}
}
