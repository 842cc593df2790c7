package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/internal/world"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/review"
)

// importList imports the demo's hash list from a file, as a user would.
func (d *demo) importList(ctx context.Context) error {
	file := filepath.Join(d.Data, "demo-list.txt")
	if err := os.WriteFile(file, []byte(strings.Join(d.world.ListHashes, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("demo list: %w", err)
	}
	if err := ImportHashes(ctx, d.c, ImportOptions{
		Source: d.world.ListName, Kind: "pdq", Files: []string{file}, Out: io.Discard, Err: d.Out,
	}); err != nil {
		return err
	}
	d.say("hash list %s imported: %d pictures, all rendered", d.world.ListName, len(d.world.ListHashes))
	return nil
}

// feedWorld sends payments, sessions, flags and frames, and tells how far it is.
func (d *demo) feedWorld(ctx context.Context, client *stream.Client, store *review.Store) error {
	tok, err := tokenizer(d.c.KeyFile)
	if err != nil {
		return err
	}
	if err := d.feedPayments(ctx, client); err != nil {
		return err
	}
	w := d.world
	sessions := make([]detect.SessionRecord, len(w.Streams))
	d.sessions = sessions
	for i, s := range w.Streams {
		sessions[i] = detect.SessionRecord{
			Stream: s.ID, Platform: s.Platform, Subject: tok.Subject(s.Platform, s.Account), State: detect.Started,
			Private: s.Private, Country: s.Country, StartedAt: s.Start, At: s.Start,
		}
		if err := produceSession(ctx, client, sessions[i]); err != nil {
			return err
		}
	}
	private := 0
	for _, s := range w.Streams {
		if s.Private {
			private++
		}
	}
	d.say("%d live streams began, %d of them private", len(w.Streams), private)
	for _, f := range w.Flags {
		if err := produceFlag(ctx, client, f, sessions[f.Stream]); err != nil {
			return err
		}
	}
	sent := 0
	for i := range w.Streams[0].Frames {
		var outs []stream.Output
		for j, s := range w.Streams {
			out, err := worldFrame(sessions[j], s, i)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		}
		if err := client.Produce(ctx, outs...); err != nil {
			return err
		}
		sent += len(outs)
		if i%6 == 5 {
			open, err := store.List(ctx, review.Filter{States: []review.State{review.StateOpen}})
			if err != nil {
				return err
			}
			d.say("%3d frames sent; open cases: %d", sent, len(open))
		}
	}
	for i, s := range w.Streams {
		sessions[i].State, sessions[i].At, sessions[i].Reason = detect.Ended, s.At(s.Frames), "end-of-input"
		if err := produceSession(ctx, client, sessions[i]); err != nil {
			return err
		}
	}
	return nil
}

// feedPayments writes the world's payments as pacs.008 files, one for each
// institution as in life, and feeds them.
func (d *demo) feedPayments(ctx context.Context, client *stream.Client) error {
	byBank := map[string][]payments.Transaction{}
	var banks []string
	for _, tx := range d.world.Payments {
		if _, ok := byBank[tx.Institution]; !ok {
			banks = append(banks, tx.Institution)
		}
		byBank[tx.Institution] = append(byBank[tx.Institution], tx)
	}
	for _, bank := range banks {
		var b bytes.Buffer
		if err := iso20022.WritePacs008(&b, byBank[bank]); err != nil {
			return err
		}
		file := filepath.Join(d.Data, bank+".xml")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("demo payments: %w", err)
		}
		report, err := newFeedReport("", d.Out)
		if err != nil {
			return err
		}
		f := feeder{client: client, source: OpenFile(file, io.Discard), open: openAny, report: report, out: io.Discard, now: time.Now}
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	d.say("%d payments fed from the pacs.008 files of %d institutions", len(d.world.Payments), len(banks))
	return nil
}

func worldFrame(session detect.SessionRecord, s world.Stream, i int) (stream.Output, error) {
	frame, err := s.Frame(i % s.Frames)
	return frameOutput(session, i, s.At(i), detect.JPEG, frame), err
}

func produceFlag(ctx context.Context, client *stream.Client, f world.Flag, s detect.SessionRecord) error {
	out, err := flagOutput(detect.FlagRecord{
		ID: f.ID, Stream: s.Stream, Platform: s.Platform, Subject: s.Subject, Reason: f.Reason, At: f.At,
	})
	if err != nil {
		return err
	}
	return client.Produce(ctx, out)
}

// goOn streams on, one frame a second of each stream that replays nothing.
func (d *demo) goOn(ctx context.Context, client *stream.Client) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := d.world.Streams[0].Frames; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var outs []stream.Output
		for j, s := range d.world.Streams {
			if s.Replaying(s.Frames / 2) {
				continue
			}
			out, err := worldFrame(d.sessions[j], s, i)
			if err != nil {
				return err
			}
			outs = append(outs, out)
		}
		if err := client.Produce(ctx, outs...); err != nil && ctx.Err() == nil {
			return err
		}
	}
}
