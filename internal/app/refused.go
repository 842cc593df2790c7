package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/origin"
)

// RefusedOptions say how to tell of what was refused.
type RefusedOptions struct {
	// Errors is a file for all of it, as of a feed; without it the first is shown.
	Errors    string
	Out, Errs io.Writer
}

// Refused tells of the payments that were refused, by all that the dead letters hold of
// them: also what no reader of a file can see, such as a reference that was given to
// another payment before, perhaps in another file.
func Refused(ctx context.Context, c Config, o RefusedOptions) error {
	return reporting(ctx, c, topicDeadLetter, o.Errors, o.Errs, func(client *stream.Client, report *feedReport) error {
		seen := make(map[string]bool)
		err := client.ReadAll(ctx, topicDeadLetter, func(m stream.Message) error {
			loops := []string{"payments-split", "payments-origin", "payments-profile"}
			if seen[m.ID] || !slices.Contains(loops, m.Headers["vigil-loop"]) {
				return nil
			}
			seen[m.ID] = true
			return report.tell(refusalsOf(m))
		})
		if err == nil {
			_, err = fmt.Fprintf(o.Out, "%d records of payments were refused\n", report.total)
		}
		return err
	})
}

// refusalsOf says what is wrong with the record of a dead letter, at least one thing.
func refusalsOf(m stream.Message) []refusal {
	file := fmt.Sprintf("%s/%s/%s", m.Headers["vigil-topic"], m.Headers["vigil-partition"], m.Headers["vigil-offset"])
	kind := m.Headers["original-content-type"]
	var all []intake.Refusal
	ref := ""
	switch m.Headers["vigil-loop"] {
	case "payments-origin":
		_, ref = origin.Source(m.Data)
	case "payments-profile":
		if t, err := payments.DecodeTransfer(m.Data); err == nil {
			ref = t.Ref
		}
	default:
		if kind == intake.ContentRefused {
			file, all = intake.StoodFor(m.Data)
		} else {
			all, ref = intake.Faults(kind, m.Data)
			if name, record, begins := foundAt(m); name != "" {
				file = name
				for i := range all {
					all[i].Record, all[i].Byte = record, begins
				}
			}
		}
	}
	if len(all) == 0 {
		all = []intake.Refusal{{Record: 1, Reference: ref, Code: m.Headers["vigil-reason"], Reason: strings.TrimPrefix(m.Headers["vigil-error"], m.Headers["vigil-reason"]+": ")}}
	}
	var told []refusal
	for _, one := range all {
		told = append(told, refusal{file, one})
	}
	return told
}

// The attributes that say in which file a feed found a record that it saw to be bad, as
// which one, and at which byte: in the record's own message it is the only one.
const extFile, extRecord, extByte = "file", "record", "byte"

func atOf(file string, item payments.Item) map[string]string {
	return map[string]string{extFile: file, extRecord: strconv.Itoa(item.Number), extByte: strconv.FormatInt(item.Offset, 10)}
}

// foundAt reads what atOf made from a dead letter; no file where there is none.
func foundAt(m stream.Message) (file string, record int, begins int64) {
	at := func(name string) string { return m.Headers["original-ce_"+name] }
	record, err := strconv.Atoi(at(extRecord))
	begins, err2 := strconv.ParseInt(at(extByte), 10, 64)
	if err != nil || err2 != nil {
		return "", 0, 0
	}
	return at(extFile), record, begins
}
