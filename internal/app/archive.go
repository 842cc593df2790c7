package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/archive"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// The types of the records on the topic prints.
const (
	typePrint     = "vigil.print.v1"
	typeSearch    = "vigil.look-back.v1"
	typeHarvest   = "vigil.harvest.v1"
	sourceArchive = "vigil/detect-archive"
	// extLists names the attribute that says up to which offset of the topic hashes
	// the lists must be before a record is handled.
	extLists = "listsoffset"
)

// archiveLoop keeps the prints of streams, looks back through them when lists gained
// entries, and makes entries of those of confirmed cases.
func archiveLoop(k keeper, c Config, db *hashdb.DB, reg prometheus.Registerer) stream.Loop {
	live := c.Matching.options()
	kept := archive.New(db, archive.Options{
		Days: c.KeepPrintsDays, Gap: live.SegmentGap, StreamShare: live.StreamShare, ClipShare: live.ClipShare,
	})
	reg.MustRegister(newArchiveMetrics(kept.Stats))
	loop := k.loop("detect-archive", topicPrints,
		func(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
			switch m.Type {
			case typePrint:
				p, err := detect.DecodePrint(m.Data)
				if err != nil {
					return nil, err
				}
				p.Stream, p.Platform, p.Subject, p.At = m.Ext["stream"], m.Ext["platform"], signal.Subject(m.Subject), m.Time
				signals, err := kept.Keep(ctx, s, p)
				outs, encodeErr := matchOutputs(sourceArchive, signals)
				return outs, errors.Join(err, encodeErr)
			case typeSearch:
				search, err := archive.DecodeSearch(m.Data)
				if err != nil {
					return nil, err
				}
				if err := listsReach(db, m.Ext[extLists]); err != nil {
					return nil, err
				}
				signals, err := kept.Search(ctx, s, search)
				outs, encodeErr := matchOutputs(sourceArchive, signals)
				return outs, errors.Join(err, encodeErr)
			case typeHarvest:
				harvest, err := archive.DecodeHarvest(m.Data)
				if err != nil {
					return nil, err
				}
				entries, err := kept.Harvest(ctx, s, harvest)
				if err != nil {
					return nil, err
				}
				return ownEntries(db, harvest.Source, entries)
			}
			return nil, signal.Reject("type", "is none of %s, %s, %s", typePrint, typeSearch, typeHarvest)
		})
	// A look back may take minutes, and the whole archive is in each checkpoint.
	loop.StuckAfter, loop.GiveUpAfter = 10*time.Minute, 2*time.Hour
	loop.CheckpointEvery *= 4
	return loop
}

// listsReach refuses, for now, where the lists are not yet as far as an offset of their
// topic.
func listsReach(db *hashdb.DB, offset string) error {
	if offset == "" {
		return nil
	}
	want, err := strconv.ParseInt(offset, 10, 64)
	if err != nil {
		return signal.Reject("bad-attribute", "%s is not an offset", extLists)
	}
	have, _ := strconv.ParseInt(string(db.Checkpoint(checkpointName(0))), 10, 64) // 0 where there is none
	if have < want {
		return fmt.Errorf("the lists are at offset %d of topic %s, and offset %d is needed", have, topicHashes, want)
	}
	return nil
}

func printOutput(p detect.Print) stream.Output {
	// Not of what matched: that depends on the lists, and a repeat is the same print.
	id := signal.ID("print", p.Platform, p.Stream, string(p.Subject), p.At.Format(time.RFC3339Nano), fmt.Sprintf("%x", p.Hashes))
	return stream.Output{Topic: topicPrints, Event: stream.Event{
		ID: id, Source: "vigil/detect", Type: typePrint, Subject: string(p.Subject), Time: p.At, Key: p.Stream,
		ContentType: detect.PrintType, Data: p.Encode(), Ext: map[string]string{"stream": p.Stream, "platform": p.Platform},
	}}
}

// ownEntries puts entries of the deployment's own list on the topic of lists, from where
// every process has them. The first also says what the list is.
func ownEntries(db *hashdb.DB, source string, entries []hashdb.Entry) ([]stream.Output, error) {
	var outs []stream.Output
	add := func(out stream.Output, err error) error {
		outs = append(outs, out)
		return err
	}
	if len(entries) > 0 && len(chosen(db.Lists(), source, hashdb.KindPDQ)) == 0 {
		own := hashdb.List{
			Source: source, Kind: hashdb.KindPDQ, Radius: hashdb.KindPDQ.DefaultRadius(), State: hashdb.StateLive,
			Owner: "this deployment", Category: "confirmed",
		}
		if err := add(definitionOutput(own)); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		if err := add(entryOutput(source, e)); err != nil {
			return nil, err
		}
	}
	return outs, nil
}

// askArchives asks every archive to look back for what a source's lists gained.
func askArchives(client *stream.Client, db *hashdb.DB) func(context.Context, string, []hashdb.Hash) error {
	return func(ctx context.Context, source string, gained []hashdb.Hash) error {
		offset := string(db.Checkpoint(checkpointName(0)))
		search := archive.Search{Source: source, At: time.Now().UTC(), Hashes: gained, Whole: gained == nil}
		search.ID = signal.ID("look-back", source, offset, strconv.Itoa(len(gained)), search.At.Format(time.RFC3339Nano))
		data, err := search.Encode()
		if err != nil {
			return err
		}
		out := stream.Output{Topic: topicPrints, Everywhere: true, Event: stream.Event{
			ID: search.ID, Source: "vigil/lists", Type: typeSearch, Time: search.At, ContentType: typeJSON, Data: data,
		}}
		if offset != "" {
			out.Event.Ext = map[string]string{extLists: offset}
		}
		return client.Produce(ctx, out)
	}
}

// joined makes one of spans that overlap or are at most gap apart.
func joined(spans []archive.Span, gap time.Duration) []archive.Span {
	slices.SortFunc(spans, func(a, b archive.Span) int { return a.From.Compare(b.From) })
	out := spans[:1]
	for _, s := range spans[1:] {
		if last := &out[len(out)-1]; s.From.Sub(last.To) > gap {
			out = append(out, s)
		} else if s.To.After(last.To) {
			last.To = s.To
		}
	}
	return out
}

// maxSpans is how many times one harvest may name, as in its schema.
const maxSpans = 1000

// aroundFlag is how much of a stream around a user's flag a confirmed case's frames
// are taken from.
const aroundFlag = 30 * time.Second

// harvests asks for the frames of a confirmed case: those of the streams and times that
// its matches and flags name, and of what lies between two of them that are at most gap
// apart.
func harvests(d review.Decision, source string, gap time.Duration) ([]stream.Output, error) {
	if d.Verdict != review.Confirm || source == "none" {
		return nil, nil
	}
	type place struct{ platform, stream string }
	spans := map[place][]archive.Span{}
	var order []place
	add := func(p place, from, to time.Time) {
		if spans[p] == nil {
			order = append(order, p)
		}
		spans[p] = append(spans[p], archive.Span{From: from, To: to})
	}
	for _, s := range d.Case.Signals {
		switch {
		case s.Match != nil && !s.Match.Held:
			add(place{s.Match.Platform, s.Match.Stream}, s.Start, s.End)
		case s.Flag != nil && s.Flag.Stream != "":
			add(place{s.Flag.Platform, s.Flag.Stream}, s.Start.Add(-aroundFlag), s.End.Add(aroundFlag))
		}
	}
	var outs []stream.Output
	for _, p := range order {
		for part := range slices.Chunk(joined(spans[p], gap), maxSpans) {
			h := archive.Harvest{
				Case: d.CaseID, Stream: p.stream, Platform: p.platform, Subject: d.Case.Subject, Spans: part, At: d.At, Source: source,
			}
			data, err := h.Encode()
			if err != nil {
				return nil, err
			}
			outs = append(outs, stream.Output{Topic: topicPrints, Event: stream.Event{
				ID: signal.ID("harvest", d.ID, p.platform, p.stream, string(data)), Source: "vigil/report", Type: typeHarvest,
				Subject: string(d.Case.Subject), Time: d.At, Key: p.stream, ContentType: typeJSON, Data: data,
			}})
		}
	}
	return outs, nil
}
