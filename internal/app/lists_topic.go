package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
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

// A listPublisher puts changes of lists on the topic. add and flush are for one
// goroutine; definition and changes may be called by many.
type listPublisher struct {
	client *stream.Client
	mu     sync.Mutex
	batch  []stream.Output
}

// publishBatch is how many records are sent at a time.
const publishBatch = 2000

func (p *listPublisher) add(ctx context.Context, o stream.Output, err error) error {
	if err != nil {
		return err
	}
	if p.batch = append(p.batch, o); len(p.batch) < publishBatch {
		return nil
	}
	return p.flush(ctx)
}

func (p *listPublisher) flush(ctx context.Context) error {
	err := p.client.Produce(ctx, p.batch...)
	p.batch = p.batch[:0]
	if err != nil {
		return fmt.Errorf("send to topic %s: %w", topicHashes, err)
	}
	return nil
}

// definition sends what a list is.
func (p *listPublisher) definition(ctx context.Context, l hashdb.List) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o, err := definitionOutput(l)
	if err := p.add(ctx, o, err); err != nil {
		return err
	}
	return p.flush(ctx)
}

// changes sends all of a batch and returns when the brokers have it.
func (p *listPublisher) changes(ctx context.Context, b hashdb.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ref := range b.RetractRefs {
		o, err := refOutput(b.Source, ref)
		if err := p.add(ctx, o, err); err != nil {
			return err
		}
	}
	for _, e := range b.Entries {
		o, err := entryOutput(b.Source, e)
		if err := p.add(ctx, o, err); err != nil {
			return err
		}
	}
	return p.flush(ctx)
}

// A sharedStore is the lists, whose changes other processes get too. What the topic
// has and the store has not is asked for again, since the checkpoint moves with
// the store: so the topic comes first.
type sharedStore struct {
	*hashdb.DB
	publisher *listPublisher
}

func (s sharedStore) Apply(ctx context.Context, b hashdb.Batch) (hashdb.Applied, error) {
	if err := s.publisher.changes(ctx, b); err != nil {
		return hashdb.Applied{}, err
	}
	return s.DB.Apply(ctx, b)
}

func (s sharedStore) SetList(ctx context.Context, l hashdb.List) error {
	if err := s.publisher.definition(ctx, l); err != nil {
		return err
	}
	return s.DB.SetList(ctx, l)
}

const (
	// followBatch and followWait bound what is gathered before it is applied: large
	// enough for a long list to go fast, and soon enough for one retraction.
	followBatch = 20_000
	followWait  = 200 * time.Millisecond
	followRetry = 5 * time.Second
)

// followLists takes up what other processes put on the topic, until ctx ends.
func followLists(ctx context.Context, client *stream.Client, store exchange.Store, log *zap.Logger) error {
	for {
		f := &listFollower{store: store, log: log}
		if err := f.run(ctx, client); ctx.Err() == nil {
			// What could not be stored is read again; the lists stay as they are meanwhile.
			log.Error("hash lists do not follow the topic", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followRetry):
		}
	}
}

// A listFollower gathers the records of one source and applies them together.
type listFollower struct {
	store exchange.Store
	log   *zap.Logger

	mu    sync.Mutex
	batch hashdb.Batch
	next  hashdb.Checkpoint // after the last record seen
	moved bool              // since the checkpoint was stored
}

func checkpointName(partition int) string { return "topic/hashes/" + strconv.Itoa(partition) }

func (f *listFollower) run(ctx context.Context, client *stream.Client) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(followWait)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				f.mu.Lock()
				err := f.flush(ctx)
				f.mu.Unlock()
				if err != nil {
					stop(err)
				}
			}
		}
	})
	err := client.FollowFrom(ctx, topicHashes, func(partition int) int64 {
		offset, err := strconv.ParseInt(string(f.store.Checkpoint(checkpointName(partition))), 10, 64)
		if err != nil {
			return 0
		}
		return offset
	}, func(m stream.Message) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.take(ctx, m)
	})
	stop(nil)
	ticking.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// take adds a record to what is gathered. One that is bad is named and passed over:
// it would be bad for ever, and those behind it may retract.
func (f *listFollower) take(ctx context.Context, m stream.Message) error {
	if err := f.gather(ctx, m); err != nil {
		var bad badListRecord
		if !errors.As(err, &bad) {
			return err
		}
		f.log.Error("passed over a record of hash lists", zap.Int64("offset", m.Offset), zap.Int("partition", m.Partition), zap.Error(err))
	}
	f.next = hashdb.Checkpoint{Name: checkpointName(m.Partition), Value: strconv.AppendInt(nil, m.Offset+1, 10)}
	f.moved = true
	return nil
}

// A badListRecord is a record that cannot be read.
type badListRecord struct{ error }

func (f *listFollower) gather(ctx context.Context, m stream.Message) error {
	switch {
	case m.Data == nil: // a tombstone: only the broker's business
		return nil
	case m.Type == typeListEntry:
		source, e, err := decodeEntry(m.Data)
		if err != nil {
			return badListRecord{err}
		}
		if err := f.turnTo(ctx, source, len(f.batch.RetractRefs) > 0); err != nil {
			return err
		}
		f.batch.Entries = append(f.batch.Entries, e)
	case m.Type == typeListRef:
		var r refRecord
		if err := errors.Join(strictJSON(m.Data, &r), hashdb.CheckSource(r.Source), checkRef(r.Ref)); err != nil {
			return badListRecord{err}
		}
		if err := f.turnTo(ctx, r.Source, len(f.batch.Entries) > 0); err != nil {
			return err
		}
		f.batch.RetractRefs = append(f.batch.RetractRefs, r.Ref)
	case m.Type == typeList:
		var l hashdb.List
		if err := strictJSON(m.Data, &l); err != nil {
			return badListRecord{err}
		}
		if err := l.Check(); err != nil {
			return badListRecord{err}
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
		return f.store.SetList(ctx, l)
	default:
		return badListRecord{fmt.Errorf("type %.60q is none of %s, %s, %s", m.Type, typeListEntry, typeListRef, typeList)}
	}
	return nil
}

// turnTo applies what is gathered if it is of another source, of the other sort, or
// enough.
func (f *listFollower) turnTo(ctx context.Context, source string, otherSort bool) error {
	if source != f.batch.Source || otherSort || len(f.batch.Entries)+len(f.batch.RetractRefs) >= followBatch {
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
	f.batch.Source = source
	return nil
}

// flush applies what is gathered and moves the checkpoint with it.
func (f *listFollower) flush(ctx context.Context) error {
	if !f.moved {
		return nil
	}
	if len(f.batch.Entries)+len(f.batch.RetractRefs) == 0 {
		// Nothing to apply, as behind a list's definition: the next batch takes it along.
		return nil
	}
	f.batch.Checkpoint = f.next
	if _, err := f.store.Apply(ctx, f.batch); err != nil {
		return fmt.Errorf("apply %d changes of list %s: %w", len(f.batch.Entries)+len(f.batch.RetractRefs), f.batch.Source, err)
	}
	f.batch, f.moved = hashdb.Batch{}, false
	return nil
}
