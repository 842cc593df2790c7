package formats

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

func FuzzLines(f *testing.F)          { fuzz(f, Lines) }
func FuzzCSV(f *testing.F)            { fuzz(f, CSV) }
func FuzzVICS(f *testing.F)           { fuzz(f, VICS) }
func FuzzICSE(f *testing.F)           { fuzz(f, ICSE) }
func FuzzNCMEC(f *testing.F)          { fuzz(f, NCMEC) }
func FuzzThreatExchange(f *testing.F) { fuzz(f, ThreatExchange) }
func FuzzVPDQ(f *testing.F)           { fuzz(f, VPDQ) }
func FuzzDetect(f *testing.F)         { fuzz(f, Auto) }

// hashInText is the shortest hash, or half of one of the others.
var hashInText = regexp.MustCompile(`[0-9A-Fa-f]{16,}`)

func fuzz(f *testing.F, format Format) {
	for name, data := range inputs(f) {
		if format == Auto || formatOf(name) == format {
			f.Add(data)
			f.Add(data[:len(data)/2])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, _, err := Open(format, bytes.NewReader(data), Options{Provenance: "fuzz"})
		if err != nil {
			if hashInText.MatchString(err.Error()) {
				t.Fatalf("opening repeats what it saw: %v", err)
			}
			return
		}
		last := 0
		for calls := 0; ; calls++ {
			if calls > len(data) {
				t.Fatalf("no end after %d records of %d bytes", calls, len(data))
			}
			rec, err := r.Next()
			number := rec.Number
			var one *hashdb.RecordError
			if err != nil {
				if hashInText.MatchString(err.Error()) {
					t.Fatalf("an error repeats what was read: %v", err)
				}
				if !errors.As(err, &one) {
					if _, again := r.Next(); !errors.Is(again, err) && !errors.Is(again, io.EOF) {
						t.Fatalf("after %v came %v", err, again)
					}
					return
				}
				number = one.Number
			}
			if number <= last {
				t.Fatalf("record %d after %d", number, last)
			}
			last = number
			if len(rec.RetractRef) > 200 || rec.RetractRef != "" && len(rec.Entries) > 0 {
				t.Fatalf("record %d takes back %d bytes of id and has %d entries", number, len(rec.RetractRef), len(rec.Entries))
			}
			kinds := map[hashdb.Kind]bool{}
			for i := range rec.Entries {
				e := &rec.Entries[i]
				if err := e.Check(); err != nil || kinds[e.Hash.Kind] {
					t.Fatalf("record %d: entry %d: %v", number, i, err)
				}
				kinds[e.Hash.Kind] = true
			}
		}
	})
}
