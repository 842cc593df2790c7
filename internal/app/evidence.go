package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"gocloud.dev/blob"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/detect/edge"
)

// EvidenceOptions say which statements to list, and against which key of the audit log.
type EvidenceOptions struct {
	Platform, Stream string // empty: all; what left of sessions is told without a stream
	LogKey           string // empty means this deployment's own
	JSON             bool
	Out              io.Writer
}

// outgoing is one thing that left the platform, as its statement says.
type outgoing struct {
	Name     string    `json:"name"` // of what left, in the evidence store
	What     string    `json:"what"` // frames, hashes or window
	Platform string    `json:"platform"`
	Stream   string    `json:"stream,omitempty"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Frames   int       `json:"frames"`
	Bytes    int64     `json:"bytes"`
	Why      []string  `json:"why"`
	Entry    *uint64   `json:"entry"` // of the audit log; null where the log does not hold the statement
}

// ListEvidence prints what left the platform and why, from the statements in the
// evidence store, each held against the audit log, which is checked first. That one is
// not in the log is ErrUnverified.
func ListEvidence(ctx context.Context, c Config, o EvidenceOptions) (err error) {
	key, err := c.verifier(o.LogKey)
	if err != nil {
		return err
	}
	stated := map[string]uint64{} // by digest
	if _, err := audit.Read(ctx, c.auditDir(), key, func(index uint64, e audit.Entry) {
		if e.Kind == verify.KindOutgoing {
			stated[e.Digest] = index
		}
	}); err != nil {
		return fmt.Errorf("the audit log does not verify: %w", err)
	}
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	var all []outgoing
	unstated := 0
	for files := bucket.List(nil); ; {
		file, err := files.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("evidence store: %w", err)
		}
		if !strings.HasSuffix(file.Key, ".json") {
			continue
		}
		out, data, err := readStatement(ctx, bucket, file.Key)
		if err != nil {
			return err
		}
		if o.Platform != "" && out.Platform != o.Platform || o.Stream != "" && out.Stream != o.Stream {
			continue
		}
		if index, ok := stated[digestOf(data)]; ok {
			out.Entry = &index
		} else {
			unstated++
		}
		all = append(all, out)
	}
	if err := printOutgoing(o, all); err != nil {
		return err
	}
	if unstated > 0 {
		return fmt.Errorf("%w: %d of %d statements are not in the audit log", ErrUnverified, unstated, len(all))
	}
	return nil
}

// maxStatement limits a statement, in bytes.
const maxStatement = 16 << 20

func readStatement(ctx context.Context, bucket *blob.Bucket, name string) (outgoing, []byte, error) {
	r, err := bucket.NewReader(ctx, name, nil)
	if err != nil {
		return outgoing{}, nil, fmt.Errorf("evidence store: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxStatement))
	if err = errors.Join(err, r.Close()); err != nil {
		return outgoing{}, nil, fmt.Errorf("evidence store: %s: %w", name, err)
	}
	of := strings.TrimSuffix(name, ".json")
	if strings.HasPrefix(name, "windows/") {
		var m edge.Meta
		if err := json.Unmarshal(data, &m); err != nil {
			return outgoing{}, nil, fmt.Errorf("evidence store: %s is no statement: %w", name, err)
		}
		out := outgoing{Name: of, What: "window", Platform: m.Platform, Stream: m.Stream, From: m.From, To: m.To, Frames: m.Frames, Bytes: m.Size}
		for _, w := range m.Windows {
			out.Why = append(out.Why, w.Why...)
		}
		return out, data, nil
	}
	var s outgoingSession
	if err := json.Unmarshal(data, &s); err != nil {
		return outgoing{}, nil, fmt.Errorf("evidence store: %s is no statement: %w", name, err)
	}
	return outgoing{Name: of, What: s.What, Platform: s.Platform, From: s.From, To: s.To, Frames: s.Frames, Bytes: s.Bytes, Why: []string{s.Why}}, data, nil
}

func printOutgoing(o EvidenceOptions, all []outgoing) error {
	if o.JSON {
		for _, out := range all {
			if err := json.NewEncoder(o.Out).Encode(out); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(o.Out, "nothing left")
		return err
	}
	w := tabwriter.NewWriter(o.Out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tWHAT\tPLATFORM\tSTREAM\tFROM\tFRAMES\tBYTES\tLOG ENTRY\tWHY")
	for _, out := range all {
		stream, entry, why := "-", "NONE", strings.Join(out.Why[:min(1, len(out.Why))], "")
		if out.Stream != "" {
			stream = out.Stream
		}
		if out.Entry != nil {
			entry = fmt.Sprint(*out.Entry)
		}
		if more := len(out.Why) - 1; more > 0 {
			why += fmt.Sprintf(" and %d more", more)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n",
			out.Name, out.What, out.Platform, stream, out.From.UTC().Format(time.RFC3339), out.Frames, out.Bytes, entry, why)
	}
	return w.Flush()
}
