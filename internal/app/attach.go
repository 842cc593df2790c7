package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
)

const typeJPEG = "image/jpeg"

// opened are the pictures of the decision whose alert was looked at last: its alerts to other
// centres mostly come next.
type opened struct {
	decision string
	pictures map[string][]byte
}

// pictures are those of an alert's case by their SHA-256, opened once where they were last. An
// alert waits for no picture: where they cannot be opened it goes by reference alone.
func (p *pump) pictures(ctx context.Context, a report.Alert, last *opened) (map[string][]byte, error) {
	if last.decision == a.Statement.Decision {
		return last.pictures, nil
	}
	decided, err := p.store.Decision(ctx, a.Statement.Decision)
	if err != nil {
		return nil, err
	}
	found, err := p.open(ctx, decided.Case)
	if err != nil {
		p.unopened.Inc()
		p.log.Error("frames cannot be attached, and the alerts of the decision go by reference alone", zap.String("alert", a.ID), zap.Error(err))
	}
	*last = opened{a.Statement.Decision, found}
	return found, nil
}

// attached are the frames that an alert's statement names, as far as they are at hand and
// fit, in the statement's order.
func attached(a report.Alert, pictures map[string][]byte) (all []seal.Attachment) {
	total := 0
	taken := map[string]bool{}
	for _, e := range a.Statement.Evidence {
		data := pictures[e.SHA256]
		if e.What != "frame" || len(data) == 0 || taken[e.SHA256] || total+len(data) > seal.MaxAttached || len(all) == seal.MaxAttachments {
			continue
		}
		// A picture that is not what it is said to be is nobody's evidence.
		if one := seal.Attach(typeJPEG, data); one.SHA256 == e.SHA256 {
			all, total = append(all, one), total+len(data)
			taken[e.SHA256] = true
		}
	}
	return all
}

func sumsOf(all []seal.Attachment) []string {
	sums := make([]string, len(all))
	for i, one := range all {
		sums[i] = one.SHA256
	}
	return sums
}

// writeAttached writes attachments into a folder, by their SHA-256, and shows none of them.
// What is there already stays, if it is the same.
func writeAttached(dir string, all []seal.Attachment) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--attachments: %w", err)
	}
	for _, one := range all {
		end := ".bin"
		if one.MediaType == typeJPEG {
			end = ".jpg"
		}
		name := filepath.Join(dir, one.SHA256+end)
		was, err := os.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = writeNew(name, func(w io.Writer) error { _, err := w.Write(one.Data); return err })
		case err == nil && !bytes.Equal(was, one.Data):
			err = fmt.Errorf("%s is there already, and is something else", name)
		}
		if err != nil {
			return fmt.Errorf("--attachments: %w", err)
		}
	}
	return nil
}
