package world

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/correlate"
	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return m[string(key)], nil }
func (m memory) Set(key, value []byte) error    { m[string(key)] = bytes.Clone(value); return nil }
func (m memory) Delete(key []byte) error        { delete(m, string(key)); return nil }
func (m memory) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, string(prefix)) {
			if more, err := fn([]byte(k), m[k]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// TestOnlyThePlantedStreamerBecomesACase carries the world through the rooms by
// hand: every look-alike must stay below the bar.
func TestOnlyThePlantedStreamerBecomesACase(t *testing.T) {
	for seed := range uint64(2) {
		w, err := New(seed, time.Date(2026, 5, 4, 19, 30, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		again, err := New(seed, time.Date(2026, 5, 4, 19, 30, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Payments) < 50 || len(again.Payments) != len(w.Payments) || again.Payments[7].At != w.Payments[7].At {
			t.Fatal("the same seed must give the same world")
		}
		tok, err := signal.NewTokenizer([]byte(strings.Repeat("k", signal.MinKey)))
		if err != nil {
			t.Fatal(err)
		}
		last := lastCases(t, signalsOf(t, w, tok))
		guilty := tok.Subject(platform, people()[planted].account)
		if c := last[guilty]; c.State != "open" || c.Probability < 0.9 {
			t.Errorf("seed %d: the planted streamer's case is %+v", seed, c)
		}
		for subject, c := range last {
			if subject != guilty && c.State == "open" {
				t.Errorf("seed %d: a look-alike became a case: %+v", seed, c.Parts)
			}
		}
	}
}

// signalsOf carries sessions, flags, frames and payments to signals.
func signalsOf(t *testing.T, w World, tok *signal.Tokenizer) []signal.Signal {
	t.Helper()
	var all []signal.Signal
	add := func(s []signal.Signal, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s...)
	}
	rules := typology.DefaultRules()
	e, err := engine.New(engine.Config{Typologies: typology.All(rules), Marks: rules.Marks()})
	if err != nil {
		t.Fatal(err)
	}
	profiles := e.Partition()
	splitter, err := split.New(tok, split.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tx := range w.Payments {
		for _, transfer := range splitter.Split(&tx) {
			add(profiles.Process(t.Context(), nil, transfer))
		}
	}
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := hashdb.Batch{Source: w.ListName}
	for _, text := range w.ListHashes {
		h, err := hashdb.ParseHash(hashdb.KindPDQ, text)
		if err != nil {
			t.Fatal(err)
		}
		batch.Entries = append(batch.Entries, hashdb.Entry{Hash: h})
	}
	if _, err := db.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	detector, streams := detect.New(db, detect.Options{}), memory{}
	for _, s := range w.Streams {
		subject := tok.Subject(s.Platform, s.Account)
		record := detect.SessionRecord{
			Stream: s.ID, Platform: s.Platform, Subject: subject, State: detect.Started, Private: s.Private, Country: s.Country, StartedAt: s.Start, At: s.Start,
		}
		for _, state := range []string{detect.Started, detect.Ended} {
			record.State = state
			data, err := record.Encode()
			if err != nil {
				t.Fatal(err)
			}
			add(detect.Session(data))
			record.At = s.At(s.Frames)
		}
		for i := range s.Frames {
			data, err := s.Frame(i)
			if err != nil {
				t.Fatal(err)
			}
			r, err := detector.Frame(t.Context(), streams, detect.Frame{
				ID: signal.ID("frame", s.ID, s.At(i).String()), Stream: s.ID, Platform: s.Platform, Subject: subject,
				At: s.At(i), ContentType: detect.JPEG, Data: data,
			})
			add(r.Signals, err)
		}
	}
	for _, f := range w.Flags {
		s := w.Streams[f.Stream]
		data, err := detect.FlagRecord{ID: f.ID, Stream: s.ID, Platform: s.Platform, Subject: tok.Subject(s.Platform, s.Account), Reason: f.Reason, At: f.At}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		add(detect.Flag(data))
	}
	return all
}

func lastCases(t *testing.T, signals []signal.Signal) map[signal.Subject]correlate.Case {
	t.Helper()
	weights, err := correlate.DefaultWeights()
	if err != nil {
		t.Fatal(err)
	}
	correlator, state := correlate.New(weights), memory{}
	last := map[signal.Subject]correlate.Case{}
	for _, s := range signals {
		cases, err := correlator.Process(t.Context(), state, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			last[c.Subject] = c
		}
	}
	return last
}
