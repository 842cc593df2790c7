package archive

import (
	"embed"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

// The content types of records on the topic prints that are no detect.Print.
const (
	SearchType  = "application/vnd.vigil.look-back+json"
	HarvestType = "application/vnd.vigil.harvest+json"
)

//go:embed schema/*.json
var schemas embed.FS

var (
	searchSchema  = signal.MustSchema(schemas, "schema/search.json")
	harvestSchema = signal.MustSchema(schemas, "schema/harvest.json")
)

// MaxSearch limits the hashes that one Search names: half a megabyte of JSON.
const MaxSearch = 10_000

// A Search asks every partition whether it keeps anything near what a list gained.
type Search struct {
	ID     string    // Of the change; 1 to 256 characters.
	Source string    // Of the list.
	At     time.Time // When the lists had it.
	// Hashes are the PDQ hashes that the source's list gained, 1 to MaxSearch.
	Hashes []hashdb.Hash
	// Whole stands in place of Hashes when these are too many to name: all that is kept
	// is looked up, for all that is on the source's list.
	Whole bool
}

type searchJSON struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	At     time.Time `json:"at"`
	Hashes []byte    `json:"hashes,omitempty"` // One after the other.
	Whole  bool      `json:"whole,omitempty"`
}

const pdqSize = 32

// Encode returns the search as JSON, the same bytes for the same search. Hashes of
// other kinds than PDQ and too many of them are errors.
func (q Search) Encode() ([]byte, error) {
	w := searchJSON{ID: q.ID, Source: q.Source, At: q.At.UTC(), Whole: q.Whole}
	for i, h := range q.Hashes {
		if h.Kind != hashdb.KindPDQ {
			return nil, fmt.Errorf("search %.80q: hash %d is of kind %v, want pdq", q.ID, i+1, h.Kind)
		}
		w.Hashes = append(w.Hashes, h.Bits[:]...)
	}
	data, err := signal.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("search %.80q: %w", q.ID, err)
	}
	if _, err := DecodeSearch(data); err != nil {
		return nil, err
	}
	return data, nil
}

// DecodeSearch reads what Encode wrote; anything else is a Rejection that names the
// field.
func DecodeSearch(data []byte) (Search, error) {
	var w searchJSON
	if err := searchSchema.Decode(data, &w); err != nil {
		return Search{}, fmt.Errorf("search: %w", err)
	}
	if w.Whole != (len(w.Hashes) == 0) {
		return Search{}, fmt.Errorf("search: %w", signal.Reject("schema", "/hashes: must be set exactly when whole is not"))
	}
	if len(w.Hashes)%pdqSize != 0 || len(w.Hashes) > MaxSearch*pdqSize {
		return Search{}, fmt.Errorf("search: %w", signal.Reject("schema", "/hashes: %d bytes are not 1 to %d hashes", len(w.Hashes), MaxSearch))
	}
	at, err := utc("/at", w.At)
	if err != nil {
		return Search{}, fmt.Errorf("search: %w", err)
	}
	q := Search{ID: w.ID, Source: w.Source, At: at, Whole: w.Whole}
	for b := w.Hashes; len(b) > 0; b = b[pdqSize:] {
		h := hashdb.Hash{Kind: hashdb.KindPDQ}
		copy(h.Bits[:], b)
		q.Hashes = append(q.Hashes, h)
	}
	return q, nil
}

// A Span is a time of a stream, its ends included.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// A Harvest asks for what is kept of a confirmed case's stream.
type Harvest struct {
	Case     string         `json:"case"` // 1 to 128 letters, digits, '.', '_' and '-'.
	Stream   string         `json:"stream"`
	Platform string         `json:"platform"`
	Subject  signal.Subject `json:"subject"`
	Spans    []Span         `json:"spans"`  // 1 to 1,000: when the stream showed it.
	At       time.Time      `json:"at"`     // Of the decision.
	Source   string         `json:"source"` // Of the list that gets the entries.
}

// Encode returns the harvest as JSON that fits its schema.
func (h Harvest) Encode() ([]byte, error) {
	h.At = h.At.UTC()
	data, err := signal.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("harvest of case %.80q: %w", h.Case, err)
	}
	if _, err := DecodeHarvest(data); err != nil {
		return nil, err
	}
	return data, nil
}

// DecodeHarvest reads what Encode wrote; anything else is a Rejection that names the
// field.
func DecodeHarvest(data []byte) (Harvest, error) {
	var h Harvest
	if err := harvestSchema.Decode(data, &h); err != nil {
		return Harvest{}, fmt.Errorf("harvest: %w", err)
	}
	var err error
	if h.At, err = utc("/at", h.At); err != nil {
		return Harvest{}, fmt.Errorf("harvest: %w", err)
	}
	for i := range h.Spans {
		sp := &h.Spans[i]
		if sp.From, err = utc(fmt.Sprintf("/spans/%d/from", i), sp.From); err != nil {
			return Harvest{}, fmt.Errorf("harvest: %w", err)
		}
		if sp.To, err = utc(fmt.Sprintf("/spans/%d/to", i), sp.To); err != nil {
			return Harvest{}, fmt.Errorf("harvest: %w", err)
		}
		if sp.To.Before(sp.From) {
			return Harvest{}, fmt.Errorf("harvest: %w", signal.Reject("schema", "/spans/%d/to: is before from", i))
		}
	}
	return h, nil
}

// utc returns a time from outside in UTC. A zone can carry the first or last hours of
// the calendar into a year that RFC 3339 cannot write.
func utc(field string, t time.Time) (time.Time, error) {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, signal.Reject("schema", "%s: outside the years 1 to 9999 in UTC", field)
	}
	return t, nil
}
