package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/detect/flood"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// The types of the records on the topic matches, besides signals.
const (
	typeSignal       = "vigil.signal.v1"
	typeVerdict      = "vigil.match-verdict.v1"
	typeQuarantine   = "vigil.quarantine.v1"
	sourceFloodGuard = "vigil/detect-flood"
)

// floodLoop passes match signals on, or holds those of an entry that floods.
func floodLoop(k keeper, c Config) stream.Loop {
	gate := flood.New(flood.Options{Streams: c.Flood.Streams, Within: c.Flood.Within})
	return k.loop("detect-flood", topicMatches,
		func(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
			var result flood.Result
			switch m.Type {
			case typeSignal:
				in, err := signal.Decode(m.Data)
				if err != nil {
					return nil, err
				}
				if result, err = gate.Match(ctx, s, in); err != nil {
					return nil, err
				}
			case typeVerdict:
				v, err := flood.DecodeVerdict(m.Data)
				if err != nil {
					return nil, err
				}
				if result, err = gate.Verdict(ctx, s, v); err != nil {
					return nil, err
				}
			default:
				return nil, signal.Reject("type", "is neither %s nor %s", typeSignal, typeVerdict)
			}
			outs, err := signalOutputs(sourceFloodGuard, result.Signals)
			if err != nil || result.Quarantine == nil {
				return outs, err
			}
			told, err := quarantineOutput(*result.Quarantine)
			return append(outs, told), err
		})
}

// matchOutputs makes the records of match signals for the flood gate.
func matchOutputs(source string, signals []signal.Signal) ([]stream.Output, error) {
	outs, err := signalOutputs(source, signals)
	for i := range outs {
		outs[i].Topic, outs[i].Event.Key = topicMatches, flood.Key(signals[i])
	}
	return outs, err
}

func quarantineOutput(q flood.Quarantine) (stream.Output, error) {
	data, err := q.Encode()
	return stream.Output{Topic: topicQuarantines, Event: stream.Event{
		ID: signal.ID("quarantine-record", string(data)), Source: sourceFloodGuard, Type: typeQuarantine,
		Time: q.At, Key: q.Key(), ContentType: typeJSON, Data: data,
	}}, err
}

// QuarantineOptions say which entries to print.
type QuarantineOptions struct {
	All  bool // also those on which a person has decided
	JSON bool
	Out  io.Writer
}

// ListQuarantines prints the entries that are held back, the newest last.
func ListQuarantines(ctx context.Context, c Config, o QuarantineOptions) (err error) {
	client, err := dial(ctx, c, topicQuarantines)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	all, err := readQuarantines(ctx, client)
	if err != nil {
		return err
	}
	if !o.All {
		all = slices.DeleteFunc(all, func(q flood.Quarantine) bool { return q.State != flood.Quarantined })
	}
	if o.JSON {
		e := json.NewEncoder(o.Out)
		e.SetIndent("", "  ")
		return e.Encode(append([]flood.Quarantine{}, all...))
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(o.Out, "no entries are held back")
		return err
	}
	w := tabwriter.NewWriter(o.Out, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "LIST\tENTRY\tSTATE\tSINCE\tSTREAMS\tHELD\tDROPPED"); err != nil {
		return err
	}
	for _, q := range all {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\n", strings.Map(printable, q.List), strings.Map(printable, q.Entry),
			q.State, q.Since.Format(time.RFC3339), q.Streams, q.Held, q.Dropped); err != nil {
			return err
		}
	}
	return w.Flush()
}

// readQuarantines returns how each entry stands that ever was held back, by time.
func readQuarantines(ctx context.Context, client *stream.Client) ([]flood.Quarantine, error) {
	newest := map[string]flood.Quarantine{}
	err := client.ReadAll(ctx, topicQuarantines, func(m stream.Message) error {
		q, err := flood.DecodeQuarantine(m.Data)
		if err != nil {
			return fmt.Errorf("%s, offset %d: %w", topicQuarantines, m.Offset, err)
		}
		newest[m.Key] = q
		return nil
	})
	all := make([]flood.Quarantine, 0, len(newest))
	for _, q := range newest {
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b flood.Quarantine) int {
		if byTime := a.Since.Compare(b.Since); byTime != 0 {
			return byTime
		}
		return strings.Compare(a.Key(), b.Key())
	})
	return all, err
}

// VerdictOptions are a person's word on an entry that is held back.
type VerdictOptions struct {
	List, Entry string
	Wrong       bool // the entry is wrong: its matches are dropped
	By, Reason  string
	Exempt      time.Duration
	Out         io.Writer
}

// DecideQuarantine passes on what was held of an entry, or drops it, and puts that into
// the audit log.
func DecideQuarantine(ctx context.Context, c Config, o VerdictOptions) (err error) {
	client, err := dial(ctx, c, topicMatches, topicQuarantines)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	v := flood.Verdict{
		List: o.List, Entry: o.Entry, Release: !o.Wrong, By: o.By, Reason: o.Reason, At: time.Now().UTC().Truncate(time.Millisecond),
	}
	if v.Release {
		v.ExemptSeconds = int64(o.Exempt / time.Second)
	}
	data, err := v.Encode()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	known, err := readQuarantines(ctx, client)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(q flood.Quarantine) bool {
		return q.Key() == v.Key() && (q.State == flood.Quarantined || q.State == flood.Retracted && v.Release)
	}) {
		return fmt.Errorf("entry %.80s of list %.80s is not held back: see `vigil hashes quarantine`", o.Entry, o.List)
	}
	ledger, _, err := c.openAudit(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close(context.WithoutCancel(ctx))) }()
	id := signal.ID("match-verdict", string(data))
	if _, err := ledger.Append(ctx, audit.Entry{
		Kind: verify.KindVerdict, ID: id, Digest: digestOf(data), At: v.At, Refs: []string{signal.ID("entry", o.List, o.Entry)},
	}); err != nil {
		return err
	}
	if err := client.Produce(ctx, stream.Output{Topic: topicMatches, Event: stream.Event{
		ID: id, Source: "vigil/hashes", Type: typeVerdict, Time: v.At, Key: v.Key(), ContentType: typeJSON, Data: data,
	}}); err != nil {
		return err
	}
	what := "is passed on"
	if o.Wrong {
		what = "is dropped"
	}
	_, err = fmt.Fprintf(o.Out, "what was held of entry %s of list %s %s\n", o.Entry, o.List, what)
	return err
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
