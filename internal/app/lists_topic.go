package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// The topic hashes carries every list to every process that detects: one record an
// entry, keyed by what names the entry, so that compaction keeps the newest word on
// each. It has one partition, and so one order for all.

// The types of its records. Their values have a JSON Schema in hashdb/schema.
const (
	typeListEntry = "vigil.hash-entry.v1"
	typeListRef   = "vigil.hash-ref-retracted.v1"
	typeList      = "vigil.hash-list.v1"
)

// entryRecord is the value of a typeListEntry.
type entryRecord struct {
	Source     string      `json:"source"`
	Kind       hashdb.Kind `json:"kind"`
	Hash       string      `json:"hash"`
	Ref        string      `json:"ref,omitempty"`
	Time       *time.Time  `json:"time,omitempty"`
	Parties    int         `json:"parties,omitempty"`
	Tags       []string    `json:"tags,omitempty"`
	Provenance string      `json:"provenance,omitempty"`
	Status     string      `json:"status"`
}

// refRecord is the value of a typeListRef.
type refRecord struct {
	Source string `json:"source"`
	Ref    string `json:"ref"`
}

func checkRef(ref string) error {
	if ref == "" || len(ref) > 200 {
		return fmt.Errorf("ref has %d bytes, want 1 to 200", len(ref))
	}
	return nil
}

func entryOutput(source string, e hashdb.Entry) (stream.Output, error) {
	r := entryRecord{
		Source: source, Kind: e.Hash.Kind, Hash: e.Hash.String(), Ref: e.Ref,
		Parties: e.Parties, Tags: e.Tags, Provenance: e.Provenance, Status: e.Status.String(),
	}
	if !e.Time.IsZero() {
		at := e.Time.UTC()
		r.Time = &at
	}
	return listOutput(typeListEntry, "entry/"+signal.ID("hash-entry", source, r.Kind.String(), r.Hash, r.Ref), r)
}

func refOutput(source, ref string) (stream.Output, error) {
	return listOutput(typeListRef, "ref/"+signal.ID("hash-ref", source, ref), refRecord{source, ref})
}

func definitionOutput(l hashdb.List) (stream.Output, error) {
	return listOutput(typeList, "list/"+l.ID().String(), l)
}

// listOutput's id is that of key and content, so a repeat is the same record.
func listOutput(kind, key string, value any) (stream.Output, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return stream.Output{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	return stream.Output{Topic: topicHashes, Event: stream.Event{
		ID: signal.ID("hash-record", key, string(data)), Source: "vigil/hashes", Type: kind,
		Key: key, ContentType: typeJSON, Data: data,
	}}, nil
}

func decodeEntry(data []byte) (source string, e hashdb.Entry, err error) {
	var r entryRecord
	if err := strictJSON(data, &r); err != nil {
		return "", e, err
	}
	hash, err := hashdb.ParseHash(r.Kind, r.Hash)
	if err != nil {
		return "", e, fmt.Errorf("hash: %w", err)
	}
	status, err := hashdb.ParseStatus(r.Status)
	if err != nil {
		return "", e, fmt.Errorf("status: %w", err)
	}
	e = hashdb.Entry{Hash: hash, Ref: r.Ref, Parties: r.Parties, Tags: r.Tags, Provenance: r.Provenance, Status: status}
	if r.Time != nil {
		e.Time = r.Time.UTC()
	}
	return r.Source, e, errors.Join(hashdb.CheckSource(r.Source), e.Check())
}

func strictJSON(data []byte, v any) error {
	if len(data) > signal.MaxJSON {
		return fmt.Errorf("%d bytes, and the limit is %d", len(data), signal.MaxJSON)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}
