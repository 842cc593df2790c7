package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

const (
	oneHash   = "0000000000000000000000000000000000000000000000000000000000000000"
	otherHash = "ffffffffffffffffffffffffffffffff00000000000000000000000000000000"
)

func mustHash(t *testing.T, text string) hashdb.Hash {
	t.Helper()
	h, err := hashdb.ParseHash(hashdb.KindPDQ, text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// An import by one process reaches another that shares no folder with it, and so
// does what is retracted, disputed or said of a list.
func TestListsReachOtherProcesses(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		broker, err := stream.StartEmbedded(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := broker.Close(); err != nil {
				t.Error(err)
			}
		}()
		listsReachOthers(t, broker.Addr())
	})
	t.Run("kafka", func(t *testing.T) { listsReachOthers(t, realKafka(t)) })
}

func listsReachOthers(t *testing.T, broker string) {
	here, there := DefaultConfig(t.TempDir()), DefaultConfig(t.TempDir())
	here.Brokers, there.Brokers = []string{broker}, []string{broker}
	here.Prefix = fmt.Sprintf("lists-%d.", time.Now().UnixNano())
	there.Prefix = here.Prefix
	client, err := connectTo(t.Context(), there, there.Brokers, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.CreateTopics(t.Context(), topicSpecs(1, 7, nil)); err != nil {
		t.Fatal(err)
	}
	db, err := there.openLists(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	follow := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- followLists(ctx, client, db, zap.NewNop()) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	await := func(what string, holds func() bool) {
		t.Helper()
		begun := time.Now()
		for deadline := time.After(20 * time.Second); !holds(); {
			select {
			case <-deadline:
				t.Fatalf("%s: not within 20 s; lists: %+v", what, db.Lists())
			case <-time.After(5 * time.Millisecond):
			}
		}
		t.Logf("%s: after %s", what, time.Since(begun).Round(time.Millisecond))
	}
	matches := func(text string) int {
		found, err := db.Lookup(mustHash(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}

	stop := follow()
	file := filepath.Join(t.TempDir(), "list.csv")
	csv := "pdq,id,tags\n" + oneHash + ",e1,a;b\n" + otherHash + ",e2,\n"
	if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	radius, owner := 20, "Demo Owner"
	var out, errs bytes.Buffer
	o := ImportOptions{Source: "demo", Files: []string{file}, Out: &out, Err: &errs, Changes: ListChanges{Radius: &radius, Owner: &owner}}
	if err := ImportHashes(t.Context(), here, o); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	await("imported entries", func() bool { return matches(oneHash) == 1 && matches(otherHash) == 1 })
	found, err := db.Lookup(mustHash(t, oneHash))
	if err != nil || found[0].Owner != owner || found[0].Radius != radius || len(found[0].Tags) != 2 {
		t.Errorf("match %+v, error %v", found, err)
	}

	retract := RetractOptions{Source: "demo", Kind: "pdq", Hashes: []string{oneHash}, Status: "retracted", Out: &out}
	if err := RetractHashes(t.Context(), here, retract); err != nil {
		t.Fatal(err)
	}
	await("a retraction by hash", func() bool { return matches(oneHash) == 0 })
	stop()

	// What happens while nobody follows is taken up afterwards, from where it was.
	if err := RetractHashes(t.Context(), here, RetractOptions{Source: "demo", Kind: "pdq", Refs: []string{"e2"}, Status: "retracted", Out: &out}); err != nil {
		t.Fatal(err)
	}
	if err := RetractHashes(t.Context(), here, RetractOptions{Source: "demo", Kind: "pdq", Hashes: []string{oneHash}, Status: "retracted", Out: &out}); err == nil {
		t.Error("retracting what is retracted: no error")
	}
	state := string(hashdb.StateQuarantined)
	if err := Lists(t.Context(), here, ListOptions{Source: "demo", Changes: ListChanges{State: &state}, Out: &out}); err != nil {
		t.Fatal(err)
	}
	if matches(otherHash) != 1 {
		t.Error("the other process changed with nobody following")
	}
	defer follow()()
	await("a retraction by the owner's id", func() bool { return matches(otherHash) == 0 })
	await("a list's state", func() bool { return db.Lists()[0].State == hashdb.StateQuarantined })
	ours, err := here.openLists(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Close() }()
	if a, b := ours.Lists()[0].Version, db.Lists()[0].Version; a != b {
		t.Errorf("versions %s here and %s there", a, b)
	}
}

// A record that is bad is passed over, and those behind it count.
func TestBadListRecordsArePassedOver(t *testing.T) {
	db, err := hashdb.Open(filepath.Join(t.TempDir(), "hashes"), hashdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	f := &listFollower{store: db, log: zap.NewNop()}
	good, err := entryOutput("demo", hashdb.Entry{Hash: mustHash(t, oneHash)})
	if err != nil {
		t.Fatal(err)
	}
	records := []stream.Event{
		{Type: typeListEntry, Data: []byte(`{"source":"demo","kind":"pdq","hash":"12","status":"listed"}`)},
		{Type: typeListEntry, Data: []byte(`{"source":"../demo","kind":"pdq","hash":"` + oneHash + `","status":"listed"}`)},
		{Type: typeListEntry, Data: []byte(`{"source":"demo","kind":"pdq","hash":"` + oneHash + `","status":"gone"}`)},
		{Type: typeListEntry, Data: []byte(`{"source":"demo","kind":"pdq","hash":"` + oneHash + `","status":"listed","extra":1}`)},
		{Type: typeListEntry, Data: []byte(`not JSON`)},
		{Type: typeListRef, Data: []byte(`{"source":"","ref":"x"}`)},
		{Type: typeListRef, Data: []byte(`{"source":"demo","ref":""}`)},
		{Type: typeList, Data: []byte(`{"source":"demo","kind":"pdq","radius":99,"state":"live"}`)},
		{Type: "vigil.something.v1", Data: []byte(`{}`)},
		{Type: typeListEntry}, // a tombstone
		good.Event,
	}
	for i, r := range records {
		if err := f.take(t.Context(), stream.Message{Event: r, Offset: int64(i)}); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lists := db.Lists(); len(lists) != 1 || lists[0].Entries != 1 {
		t.Errorf("lists %+v, want one entry in one list", lists)
	}
	if got := string(db.Checkpoint(checkpointName(0))); got != "11" {
		t.Errorf("checkpoint %q, want 11", got)
	}
}

// What is sent fits the published schemas.
func TestListRecordsFitTheirSchemas(t *testing.T) {
	schemas := os.DirFS(filepath.Join("..", "..", "hashdb", "schema"))
	entry, err := entryOutput("demo", hashdb.Entry{
		Hash: mustHash(t, otherHash), Ref: "e1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Parties: 2,
		Tags: []string{"a"}, Provenance: "list.csv", Status: hashdb.Disputed,
	})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := entryOutput("demo", hashdb.Entry{Hash: mustHash(t, otherHash)})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := refOutput("demo", "e1")
	if err != nil {
		t.Fatal(err)
	}
	list, err := definitionOutput(hashdb.List{Source: "demo", Kind: hashdb.KindPDQ, Owner: "o", Radius: 31, State: hashdb.StateLive, Allow: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, outs := range map[string][]stream.Output{
		"hash-entry.schema.json": {entry, bare}, "hash-ref-retracted.schema.json": {ref}, "hash-list.schema.json": {list},
	} {
		schema := signal.MustSchema(schemas, name)
		for _, o := range outs {
			var v any
			if err := schema.Decode(o.Event.Data, &v); err != nil {
				t.Errorf("%s: %v: %s", name, err, o.Event.Data)
			}
		}
	}
	source, e, err := decodeEntry(entry.Event.Data)
	if err != nil || source != "demo" || e.Ref != "e1" || e.Parties != 2 || e.Status != hashdb.Disputed || e.Time.Unix() != 1767323045 {
		t.Errorf("decoded %s %+v, error %v", source, e, err)
	}
}

func FuzzListEntry(f *testing.F) {
	f.Add([]byte(`{"source":"demo","kind":"pdq","hash":"` + oneHash + `","ref":"r","time":"2026-01-02T03:04:05Z","parties":2,"tags":["a"],"status":"listed"}`))
	f.Add([]byte(`{"source":"demo","kind":"md5","hash":"d41d8cd98f00b204e9800998ecf8427e","status":"retracted"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		source, e, err := decodeEntry(data)
		if err != nil {
			return
		}
		o, err := entryOutput(source, e)
		if err != nil {
			t.Fatal(err)
		}
		again, same, err := decodeEntry(o.Event.Data)
		if err != nil || again != source || same.Hash != e.Hash || same.Ref != e.Ref || same.Status != e.Status {
			t.Errorf("%s %+v became %s %+v, error %v", source, e, again, same, err)
		}
	})
}
