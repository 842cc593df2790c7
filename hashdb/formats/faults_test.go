package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// TestFaults reads inputs that end the reading, or that hold a bad record.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Format
		text string
		good int    // Records before the end.
		bad  int    // Bad ones.
		end  string // Part of the error; "" means io.EOF, and "cut" hashdb.ErrTruncated.
	}{
		{"csv header with a loose quote", CSV, "pd\"q\n", 0, 0, "header row: a quotation mark"},
		{"csv without hashes", CSV, pdqA + "," + md5A + "\n", 0, 0, "none of its 2 columns"},
		{"csv of too many columns", CSV, strings.Repeat("a,", 256) + "pdq\n", 0, 0, "257 columns"},
		{"csv header that never ends", CSV, strings.Repeat("a", 2*maxRow), 0, 0, "longer than 65536"},
		{"csv row that never ends", CSV, "pdq\n" + pdqA + "\n" + strings.Repeat("a", 2*maxRow), 1, 0, "longer than 65536"},
		{"csv quotation that never ends", CSV, "pdq\n\"" + pdqA + "\n" + strings.Repeat("a\n", maxRow), 0, 0, "longer than 65536"},
		{"csv quotation that is cut", CSV, "pdq\n\"" + pdqA + "\n", 0, 0, "cut"},
		{"csv last cell cut off", CSV, "pdq,status\n" + pdqA + ",", 0, 0, "cut"},
		{"csv last row whole without end", CSV, "id,pdq\n1," + pdqA, 1, 0, ""},
		{"csv two different hashes of a kind", CSV, "pdq,hash,kind\n" + pdqA + "," + pdqB + ",pdq\n", 0, 1, ""},
		{"csv one hash twice", CSV, "pdq,hash,kind\n" + pdqA + "," + pdqA + ",PDQ\n", 1, 0, ""},
		{"csv hash cut to another kind's length", CSV, "hash\n" + pdqA + "\n" + pdqA[:40] + "\n", 1, 1, ""},
		{"csv hash of unclear kind", CSV, "hash\n" + pdqA[:16] + "\n", 0, 1, ""},
		{"csv id too long", CSV, "pdq,id\n" + pdqA + "," + strings.Repeat("i", 201) + "\n", 0, 1, ""},
		{"csv long id taken back", CSV, "pdq,id,status\n," + strings.Repeat("i", 201) + ",retracted\n", 0, 1, ""},
		{"csv time before 1970", CSV, "pdq,time\n" + pdqA + ",1969-01-01T00:00:00Z\n", 0, 1, ""},
		{"icse without ids", ICSE, "MD5;SHA1\n", 0, 0, "Image ID"},
		{"vics array", VICS, "[]", 0, 0, `want "{"`},
		{"vics without media", VICS, `{"odata.metadata":"x"}`, 0, 0, `no array "value"`},
		{"vics value of another type", VICS, `{"value":5}`, 0, 0, `want "["`},
		{"vics twice", VICS, `{"value":[],"value":[]}`, 0, 0, "second array"},
		{"vics case", VICS, `{"odata.metadata":"http://x#Cases","value":[]}`, 0, 0, "a case, not a list"},
		{"vics with a tail", VICS, `{"value":[]} {}`, 0, 0, "something follows"},
		{"vics with garbage behind", VICS, `{"value":[]} x`, 0, 0, "not JSON"},
		{"vics broken within", VICS, `{"value":[{"MediaID":1},{"MediaID":}]}`, 1, 0, "after record 1, near byte"},
		{"vics header of the wrong type", VICS, `{"odata.metadata":[],"value":[]}`, 0, 0, "should be a text"},
		{"vics empty", VICS, `{"value":[]}`, 0, 0, ""},
		{"vics medium that never ends", VICS, `{"value":[{"MediaID":1},{"Tags":"` + strings.Repeat("a", 2*maxElement), 1, 0, "longer than 4194304"},
		{"vics nested without end", VICS, `{"value":[{"X":` + strings.Repeat("[", 20000), 0, 0, "not JSON"},
		{"vics hash as a number", VICS, `{"value":[{"MD5":12345678901234567890123456789012,"AlternativeHashes":[12345678901234567890]}]}`, 0, 1, ""},
		{"page without data", ThreatExchange, `{"paging":{}}`, 0, 0, `no array "data"`},
		{"page with two", ThreatExchange, `{"data":[],"data":[]}`, 0, 0, "second array"},
		{"page of an error", ThreatExchange, `{"error":{"message":"token x","type":"OAuthException","code":190}}`, 0, 0, "type \"OAuthException\", code \"190\""},
		{"page of an error that hides a hash", ThreatExchange, `{"error":{"type":"` + md5A + `","code":"` + md5A + `"}}`, 0, 0, "an error"},
		{"vics number out of range", VICS, `{"value":1e999}`, 0, 0, "another type"},
		{"page of an odd error", ThreatExchange, `{"error":5}`, 0, 0, "another type"},
		{"page with more keys", ThreatExchange, `{"data":[{"type":"URI"}],"summary":{"x":[1]}}`, 1, 0, ""},
		{"two pages", ThreatExchange, `{"data":[{"type":"URI"}],"paging":{"next":"n"}}` + "\n" + `{"data":[{"type":"URI"}]}`, 2, 0, ""},
		{"array with a tail", ThreatExchange, `[{"type":"URI"}],`, 1, 0, "not JSON"},
		{"lines with a bracket", ThreatExchange, `{"type":"URI"}]`, 1, 0, "not JSON"},
		{"one text", ThreatExchange, `"x"`, 0, 0, `want "["`},
		{"tombstone without name", ThreatExchange, `[{"type":"HASH_MD5","should_delete":true}]`, 0, 1, ""},
		{"long id taken back", ThreatExchange, `[{"type":"HASH_MD5","should_delete":true,"id":"` + strings.Repeat("1", 201) + `"}]`, 0, 1, ""},
		{"tombstone of a bad hash", ThreatExchange, `[{"type":"HASH_MD5","should_delete":true,"id":"1","indicator":"x"}]`, 1, 0, ""},
		{"tombstone of a bad time", ThreatExchange, `[{"type":"HASH_MD5","should_delete":true,"indicator":"` + md5A + `","last_updated":"x"}]`, 1, 0, ""},
		{"frames in an object", VPDQ, `{"quality":1}` + "\n", 0, 1, ""}, // Taken for text.
		{"frame of a quality out of range", VPDQ, `[{"quality":1234567890123456789012345,"hash":"` + pdqA + `"}]`, 0, 1, ""},
		{"frames with a tail", VPDQ, `[{"quality":100,"hash":"` + pdqA + `"}]x`, 1, 0, "not JSON"},
		{"frames cut in the hash", VPDQ, "0,100," + pdqA + ",0.0\n1,100," + pdqA[:30], 1, 0, "cut"},
		{"frames of a long line", VPDQ, strings.Repeat("1", 2*maxLine) + "\n0,100," + pdqA + ",0.0\n", 1, 1, ""},
		{"another document", NCMEC, `<html/>`, 0, 0, "want one queryResult"},
		{"another document that hides a hash", NCMEC, `<` + pdqA[10:] + `/>`, 0, 0, "want one queryResult"},
		{"two documents", NCMEC, `<queryResult/><queryResult/>`, 0, 0, "want one queryResult"},
		{"an empty document", NCMEC, `<queryResult><images count="0"/></queryResult>`, 0, 0, ""},
		{"a document type", NCMEC, `<!DOCTYPE q [<!ENTITY a "b">]><queryResult/>`, 0, 0, "document types"},
		{"an entity", NCMEC, `<queryResult><paging><next>&a;</next></paging></queryResult>`, 0, 0, "not XML"},
		{"deep", NCMEC, `<queryResult>` + strings.Repeat("<a>", 40), 0, 0, "deeper than 32"},
		{"deep in an entry", NCMEC, `<queryResult><images><image>` + strings.Repeat("<a>", 40), 0, 0, "deeper than 32"},
		{"an entry elsewhere", NCMEC, `<queryResult><image/></queryResult>`, 0, 0, "not in images or videos"},
		{"elements that cross", NCMEC, `<queryResult><images></queryResult></images>`, 0, 0, "not XML"},
		{"another encoding", NCMEC, `<?xml version="1.0" encoding="latin1"?><queryResult/>`, 0, 0, "UTF-8"},
		{"text behind", NCMEC, `<queryResult/>x`, 0, 0, "outside"},
		{"a bad greatest time", NCMEC, `<queryResult><images maxTimestamp="x"/></queryResult>`, 0, 0, "maxTimestamp of images"},
		{"an entry that never ends", NCMEC, `<queryResult><images><image><id>` + strings.Repeat("a", 2*maxElement), 0, 0, "longer than 4194304"},
		{"a text that never ends", NCMEC, `<queryResult>` + strings.Repeat(" ", maxElement+peekSize), 0, 0, "longer than 4194304"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, end := Open(c.f, strings.NewReader(c.text), Options{})
			var records []hashdb.Record
			var bad []error
			if end == nil {
				records, bad, end = readAll(r)
				if _, again := r.Next(); !errors.Is(again, end) {
					t.Errorf("after %v it said %v", end, again)
				}
			}
			if len(records) != c.good || len(bad) != c.bad {
				t.Errorf("%d good, %d bad %v, want %d and %d", len(records), len(bad), bad, c.good, c.bad)
			}
			switch c.end {
			case "":
				if !errors.Is(end, io.EOF) {
					t.Errorf("ended with %v", end)
				}
			case "cut":
				if !errors.Is(end, hashdb.ErrTruncated) {
					t.Errorf("ended with %v", end)
				}
			default:
				if !strings.Contains(fmt.Sprint(end), c.end) || errors.Is(end, hashdb.ErrTruncated) || errors.Is(end, io.EOF) {
					t.Errorf("ended with %v, want %q", end, c.end)
				}
			}
			for _, err := range append(bad, end) {
				if longHex.MatchString(fmt.Sprint(err)) {
					t.Errorf("the error repeats what was read: %v", err)
				}
			}
		})
	}
}

// TestLong reads inputs that are longer than what one record may be.
func TestLong(t *testing.T) {
	pad := strings.Repeat("x", maxElement/3)
	row := "pad," + pdqA + "\n"
	for f, c := range map[Format]struct {
		head, record, end string
		count             int
	}{
		CSV:            {"id,pdq\n", row, "", 2 * maxRow / len(row)},
		VICS:           {`{"value":[{}`, `,{"MediaID":1,"Comments":"` + pad + `"}`, `]}`, 4},
		ThreatExchange: {`{"type":"URI"}`, ` {"type":"URI","x":"` + pad + `"}`, "", 4},
		NCMEC:          {`<queryResult><images>`, `<image><member id="1"/><id>1</id><x>` + pad + `</x></image>`, `</images></queryResult>`, 4},
	} {
		records, bad, end := readAll(open(t, f, c.head+strings.Repeat(c.record, c.count)+c.end, Options{}))
		if len(records) < c.count || len(bad) > 0 || !errors.Is(end, io.EOF) {
			t.Errorf("%s: %d records of %d, %v, %v", f, len(records), c.count, bad, end)
		}
	}
}

// TestPages shows that pages are told only from what was read whole.
func TestPages(t *testing.T) {
	n := NewNCMEC(strings.NewReader(`<q:queryResult xmlns:q="x"><q:paging><q:next> /v2/entries?a=1&amp;b=2 </q:next></q:paging><q:images maxTimestamp="2026-01-02T00:00:00Z"/><q:videos maxTimestamp="2026-01-01T00:00:00Z"/></q:queryResult>`))
	if _, _, end := readAll(n); !errors.Is(end, io.EOF) {
		t.Fatal(end)
	}
	if next, at := n.Page(); next != "/v2/entries?a=1&b=2" || at.Format("2006-01-02") != "2026-01-02" {
		t.Errorf("ncmec: %q, %v", next, at)
	}
	x := NewThreatExchange(strings.NewReader(`{"paging":{"next":"https:\/\/x\/?a=1","cursors":{"after":"y"}},"data":[]}`))
	if _, _, end := readAll(x); !errors.Is(end, io.EOF) {
		t.Fatal(end)
	}
	if x.Page() != "https://x/?a=1" {
		t.Errorf("threatexchange: %q", x.Page())
	}
}

// TestTags shows what becomes of words that no entry can hold.
func TestTags(t *testing.T) {
	many := make([]string, 20)
	for i := range many {
		many[i] = fmt.Sprint("word", i)
	}
	text := "pdq,tags\n" + pdqA + "," + strings.Join(many, "|") + "\n" +
		pdqA + ",a; a |" + "x" + strings.Repeat("é", 40) + "|tab\tbed|\xff|\n"
	records, bad, _ := readAll(open(t, CSV, text, Options{}))
	if len(records) != 2 || len(bad) != 0 {
		t.Fatalf("%d records, %v", len(records), bad)
	}
	if got := records[0].Entries[0].Tags; len(got) != 16 || got[15] != "word15" {
		t.Errorf("many: %q", got)
	}
	if got := fmt.Sprintf("%q", records[1].Entries[0].Tags); got != fmt.Sprintf("%q", []string{"a", "x" + strings.Repeat("é", 31), "tab bed", "\ufffd"}) {
		t.Errorf("odd: %s", got)
	}
}
