package columns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/golden"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mapOf(t testing.TB, text string) *Map {
	t.Helper()
	m, err := ReadMap([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func items(t testing.TB, data []byte, m *Map) []payments.Item {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), m)
	if err != nil {
		t.Fatal(err)
	}
	var all []payments.Item
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Fatal("the end is not the end")
			}
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
}

// TestFilesGolden shows what is read of every row, or why it is refused.
func TestFilesGolden(t *testing.T) {
	for _, name := range []string{"statement", "plain"} {
		data := file(t, name+".csv")
		var out strings.Builder
		for _, item := range items(t, data, mapOf(t, string(file(t, name+".map.yaml")))) {
			if item.Err != nil {
				var rejection *signal.Rejection
				if !errors.As(item.Err, &rejection) || item.Record != (payments.Record{}) {
					t.Errorf("row %d: %+v", item.Number, item)
				}
				fmt.Fprintf(&out, "%d at byte %d refused, ref %q: %v\n", item.Number, item.Offset, item.Ref, item.Err)
				continue
			}
			record, err := json.Marshal(item.Record)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%d at byte %d %s\n  %s\n", item.Number, item.Offset, item.Data, record)
		}
		golden.Check(t, name+".golden", out.String())
	}
}

// TestOffsetsAreWhereRowsBegin: a feed that stopped goes on there.
func TestOffsetsAreWhereRowsBegin(t *testing.T) {
	data := file(t, "plain.csv")
	n := 0
	for _, item := range items(t, data, mapOf(t, string(file(t, "plain.map.yaml")))) {
		n++
		if want := fmt.Sprintf("P-%d,", item.Number); !bytes.HasPrefix(data[item.Offset:], []byte(want)) {
			t.Errorf("row %d begins at byte %d with %.10q", item.Number, item.Offset, data[item.Offset:])
		}
	}
	if n != 9 {
		t.Errorf("%d rows", n)
	}
}

func TestAWrongMapIsRefusedWithEveryFault(t *testing.T) {
	_, err := ReadMap(file(t, "wrong.map.yaml"))
	if err == nil {
		t.Fatal("was taken")
	}
	golden.Check(t, "wrong.golden", err.Error()+"\n")
}

const small = "time: {layout: iso8601}\ncolumns: {a: id, b: at, c: amount, d: debtor.account, e: creditor.account}\nconstants: {institution: I, currency: EUR}\n"

func TestMapsThatAreNone(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: empty"},
		{"no YAML", "a: [", "not YAML"},
		{"no mapping", "- a\n", "want a mapping"},
		{"two", "a: b\n---\na: b\n", "a second document"},
		{"deep", strings.Repeat("[", 40), "brackets"},
		{"dashes", strings.Repeat("- ", 100_000), "dashes"},
		{"long", strings.Repeat("#", maxMap+1), "longer than"},
		{"no id", strings.Replace(small, "a: id, ", "", 1), "none for id"},
		{"no time", strings.Replace(small, "b: at, ", "", 1), "none for at"},
		{"no zone", strings.Replace(small, "iso8601", "yyyy-MM-dd HH:mm", 1), "time.zone: is missing"},
		{"no layout", strings.Replace(small, "time: {layout: iso8601}\n", "", 1), "time.layout: is missing"},
		{"a date alone", strings.Replace(small, "iso8601", "yyyy-MM-dd", 1), "want a layout with year, month, day, hour"},
		{"no amount", strings.Replace(small, "c: amount, ", "", 1), "none for amount"},
		{"no ends", strings.Replace(small, ", d: debtor.account, e: creditor.account", "", 1), "want fields of debtor and creditor"},
		{"directions of debtors", small + "direction: {sign: negative}\n", "debtor and creditor say it already"},
		{"no direction", strings.NewReplacer("debtor", "account", "creditor", "counterparty").Replace(small), "want one of direction.sign"},
		{"lists without a column", strings.NewReplacer("debtor", "account", "creditor", "counterparty").Replace(small) + "direction: {sign: negative, debit: [D]}\n", "want both lists and the column"},
		{"status without a column", small + "withdrawn: [X]\n", "withdrawn: lists what the column status says"},
		{"a column twice", strings.Replace(small, "b: at", "b: at, f: at", 1), "a second column for at"},
		{"a constant that is a column", strings.Replace(small, "currency: EUR", "currency: EUR, debtor.account: x", 1), "is a column too"},
		{"names without a header", "header: false\n" + small, "without a header a column is a number"},
		{"a quote", strings.Replace(small, "iso8601", "yyyy-MM-dd 'T HH:mm", 1), "a quote that is not closed"},
		{"twice", strings.Replace(small, "iso8601", "yyyy-MM-dd HH:mm:mm", 1), "has mm twice"},
		{"letters", strings.Replace(small, "iso8601", "yyyy-MM-ddTHH:mm", 1), "'T'"},
	} {
		_, err := ReadMap([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAMapThatDoesNotFitTheHeaderNamesEveryColumn(t *testing.T) {
	_, err := NewReader(strings.NewReader("a,c,d,d\n"), mapOf(t, small))
	if err == nil {
		t.Fatal("was taken")
	}
	for _, want := range []string{`no column "b", of which line 2`, `column "d" twice`, `no column "e"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := NewReader(strings.NewReader(""), mapOf(t, small)); err == nil {
		t.Error("no header at all was taken")
	}
}

func TestAQuoteThatIsNotClosedEndsTheFile(t *testing.T) {
	row := "1,2026-03-31T14:00:00Z,5,x,y\n"
	all := items(t, []byte("a,b,c,d,e\n"+row+`"`+strings.Repeat(row, 100_000)), mapOf(t, small))
	if len(all) != 2 || all[0].Err != nil || all[1].Err == nil || !strings.Contains(all[1].Err.Error(), "csv-row: behind line 2: a row of more than") {
		t.Errorf("%d items, the last %v", len(all), all[len(all)-1].Err)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestErrorsOfTheSourceAreNoItems(t *testing.T) {
	boom := errors.New("boom")
	if _, err := NewReader(broken{boom}, mapOf(t, small)); !errors.Is(err, boom) {
		t.Error(err)
	}
	r, err := NewReader(io.MultiReader(strings.NewReader("a,b,c,d,e\n1,2026"), broken{boom}), mapOf(t, small))
	if err != nil {
		t.Fatal(err)
	}
	if item, err := r.Next(); !errors.Is(err, boom) {
		t.Errorf("%+v, %v", item, err)
	}
	if r, err = NewReader(io.MultiReader(strings.NewReader("a,b,c,d,e\n\"1,2026"), broken{boom}), mapOf(t, small)); err != nil {
		t.Fatal(err)
	}
	if item, err := r.Next(); !errors.Is(err, boom) {
		t.Errorf("within quotes: %+v, %v", item, err)
	}
}

func TestAmountsAreNotGuessed(t *testing.T) {
	german, english, indian, blank := numbers{",", "."}, numbers{".", ","}, numbers{".", ","}, numbers{",", " "}
	for _, c := range []struct {
		n        numbers
		text     string
		want     string
		negative bool
	}{
		{german, "1.234,50", "1234.50", false}, {german, "-1.234.567,5", "1234567.5", true}, {german, "12,50-", "12.50", true},
		{english, "(1,234.50)", "1234.50", true}, {english, "+5", "5", false}, {english, "\u22125", "5", true}, {english, "- 5", "5", true},
		{indian, "1,00,000.00", "100000.00", false}, {blank, "1\u00a0234,5", "1234.5", false}, {blank, "1\u202f234", "1234", false},
		{numbers{".", ""}, "1234.5", "1234.5", false}, {english, "1234567.5", "1234567.5", false}, {german, "5,", "5", false},
	} {
		got, negative, err := c.n.plain(c.text)
		if err != nil || got != c.want || negative != c.negative {
			t.Errorf("%q: %q, %v, %v, want %q", c.text, got, negative, err, c.want)
		}
	}
	for _, c := range []struct {
		n    numbers
		text string
	}{
		{german, "1.5"}, {german, "1.50"}, {german, "1234.567"}, {german, ".5"}, {german, "1..234"}, {german, "1.234."}, {english, "1,5"}, {english, "1,23,45"},
		{english, "--5"}, {english, "-5-"}, {english, "(-5)"}, {english, "(5"}, {english, ""}, {english, "5 EUR"}, {english, "1e5"}, {english, "5.5.5"}, {english, "٥"},
		{numbers{".", ""}, "1,234"}, {english, ","}, {english, "-"},
	} {
		if got, _, err := c.n.plain(c.text); err == nil {
			t.Errorf("%q was read as %s", c.text, got)
		}
	}
}

func TestTimesOfAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ layout, text, want string }{
		{"yyyy-MM-dd HH:mm:ss", "2026-03-31 14:00:00", "2026-03-31T12:00:00Z"},
		{"d.M.yy H:mm", "1.2.26 9:05", "2026-02-01T08:05:00Z"},
		{"dd MMM yyyy hh:mm a", "31 Mar 2026 02:00 PM", "2026-03-31T12:00:00Z"},
		{"yyyyMMddHHmmss", "20260331140000", "2026-03-31T12:00:00Z"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-31T14:00:00.750-05:00", "2026-03-31T19:00:00Z"},
		{layoutISO, "2026-03-31T14:00:00.5+08:00", "2026-03-31T06:00:00Z"},
		{layoutUnix, "1774958400", "2026-03-31T12:00:00Z"},
		{"yyyy-MM-dd HH:mm", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},
		{"yyyy-MM-dd HH:mm", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"yyyy-MM-dd HH:mm", "2026-10-25 02:30", "2026-10-25T00:30:00Z"}, // the first of two
		{"yyyy-MM-dd HH:mm", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
		{"yyyy-MM-dd HH:mm", "2026-03-29 02:30", ""}, // there was none
		{"yyyy-MM-dd HH:mm", "2026-03-31 14:00:00", ""},
		{"yyyy-MM-dd HH:mm", "2026-02-29 14:00", ""},
		{layoutUnix, "-5", ""},
	} {
		l, err := newLayout(c.layout)
		if err != nil {
			t.Errorf("%s: %v", c.layout, err)
			continue
		}
		at, err := l.read(c.text, berlin)
		if (err == nil) != (c.want != "") || err == nil && at.UTC().Truncate(time.Second).Format(time.RFC3339) != c.want {
			t.Errorf("%s %q: %v, %v, want %s", c.layout, c.text, at, err, c.want)
		}
	}
}

func TestADateAloneNeedsAnHourThatSomebodyNames(t *testing.T) {
	text := strings.NewReplacer("b: at", "b: date", "{layout: iso8601}", `{date: yyyy-MM-dd, assume: "12:00", zone: Asia/Manila}`).Replace(small)
	all := items(t, []byte("a,b,c,d,e\n1,2026-03-31,5,x,y\n"), mapOf(t, text))
	if len(all) != 1 || all[0].Err != nil || all[0].Transaction.At != time.Date(2026, 3, 31, 4, 0, 0, 0, time.UTC) {
		t.Errorf("%+v", all)
	}
	if _, err := ReadMap([]byte(strings.Replace(text, `assume: "12:00", `, "", 1))); err == nil || !strings.Contains(err.Error(), "time.assume") {
		t.Error(err)
	}
}

// TestARefusedRowIsKept holds that nothing of a file is lost: the rows that go on and the
// bytes of those that are refused are all of it.
func TestARefusedRowIsKept(t *testing.T) {
	data := file(t, "statement.csv")
	all := items(t, data, mapOf(t, string(file(t, "statement.map.yaml"))))
	refused := 0
	for i, item := range all {
		end := int64(len(data))
		if i+1 < len(all) {
			end = all[i+1].Offset
		}
		if item.Err == nil {
			if item.Raw != nil {
				t.Errorf("record %d is good, and its bytes are kept", item.Number)
			}
			continue
		}
		if refused++; string(item.Raw) != string(data[item.Offset:end]) {
			t.Errorf("record %d: %q is kept of %q", item.Number, item.Raw, data[item.Offset:end])
		}
	}
	if refused != 11 {
		t.Errorf("%d are refused", refused)
	}
	// Over many rows, in little memory, and of one that does not end its beginning.
	row := "1,2026-03-31T14:00:00Z,5,x,y\n"
	long := "a,b,c,d,e\n" + strings.Repeat(row, 20_000) + "2,never,5,x,y\n" + row + "3,\"" + strings.Repeat("z", MaxRow+1000)
	all = items(t, []byte(long), mapOf(t, small))
	if bad := all[20_000]; string(bad.Raw) != "2,never,5,x,y\n" {
		t.Errorf("%q is kept", bad.Raw)
	}
	if last := all[len(all)-1]; len(all) != 20_003 || len(last.Raw) != payments.MaxBroken || !strings.HasPrefix(long[last.Offset:], string(last.Raw)) {
		t.Errorf("%d records, %d bytes are kept of the last, %v", len(all), len(last.Raw), last.Err)
	}
}

func FuzzReader(f *testing.F) {
	for _, name := range []string{"statement", "plain"} {
		f.Add(file(f, name+".csv"), file(f, name+".map.yaml"))
	}
	f.Add([]byte("a,b,c,d,e\n1,2026-03-31T14:00:00Z,5,x,y\n"), []byte(small))
	f.Add([]byte("a"), file(f, "wrong.map.yaml"))
	f.Fuzz(func(t *testing.T, data, text []byte) {
		m, err := ReadMap(text)
		if err != nil {
			return
		}
		r, err := NewReader(bytes.NewReader(data), m)
		if err != nil {
			return
		}
		last := int64(-1)
		for n := 1; ; n++ {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err) // The source has no faults.
			}
			var rejection *signal.Rejection
			if item.Number != n || item.Offset <= last || (item.Err == nil) == (item.Record == (payments.Record{})) || item.Err != nil && !errors.As(item.Err, &rejection) {
				t.Fatalf("%+v", item)
			}
			if !bytes.HasPrefix(data[item.Offset:], item.Raw) || len(item.Raw) > 0 && item.Data != nil {
				t.Fatalf("%q is not what lies at %d", item.Raw, item.Offset)
			}
			last = item.Offset
		}
	})
}

// BenchmarkReader reads rows of a statement.
func BenchmarkReader(b *testing.B) {
	all := file(b, "statement.csv")
	lines := bytes.SplitAfter(all, []byte("\n"))
	data := bytes.Join(append([][]byte{lines[0], lines[1]}, bytes.Repeat(lines[2], 1000)), nil)
	m := mapOf(b, string(file(b, "statement.map.yaml")))
	began := time.Now()
	for b.Loop() {
		if n := len(items(b, data, m)); n != 1000 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/float64(b.N)/1000, "ns/row")
}
