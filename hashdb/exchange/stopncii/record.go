package stopncii

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// page is an answer of FetchHashes.
type page struct {
	// Next asks for the next page; it is not good for long.
	Next string `json:"nextPageToken"`
	// Checkpoint is where to begin next time, in StopNCII's time.
	Checkpoint int64             `json:"nextSetTimestamp"`
	More       bool              `json:"hasMoreRecords"`
	Records    []json.RawMessage `json:"hashRecords"`
}

// record is what StopNCII says of one hash; what it said before is void.
type record struct {
	Modified  int64  `json:"lastModtimestamp"` // Seconds since 1970.
	Signal    string `json:"signalType"`
	Hash      string `json:"hashValue"`
	Status    string `json:"hashStatus"`
	Feedbacks []struct {
		Source string   `json:"source"`
		Value  string   `json:"feedbackValue"`
		Tags   []string `json:"tags"`
	} `json:"CSPFeedbacks"`
}

// kinds are the signals that can be matched. VideoTMK, Text, URL and whatever comes
// are passed over.
var kinds = map[string]hashdb.Kind{
	"ImagePDQ": hashdb.KindPDQ,
	"VideoMD5": hashdb.KindMD5,
}

func decodePage(body []byte) (page, error) {
	var p page
	d := json.NewDecoder(strings.NewReader(string(body)))
	if err := d.Decode(&p); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = hashdb.ErrTruncated
		} else {
			err = errors.New("it is not the JSON of FetchHashes")
		}
		return page{}, fmt.Errorf("the answer: %w", err)
	}
	if p.Records == nil {
		return page{}, errors.New("the answer has no hashRecords")
	}
	if p.More && p.Next == "" {
		return page{}, errors.New("the answer says that there is more and not where")
	}
	if p.Checkpoint < 0 {
		return page{}, errors.New("the answer's nextSetTimestamp is negative")
	}
	return p, nil
}

// decodeRecord returns the entry that a record stands for, and false when it is of a
// signal that cannot be matched. Errors do not repeat the hash.
func decodeRecord(text []byte) (hashdb.Entry, bool, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return hashdb.Entry{}, false, errors.New("it is not a hash record")
	}
	kind, ok := kinds[r.Signal]
	if !ok {
		return hashdb.Entry{}, false, nil
	}
	h, err := hashdb.ParseHash(kind, r.Hash)
	if err != nil {
		return hashdb.Entry{}, false, err
	}
	e := hashdb.Entry{Hash: h, Provenance: "stopncii"}
	if r.Modified > 0 && r.Modified < 1<<32 {
		e.Time = time.Unix(r.Modified, 0).UTC()
	}
	switch r.Status {
	case "Active", "Received":
		e.Status = hashdb.Listed
	case "Withdrawn", "Deleted":
		e.Status = hashdb.Retracted
	default: // Unknown, and what is yet to come: kept in sight and not acted on.
		e.Status = hashdb.Disputed
	}
	blocked := map[string]bool{}
	for _, f := range r.Feedbacks {
		if f.Value == "Blocked" {
			blocked[f.Source] = true
		}
		for _, t := range f.Tags {
			if len(t) >= 1 && len(t) <= 64 && len(e.Tags) < 16 && !slices.Contains(e.Tags, t) {
				e.Tags = append(e.Tags, t)
			}
		}
	}
	slices.Sort(e.Tags)
	e.Parties = min(len(blocked), 255)
	return e, true, e.Check()
}
