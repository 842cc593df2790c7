package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect/fleet"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// Which streams to watch is said in a file or on the topic streams.

const typeStream = "vigil.stream.v1"

// setStreams makes the fleet watch what the file says now, if that has changed.
func setStreams(streams *fleet.Fleet, name string, inShard func(platform, stream string) bool, last *[]byte) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if *last != nil && bytes.Equal(text, *last) {
		return nil
	}
	specs, err := parseStreams(name, text)
	if err != nil {
		return err
	}
	specs = slices.DeleteFunc(specs, func(s fleet.Spec) bool { return !inShard(s.Platform, s.Stream) })
	if err := streams.Set(specs); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*last = text
	return nil
}

// readStreams reads a file of specs.
func readStreams(name string) ([]fleet.Spec, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parseStreams(name, text)
}

func parseStreams(name string, text []byte) ([]fleet.Spec, error) {
	specs, err := fleet.ReadSpecs(text)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	return specs, nil
}

// streamsPoll is how often the file is read.
const streamsPoll = time.Second

// followStreamsFile takes up changes of the file until ctx ends. After a bad change
// the streams stay as they were.
func followStreamsFile(ctx context.Context, streams *fleet.Fleet, name string, inShard func(platform, stream string) bool, log *zap.Logger) error {
	tick := time.NewTicker(streamsPoll)
	defer tick.Stop()
	last, said := []byte(nil), ""
	for {
		err := setStreams(streams, name, inShard, &last)
		if err != nil && err.Error() != said {
			log.Error("the streams stay as they were", zap.Error(err))
			said = err.Error()
		} else if err == nil {
			said = ""
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// followStreamsTopic takes up what the topic says of streams until ctx ends.
func followStreamsTopic(ctx context.Context, client *stream.Client, streams *fleet.Fleet, inShard func(platform, stream string) bool, log *zap.Logger) error {
	known := map[string]fleet.Spec{}
	return client.Follow(ctx, topicStreams, func(m stream.Message) error {
		spec := known[m.Key]
		err := error(nil)
		if m.Data == nil {
			spec.State = fleet.Stop
		} else if spec, err = fleet.DecodeSpec(m.Data); err == nil {
			known[m.Key] = spec
		}
		switch {
		case err != nil:
		case spec.Stream == "" || !inShard(spec.Platform, spec.Stream):
			return nil
		case spec.State == fleet.Stop:
			streams.Remove(spec.Platform, spec.Stream)
			return nil
		default:
			err = streams.Put(spec)
		}
		if err != nil {
			log.Error("passed over a word on a stream", zap.Int64("offset", m.Offset), zap.Error(err))
		}
		return nil
	})
}

// StreamsOptions say which streams to start or stop through the topic.
type StreamsOptions struct {
	File             string // of specs to start
	Platform, Stream string // to stop
	Out              io.Writer
}

// SetStreams puts the specs of a file on the topic, accounts as subject tokens, or
// takes one stream off.
func SetStreams(ctx context.Context, c Config, o StreamsOptions) (err error) {
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return err
	}
	specs := []fleet.Spec{{Platform: o.Platform, Stream: o.Stream, State: fleet.Stop}}
	if o.File != "" {
		if specs, err = readStreams(o.File); err != nil {
			return err
		}
	}
	var outs []stream.Output
	for _, s := range specs {
		if s.Account != "" {
			s.Subject, s.Account = tok.Subject(s.Platform, s.Account), ""
		}
		if err := s.Check(); err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		outs = append(outs, stream.Output{Topic: topicStreams, Event: stream.Event{
			ID: signal.ID("stream-record", string(data), now.Format(time.RFC3339Nano)), Source: "vigil/streams", Type: typeStream,
			Time: now, Key: s.Platform + "/" + s.Stream, ContentType: typeJSON, Data: data,
		}})
	}
	client, err := dial(ctx, c, topicStreams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if err := client.Produce(ctx, outs...); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Out, "%d streams told\n", len(outs))
	return err
}

// A StreamSpec says which stream to watch, where and how.
type StreamSpec = fleet.Spec
