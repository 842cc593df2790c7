package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// letOut sends what was said, in its order, until ctx ends. What was sent and not noted is
// sent again as the same record, of the same id.
func (s *inboxServer) letOut(ctx context.Context, client *stream.Client) error {
	send := func(l inbox.Leaving) error { return putOutcome(s.Outcomes, l) }
	where := "the folder " + s.Outcomes
	if s.Outcomes == "" {
		where = "the topic " + s.Prefix + topicReceipts
		send = func(l inbox.Leaving) error { return client.Produce(ctx, outcomeOf(s.Desk.Centre, l)) }
	}
	s.tell("out", "Outcomes go to "+where+".", nil)
	return every(ctx, pollEvery, s.said, func() error {
		if err := letOutOnce(ctx, s.store, send); err != nil && ctx.Err() == nil {
			s.tell("out", "Outcomes do not leave for "+where+", and are tried again", err)
		} else {
			s.tell("out", "Outcomes go to "+where+".", nil)
		}
		return nil
	})
}

func letOutOnce(ctx context.Context, store *inbox.Store, send func(inbox.Leaving) error) error {
	for {
		waiting, err := store.Unsent(ctx, 100)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, l := range waiting {
			if err := send(l); err != nil {
				return err
			}
			if err := store.Sent(ctx, l.ID); err != nil {
				return err
			}
		}
	}
}

// outcomeOf is the record of an outcome.
func outcomeOf(centre string, l inbox.Leaving) stream.Output {
	return stream.Output{Topic: topicReceipts, Event: stream.Event{
		ID: l.ID, Source: "vigil/inbox", Type: report.TypeOutcome, Time: l.At, Key: l.Alert, ContentType: typeJSON, Data: l.Value,
		Ext: map[string]string{"centre": centre},
	}}
}

// putOutcome puts an outcome into a folder as a file of its own, whole or not at all. One
// that is there was put before.
func putOutcome(dir string, l inbox.Leaving) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, l.ID+".outcome.json")
	if _, err := os.Lstat(name); err == nil {
		return nil
	}
	f, err := os.CreateTemp(dir, ".outcome-")
	if err != nil {
		return err
	}
	_, err = f.Write(append(l.Value[:len(l.Value):len(l.Value)], '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), name) // replaces nothing
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return errors.Join(err, os.Remove(f.Name()))
}
