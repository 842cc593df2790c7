package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
)

// A listPublisher puts changes of lists on the topic. add and flush are for one
// goroutine; definition and changes may be called by many.
type listPublisher struct {
	client *stream.Client
	mu     sync.Mutex
	batch  []stream.Output
	// sent tells how the batch before ended, which goes while the next is gathered;
	// nil where there is none.
	sent chan error
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
	return p.start(ctx)
}

// start sends what is gathered as soon as what went before is there.
func (p *listPublisher) start(ctx context.Context) error {
	if err := p.wait(); err != nil {
		return err
	}
	batch, sent := p.batch, make(chan error, 1)
	p.batch, p.sent = make([]stream.Output, 0, publishBatch), sent
	go func() { sent <- p.client.Produce(ctx, batch...) }()
	return nil
}

func (p *listPublisher) wait() error {
	if p.sent == nil {
		return nil
	}
	err := <-p.sent
	p.sent = nil
	if err != nil {
		p.batch = p.batch[:0] // The caller repeats it all.
		return fmt.Errorf("send to topic %s: %w", topicHashes, err)
	}
	return nil
}

// flush returns when the brokers have all that was added.
func (p *listPublisher) flush(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	return p.wait()
}

// close ends what is under way; what was not flushed may be lost.
func (p *listPublisher) close() error {
	return errors.Join(p.wait(), p.client.Close())
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
