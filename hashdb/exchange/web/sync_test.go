package web

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/formats"
	"github.com/vigil-stream/vigil/internal/golden"
)

func TestFileIsTheList(t *testing.T) {
	for name, label := range map[string]func(h *host, version string){
		"nothing":       func(*host, string) {},
		"etag":          func(h *host, v string) { h.etag = `"` + v + `"` },
		"weak etag":     func(h *host, v string) { h.etag = `W/"` + v + `"` },
		"last modified": func(h *host, v string) { h.changed = "Mon, 02 Mar 2026 10:00:0" + v + " GMT" },
		"useless etag":  func(h *host, v string) { h.etag = strings.Repeat("x", 2000) + v },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			set := func(version, text string) { b.host.text = text; label(b.host, version) }
			set("1", lines(1, 2, 3, 4))
			b.holds(t, 1, 2, 3, 4)
			before := len(b.store.batches)
			b.holds(t, 1, 2, 3, 4)
			if len(b.store.batches) != before {
				t.Error("a batch for a file that did not change")
			}
			if labelled := name != "nothing" && name != "useless etag"; labelled && b.host.sent != 1 {
				t.Errorf("sent %d times, want once", b.host.sent)
			}
			if name == "useless etag" && (b.host.sent != 2 || len(b.store.checkpoint) > 500) {
				t.Errorf("sent %d times, checkpoint of %d bytes, want it sent twice and the label forgotten", b.host.sent, len(b.store.checkpoint))
			}
			set("2", lines(1, 3, 4, 5))
			b.holds(t, 1, 3, 4, 5)
			set("3", lines(1, 3, 4, 5)) // The same under another label.
			b.holds(t, 1, 3, 4, 5)
			if last := b.store.batches[len(b.store.batches)-1]; len(last.Entries) > 0 && name != "nothing" && name != "useless etag" {
				t.Errorf("%d entries for a file that only got another label", len(last.Entries))
			}
			before = b.host.sent
			b.holds(t, 1, 3, 4, 5)
			if name == "etag" && b.host.sent != before {
				t.Error("the new label is not remembered")
			}
		})
	}
}

func TestFormats(t *testing.T) {
	csv := "id;pdq;md5;tags\nA1;" + hexOf(1) + ";" + hexOf(2)[:32] + ";one|two\nA2;" + hexOf(3) + ";;\n"
	for name, c := range map[string]struct {
		format formats.Format
		text   string
		want   int
	}{
		"lines":          {formats.Lines, lines(1, 2), 2},
		"lines, unnamed": {formats.Auto, lines(1, 2), 2},
		"csv":            {formats.CSV, csv, 3},
		"csv, unnamed":   {"", csv, 3},
		"threatexchange": {formats.ThreatExchange, `[{"id":"1","indicator":"` + hexOf(1) + `","type":"HASH_PDQ"},{"id":"2","indicator":"` + hexOf(2) + `","type":"HASH_PDQ","should_delete":true}]`, 1},
	} {
		b := newBench(t, func(o *Options) { o.Format = c.format })
		b.host.text = c.text
		if err := b.sync(t); err != nil || len(b.store.entries) != c.want {
			t.Errorf("%s: %v, %d entries, want %d", name, err, len(b.store.entries), c.want)
		}
		for _, e := range b.store.entries {
			if e.Provenance != "127.0.0.1/a.txt" {
				t.Errorf("%s: provenance %q, want the host and the file's name", name, e.Provenance)
			}
		}
	}
}

// Another address, format or kind is another list, whose file is fetched again.
func TestChangedConfiguration(t *testing.T) {
	b := newBench(t, nil)
	b.host.etag, b.host.text = `"1"`, lines(1)
	b.holds(t, 1)
	b.o.Format = formats.Auto
	l, err := New(b.o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(t.Context(), b.store.checkpoint, b.store.apply); err != nil || b.host.sent != 2 {
		t.Errorf("%v, sent %d times, want twice", err, b.host.sent)
	}
	for _, bad := range []string{"{", "null", `{"list":"x","etag":"\"1\"","sha256":"y"}`} {
		before := b.host.sent
		b.store.checkpoint = []byte(bad)
		b.holds(t, 1)
		if b.host.sent != before+1 {
			t.Errorf("checkpoint %s: the file was not fetched", bad)
		}
	}
}

func TestCheckpointGolden(t *testing.T) {
	b := newBench(t, nil)
	b.id = "an-id-of-the-address" // The address has a free port.
	b.host.etag, b.host.changed, b.host.text = `W/"1"`, "Mon, 02 Mar 2026 10:00:00 GMT", lines(1)
	b.holds(t, 1)
	golden.Check(t, "checkpoint.json", append(b.store.checkpoint, '\n'))
}

// Wherever a sync is cut off, the next one ends where it would have.
func TestInterrupted(t *testing.T) {
	const n, size = 120, 50
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	ran := 0
	for fail := 1; ; fail++ {
		b := newBench(t, nil)
		b.size = size
		b.host.text = lines(numbers[:n-1]...)
		b.holds(t, numbers[:n-1]...)
		for i, batch := range b.store.batches {
			if len(batch.Entries) > size || (batch.Checkpoint.Value != nil) != (i == len(b.store.batches)-1) {
				t.Fatalf("batch %d has %d entries and checkpoint %q", i+1, len(batch.Entries), batch.Checkpoint.Value)
			}
		}
		old := string(b.store.checkpoint)
		b.store.batches, b.store.fail = nil, fail
		b.host.text = lines(numbers[n/3:]...)
		err := b.sync(t)
		if err == nil {
			break
		}
		if err != errStore || string(b.store.checkpoint) != old { //nolint:errorlint // It is to come back as it is.
			t.Fatalf("batch %d: %v, and the checkpoint moved: %t", fail, err, string(b.store.checkpoint) != old)
		}
		b.store.fail = 0
		b.holds(t, numbers[n/3:]...)
		ran++
	}
	if ran != 3 {
		t.Errorf("%d interruptions, want one in each of 3 batches", ran)
	}
}

func TestShrunk(t *testing.T) {
	b := newBench(t, nil)
	b.host.text = lines(1, 2, 3, 4)
	b.holds(t, 1, 2, 3, 4)
	for _, text := range []string{lines(), lines(1), lines(5, 6)} {
		before := string(b.store.checkpoint)
		b.host.text = text
		if err := b.sync(t); !errors.Is(err, ErrShrunk) || len(b.store.entries) != 4 || string(b.store.checkpoint) != before {
			t.Errorf("%v, %d entries, want ErrShrunk and no change", err, len(b.store.entries))
		}
	}
	b.o.MaxLoss = 1
	b.holds(t, 5, 6)
	b.host.text = lines()
	b.holds(t)
}

func TestBadRecords(t *testing.T) {
	bad := lines(1, 2) + hexOf(3)[:63] + "z\n" + lines(4)
	b := newBench(t, nil)
	b.host.text = lines(1, 3)
	b.holds(t, 1, 3)
	b.host.text = bad
	var fault *hashdb.RecordError
	if err := b.sync(t); !errors.As(err, &fault) || strings.Contains(err.Error(), hexOf(3)[:12]) || !slices.Equal(b.store.hashes(), hashes(1, 3)) {
		t.Errorf("%v, want an error that names the record, and no change", err)
	}
	var told []error
	b.o.Bad = func(err error) { told = append(told, err) }
	b.holds(t, 1, 2, 4)
	if len(told) != 1 {
		t.Errorf("told %v, want one record once", told)
	}
	b.host.text = "nothing\nhere\n"
	if err := b.sync(t); err == nil || !strings.Contains(err.Error(), "not one good record") {
		t.Errorf("%v, want no good record", err)
	}
}
