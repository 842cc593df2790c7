package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

// WatchOptions say what to watch and as whose stream.
type WatchOptions struct {
	Input    string // file, HLS playlist or RTMP address
	Stream   string
	Platform string
	Account  string // tokenised here, never sent
	Country  string // where the streamer probably is, ISO 3166-1 alpha-2, or ""
	FPS      float64
	Private  bool
	Loop     bool   // a file plays again and again, at its natural speed
	Listen   string // host:port of metrics and health, or "none"
	Out      io.Writer
	Err      io.Writer
}

// Watch samples a live stream into frames and tells its start and end in
// sessions. It ends with the stream, or when ctx does.
func Watch(ctx context.Context, c Config, o WatchOptions) (err error) {
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return err
	}
	log, err := newLogger(c.Log, c.LogLevel)
	if err != nil {
		return err
	}
	reg := newRegistry()
	client, err := dialWith(ctx, c, reg, log, topicFrames, topicSessions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	start := time.Now().UTC().Truncate(time.Millisecond)
	session := detect.SessionRecord{
		Stream: o.Stream, Platform: o.Platform, Subject: tok.Subject(o.Platform, o.Account),
		State: detect.Started, Private: o.Private, Country: o.Country, StartedAt: start, At: start,
	}
	ops, stop := context.WithCancel(ctx)
	var g errgroup.Group
	g.Go(func() error { return serveOps(ops, o.Listen, reg, client.Ready, log) })
	g.Go(func() error {
		defer stop()
		return watchSession(ctx, client, session, o, reg)
	})
	return g.Wait()
}

func watchSession(ctx context.Context, client *stream.Client, session detect.SessionRecord, o WatchOptions, reg prometheus.Registerer) error {
	frames := prometheus.NewCounter(prometheus.CounterOpts{Name: "vigil_watch_frames_total", Help: "Frames sampled and sent."})
	reg.MustRegister(frames)
	sent := 0
	reason, watchErr := intake.Watch(ctx, intake.Options{
		Input: o.Input, FPS: o.FPS, Loop: o.Loop, Realtime: o.Loop, Start: session.StartedAt, Stderr: o.Err,
	}, func(s intake.Sample) error {
		if sent == 0 { // what never gave a frame was no session
			if err := produceSession(ctx, client, session); err != nil {
				return err
			}
		}
		if err := client.Produce(ctx, frameOutput(session, s.Index, s.At, detect.JPEG, s.JPEG)); err != nil {
			return err
		}
		session.At = s.At
		sent++
		frames.Inc()
		return nil
	})
	if sent > 0 {
		// The end is told also where the watch was interrupted.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		session.State, session.Reason = detect.Ended, reason
		if err := produceSession(end, client, session); err != nil {
			return errors.Join(watchErr, err)
		}
	}
	if watchErr != nil && ctx.Err() == nil {
		return watchErr
	}
	_, err := fmt.Fprintf(o.Out, "stream %s ended (%s): %d frames sent\n", o.Stream, reason, sent)
	return err
}

func produceSession(ctx context.Context, client *stream.Client, s detect.SessionRecord) error {
	out, err := sessionOutput(s)
	if err != nil {
		return err
	}
	return client.Produce(ctx, out)
}

func sessionOutput(s detect.SessionRecord) (stream.Output, error) {
	data, err := s.Encode()
	if err != nil {
		return stream.Output{}, err
	}
	return stream.Output{Topic: topicSessions, Event: stream.Event{
		ID:     signal.ID("session-record", s.Platform, s.Stream, string(s.Subject), s.State, s.StartedAt.Format(time.RFC3339Nano)),
		Source: "platform/" + s.Platform, Type: "vigil.session.v1", Subject: string(s.Subject),
		Time: s.At, Key: s.Stream, ContentType: typeJSON, Data: data,
	}}, nil
}

func frameOutput(s detect.SessionRecord, index int, at time.Time, contentType string, data []byte) stream.Output {
	return stream.Output{Topic: topicFrames, Event: stream.Event{
		ID:     signal.ID("frame", s.Platform, s.Stream, s.StartedAt.Format(time.RFC3339Nano), strconv.Itoa(index)),
		Source: "platform/" + s.Platform, Type: "vigil.frame.v1", Subject: string(s.Subject),
		Time: at, Key: s.Stream, ContentType: contentType, Data: data,
		Ext: map[string]string{"stream": s.Stream, "platform": s.Platform},
	}}
}
