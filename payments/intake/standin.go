package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"regexp"
	"slices"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// ContentRefused is the content type of what stands for a refused record that has no
// message of its own: a row of CSV, or a card's message. It is of JSON.
const ContentRefused = "application/vnd.vigil.refused+json"

// A standIn says which record of which file was refused and why, and what it was.
type standIn struct {
	File     string    `json:"file"`
	Refusals []Refusal `json:"refusals"`
	// Record is the record as the file has it, where it may be shown: see payments.Item.
	Record []byte `json:"record,omitempty"`
}

// maxToldFaults limits the faults of one record that a stand-in tells.
const maxToldFaults = 64

// StandIn gives a refused item that has no Data a message that stands for it on the
// transactions topic, so that the dead letters hold what was refused in every format.
// Other items are returned as they are.
func StandIn(file string, item payments.Item) (payments.Item, error) {
	if item.Err == nil || item.Data != nil {
		return item, nil
	}
	all := Refusals(item)
	data, err := json.Marshal(standIn{File: file, Refusals: all[:min(len(all), maxToldFaults)], Record: item.Raw})
	if err != nil {
		return item, fmt.Errorf("record %d: %w", item.Number, err)
	}
	item.ContentType, item.Data = ContentRefused, data
	return item, nil
}

var codeForm = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// parseRefused refuses what stands for a refused record. What the Rejection says is no
// more than where it is and a code: the reasons are in the record, which the dead letter
// holds.
func parseRefused(data []byte) error {
	var s standIn
	if err := json.Unmarshal(data, &s); err != nil || len(s.Refusals) == 0 || len(s.Refusals) > maxToldFaults {
		return signal.Reject("json", "is not what stands for a refused record")
	}
	first := s.Refusals[0]
	if !codeForm.MatchString(first.Code) {
		first.Code = "an unknown reason"
	}
	more := ""
	if n := len(s.Refusals) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return signal.Reject("refused", "record %d of a file, at byte %d: %s%s", first.Record, first.Byte, first.Code, more)
}

// StoodFor returns which file a record was of that [StandIn] made a message for, and what
// was wrong with it; nothing where the message is none of those.
func StoodFor(data []byte) (file string, all []Refusal) {
	var s standIn
	if err := json.Unmarshal(data, &s); err != nil {
		return "", nil
	}
	return s.File, s.Refusals
}

// Faults reads a record of the transactions topic again, and says what is wrong with it,
// and of the last of its parts that is good the institution's reference.
func Faults(contentType string, data []byte) (all []Refusal, ref string) {
	kind, _, _ := mime.ParseMediaType(contentType)
	for _, f := range formats() {
		if !slices.Contains(f.types, kind) {
			continue
		}
		r, err := Open(bytes.NewReader(data), f.name)
		for err == nil {
			var item payments.Item
			if item, err = r.Next(); err != nil {
				break
			}
			if item.Err != nil {
				all = append(all, Refusals(item)...)
			} else if item.Transaction != nil {
				ref = item.Transaction.Ref
			}
		}
	}
	return all, ref
}
