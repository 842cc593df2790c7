package iso20022

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments"
)

// items collects the items of a file.
func items(t testing.TB, data string) []payments.Item {
	t.Helper()
	r := NewReader(bufio.NewReader(strings.NewReader(data)))
	var all []payments.Item
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
}

func TestFramesCutsAMessageIntoTheSameTransactions(t *testing.T) {
	other := fullTransaction()
	other.Ref, other.Amount = "REF-2", 20_00
	plain := string(writePacs008(t, fullTransaction(), other))
	_, body, _ := strings.Cut(plain, "?>")
	for name, data := range map[string]string{
		"plain":           plain,
		"byte order mark": "\ufeff\n" + plain,
		"wrapped": `<m:Msg xmlns:m="urn:m" xmlns:d="` + space08 + `"><m:AppHdr/>` +
			strings.NewReplacer("</", "</d:", "<", "<d:", ` xmlns="`+space08+`"`, "").Replace(body) + `</m:Msg>`,
	} {
		all := items(t, data)
		if len(all) != 2 {
			t.Fatalf("%s: %d items, want 2", name, len(all))
		}
		for i, want := range []payments.Transaction{fullTransaction(), other} {
			item := all[i]
			got, err := parse(item.Data)
			if err != nil || item.Err != nil {
				t.Fatalf("%s: %v, %v\n%s", name, err, item.Err, item.Data)
			}
			if len(got) != 1 || got[0].ID() != want.ID() || got[0].Amount != want.Amount || !got[0].At.Equal(want.At) {
				t.Errorf("%s: item %d is %+v", name, i+1, got)
			}
			if item.Number != i+1 || item.Key() != want.ID() {
				t.Errorf("%s: number %d, key %s", name, item.Number, item.Key())
			}
			if !bytes.Contains(item.Data, []byte("<MsgId>")) && !bytes.Contains(item.Data, []byte("<d:MsgId>")) {
				t.Errorf("%s: the header is lost\n%s", name, item.Data)
			}
		}
	}
}

func TestFramesGivesBadTransactionsAndGoesOn(t *testing.T) {
	bad := strings.Replace(transactionXML("2"), "50.00", "-50.00", 1)
	all := items(t, message(space08, transactionXML("1"), bad, transactionXML("3")))
	var got []string
	for _, item := range all {
		got = append(got, reasons(t, item.Err)...)
	}
	if len(all) != 3 || !slices.Equal(got, []string{"amount-negative"}) || all[1].Err == nil {
		t.Errorf("%d items with reasons %v, want the second of three to be refused", len(all), got)
	}
}

func TestFramesEndsWithWhatCannotBeCut(t *testing.T) {
	good := message(space08, transactionXML("1"), transactionXML("2"))
	second := strings.LastIndex(good, "<CdtTrfTxInf>")
	for _, c := range []struct {
		name, data, reason string
		items              int
	}{
		{"cut off", good[:second+100], "xml", 2},
		{"cut off at the end", good[:len(good)-3], "xml", 3},
		{"broken", good[:second] + "<&" + good[second:], "xml", 2},
		{"DTD", "<!DOCTYPE x>" + good, "xml-dtd", 1},
		{"wrong namespace", message("urn:x", transactionXML("1")), "xml-namespace", 1},
		{"nothing in it", message(space08), "required-field", 1},
		{"giant transaction", strings.Replace(good, "<ChrgBr>", strings.Repeat("<a>bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb</a>", 15_000)+"<ChrgBr>", 1), "xml-limit", 1},
		{"giant text", strings.Replace(good, "Maria", strings.Repeat("M", 2*payments.MaxRecord), 1), "xml-limit", 1},
		{"giant header", strings.Replace(good, "<MsgId>", "<x>"+strings.Repeat("<a>"+strings.Repeat("b", 1000)+"</a>", 200)+"</x><MsgId>", 1), "record-too-large", 1},
	} {
		all := items(t, c.data)
		if len(all) != c.items {
			t.Errorf("%s: %d items, want %d", c.name, len(all), c.items)
			continue
		}
		for i, item := range all {
			last := i == len(all)-1
			if got := reasons(t, item.Err); last != slices.Equal(got, []string{c.reason}) || !last && item.Err != nil {
				t.Errorf("%s: item %d: %v", c.name, i+1, item.Err)
			}
			if last {
				if len(item.Data) > payments.MaxBroken || item.Number != c.items || item.Key() == "" {
					t.Errorf("%s: the last item has %d bytes and number %d", c.name, len(item.Data), item.Number)
				}
				if _, err := Parse(item.Data); err == nil {
					t.Errorf("%s: the room would take the last item", c.name)
				}
			}
		}
	}
}

func TestReaderReturnsErrorsOfItsSource(t *testing.T) {
	boom := errors.New("boom")
	data := message(space08, transactionXML("1"), transactionXML("2"))
	for n := range data {
		r := NewReader(bufio.NewReader(io.MultiReader(strings.NewReader(data[:n]), errReader{boom})))
		var err error
		for err == nil {
			var item payments.Item
			if item, err = r.Next(); item.Err != nil {
				t.Fatalf("after %d bytes: %v", n, item.Err)
			}
		}
		if !errors.Is(err, boom) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// generated is a message of n transactions that is never whole in memory.
type generated struct {
	n, next int
	buf     []byte
	read    int
}

func (g *generated) Read(p []byte) (int, error) {
	head, tail, _ := strings.Cut(message(space08, "|"), "|")
	for len(g.buf) == 0 {
		switch {
		case g.next == 0:
			g.buf = []byte(head)
		case g.next <= g.n:
			g.buf = []byte(transactionXML(fmt.Sprint(g.next)))
		case g.next == g.n+1:
			g.buf = []byte(tail)
		default:
			return 0, io.EOF
		}
		g.next++
	}
	n := copy(p, g.buf)
	g.buf = g.buf[n:]
	g.read += n
	return n, nil
}

func TestFramesNeedsTheSameMemoryForAnyLength(t *testing.T) {
	const n = 50_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	g := &generated{n: n}
	r := NewReader(bufio.NewReader(g))
	before, most, items := heap(), uint64(0), 0
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err = errors.Join(err, item.Err); err != nil {
			t.Fatal(err)
		}
		if items++; items%10_000 == 0 {
			most = max(most, heap())
		}
	}
	if items != n {
		t.Fatalf("%d items of %d", items, n)
	}
	if grown := int64(most) - int64(before); grown > 1<<20 {
		t.Errorf("memory grew by %d bytes over %d bytes of input", grown, g.read)
	}
	t.Logf("%d transactions, %d bytes, heap grew by %d bytes at most", items, g.read, int64(most)-int64(before))
}

func FuzzFrames(f *testing.F) {
	f.Add(message(space08, transactionXML("1"), transactionXML("2")))
	f.Add(`<p:M xmlns:p="` + space08 + `"><p:Document><p:FIToFICstmrCdtTrf><p:GrpHdr/><p:CdtTrfTxInf/></p:FIToFICstmrCdtTrf></p:Document></p:M>`)
	f.Fuzz(func(t *testing.T, data string) {
		for i, item := range items(t, data) {
			if item.Number != i+1 || len(item.Data) > payments.MaxRecord || item.Key() == "" {
				t.Fatalf("item %d: number %d, %d bytes, key %q", i+1, item.Number, len(item.Data), item.Key())
			}
			good, err := parse(item.Data)
			if (err == nil) != (item.Err == nil) {
				t.Fatalf("item says %v and the room says %v\n%s", item.Err, err, item.Data)
			}
			if err == nil && (len(good) != 1 || good[0].ID() != item.Key()) {
				t.Fatalf("a record of %d transactions, key %s", len(good), item.Key())
			}
		}
	})
}
