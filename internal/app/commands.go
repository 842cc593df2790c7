package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/vigil-stream/vigil/audit"
)

// CreateTopics makes the topics that are missing, with their settings.
func CreateTopics(ctx context.Context, c Config, out io.Writer) (err error) {
	table, err := c.directory()
	if err != nil {
		return err
	}
	client, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	specs := c.topicSpecs(table)
	created, err := client.CreateTopics(ctx, specs)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d topics made, %d were there already\n", len(created), len(specs)-len(created))
	return err
}

// VerifyOptions say which audit log to check, against which key.
type VerifyOptions struct {
	Dir      string // empty means this deployment's own
	Key      string // likewise
	Previous string // file of an earlier checkpoint, or ""
	Out      io.Writer
}

// VerifyAudit checks an audit log offline.
func VerifyAudit(ctx context.Context, c Config, o VerifyOptions) error {
	var err error
	if o.Dir == "" {
		o.Dir = c.auditDir()
	}
	if o.Key, err = c.verifier(o.Key); err != nil {
		return err
	}
	var previous []byte
	if o.Previous != "" {
		if previous, err = os.ReadFile(o.Previous); err != nil {
			return fmt.Errorf("earlier checkpoint: %w", err)
		}
	}
	result, err := audit.Verify(ctx, o.Dir, o.Key, string(previous))
	if err != nil {
		return fmt.Errorf("the audit log does not verify: %w", err)
	}
	_, err = fmt.Fprintf(o.Out, "the audit log verifies: %d entries, root %s\n", result.Size, result.Root)
	return err
}

// Version prints what was built, from which commit.
func Version(out io.Writer) error {
	text, err := version()
	if err == nil {
		_, err = fmt.Fprintln(out, text)
	}
	return err
}

func version() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", errors.New("the binary carries no build information")
	}
	version, revision := info.Main.Version, ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("vigil %s%s %s", version, revision, info.GoVersion), nil
}
