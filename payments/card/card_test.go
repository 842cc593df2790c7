package card

import (
	"bytes"
	"encoding/binary"
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

var files = []string{"ascii-2", "ascii-raw-4", "binary-4"}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".iso8583")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func options(t testing.TB) Options {
	t.Helper()
	tok, err := signal.NewTokenizer(bytes.Repeat([]byte("k"), signal.MinKey))
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Institution: "DEMODEFFXXX", AsOf: time.Date(2026, 4, 1, 2, 0, 0, 0, time.UTC),
		Token: func(number string) string { return string(tok.Subject("card number", number)) },
	}
}

func items(t testing.TB, data []byte, o Options) []payments.Item {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
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

func show(t testing.TB, all []payments.Item) string {
	t.Helper()
	var out strings.Builder
	for _, item := range all {
		if item.Err != nil {
			fmt.Fprintf(&out, "%d refused, ref %q: %v\n", item.Number, item.Ref, item.Err)
			continue
		}
		record, err := json.Marshal(item.Record)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%d %s\n  %s\n", item.Number, item.Data, record)
	}
	return out.String()
}

// TestEveryEncodingSaysTheSame reads the files that another program wrote of the same
// messages.
func TestEveryEncodingSaysTheSame(t *testing.T) {
	for _, name := range files {
		golden.Check(t, "purchases.golden", show(t, items(t, file(t, name), options(t))))
	}
}

func TestNoNumberOfACardIsKept(t *testing.T) {
	for _, name := range files {
		text := show(t, items(t, file(t, name), options(t)))
		for _, number := range []string{"4111111111111111", "6212345678901234567", "411111", "1111111"} {
			if strings.Contains(text, number) {
				t.Errorf("%s: %s is in an item", name, number)
			}
		}
	}
}

// TestTheBytesOfAMessageAreWiped looks at the memory that the reader used.
func TestTheBytesOfAMessageAreWiped(t *testing.T) {
	r, err := NewReader(bytes.NewReader(file(t, "ascii-2")), options(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.(*reader).message()
	if err != nil || !bytes.Contains(data, []byte("4111111111111111")) {
		t.Fatalf("%q, %v", data, err)
	}
	var seen []byte
	r.(*reader).o.Token = func(string) string { return "token" }
	seen = data
	if _, err := r.(*reader).read(data, &payments.Item{}); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if bytes.Contains(seen, []byte("4111")) {
		t.Error("the number is still there")
	}
}

// TestAPurchaseItsAnswerAndItsReversalAreOne by their ids.
func TestAPurchaseItsAnswerAndItsReversalAreOne(t *testing.T) {
	byNumber := map[int]payments.Item{}
	for _, item := range items(t, file(t, "binary-4"), options(t)) {
		byNumber[item.Number] = item
	}
	for _, pair := range [][2]int{{1, 3}, {1, 5}, {7, 8}} {
		a, b := byNumber[pair[0]], byNumber[pair[1]]
		if a.ID() != b.ID() {
			t.Errorf("%d and %d have the ids %s and %s", pair[0], pair[1], a.ID(), b.ID())
		}
	}
	if byNumber[5].Withdrawal == nil || byNumber[8].Withdrawal == nil || byNumber[4].Withdrawal == nil || byNumber[6].Err == nil {
		t.Error("a reversal or a declined purchase is no withdrawal, or one of a part is one")
	}
}

func TestTheYearFollowsFromWhenTheFileWasMade(t *testing.T) {
	for _, c := range []struct{ field, asOf, want string }{
		{"0331120000", "2026-04-01T00:00:00Z", "2026-03-31T12:00:00Z"},
		{"1231235959", "2026-01-02T00:00:00Z", "2025-12-31T23:59:59Z"},
		{"0101000000", "2025-12-31T12:00:00Z", "2026-01-01T00:00:00Z"}, // within a day ahead
		{"0102000001", "2026-01-01T00:00:00Z", "2025-01-02T00:00:01Z"}, // beyond it
		{"0229120000", "2024-03-01T00:00:00Z", "2024-02-29T12:00:00Z"},
		{"0229120000", "2025-01-01T00:00:00Z", "2024-02-29T12:00:00Z"},
		{"0229120000", "2026-03-31T00:00:00Z", ""},
		{"0431120000", "2026-06-01T00:00:00Z", ""},
		{"1301000000", "2026-06-01T00:00:00Z", ""}, {"0001000000", "2026-06-01T00:00:00Z", ""}, {"0100000000", "2026-06-01T00:00:00Z", ""},
		{"0101240000", "2026-06-01T00:00:00Z", ""}, {"0101006000", "2026-06-01T00:00:00Z", ""}, {"0101000060", "2026-06-01T00:00:00Z", ""},
		{"010100000", "2026-06-01T00:00:00Z", ""}, {"01010000x0", "2026-06-01T00:00:00Z", ""},
	} {
		asOf, err := time.Parse(time.RFC3339, c.asOf)
		if err != nil {
			t.Fatal(err)
		}
		at, err := Time(c.field, asOf)
		if (err == nil) != (c.want != "") || err == nil && at.Format(time.RFC3339) != c.want {
			t.Errorf("%s in a file of %s: %v, %v, want %s", c.field, c.asOf, at, err, c.want)
		}
	}
}

func TestFieldsOfShops(t *testing.T) {
	visa := "Demo Shop                Beispielstadt" + "DE"
	master := "Demo Shop              Beispielstadt DEU"
	iso := "Demo Shop              BeispielstadtBYDE"
	for _, c := range []struct {
		names               Names
		field               string
		name, town, country string
	}{
		{Names25, visa, "Demo Shop", "Beispielstadt", "DE"},
		{Names22, master, "Demo Shop", "Beispielstadt", "DE"},
		{Names23, iso, "Demo Shop", "Beispielstadt", "DE"},
		{Names25, "Demo", "Demo", "", ""},
		{Names25, "", "", "", ""},
		{Names25, strings.Repeat("x", 38) + "QQ", strings.Repeat("x", 25), strings.Repeat("x", 13), ""},
	} {
		name, town, country := c.names.split(c.field)
		if name != c.name || town != c.town || country != c.country {
			t.Errorf("%d %q: %q, %q, %q", c.names, c.field, name, town, country)
		}
	}
}

func TestEveryCurrencyHasANumber(t *testing.T) {
	of := map[string]bool{}
	for number, letters := range numeric {
		if _, known := payments.MinorDigits(letters); !known || len(number) != 3 {
			t.Errorf("%s is %s", number, letters)
		}
		of[letters] = true
	}
	if len(of) != 165 { // Of payments' 166: ANG and XCG share 532.
		t.Errorf("%d currencies", len(of))
	}
	if currencyOf("532") != "XCG" || currencyOf("608") != "PHP" || currencyOf("EUR") != "EUR" || currencyOf("000") != "" {
		t.Error("a number is of another currency")
	}
}

func TestOptionsAreCheckedAtOnce(t *testing.T) {
	_, err := NewReader(strings.NewReader("x"), Options{Header: 3})
	for _, want := range []string{"the institution", "the time", "Token"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		o    Options
	}{
		{"text", []byte("some other file of text"), options(t)},
		{"another version", []byte("\x00\x201200" + strings.Repeat("0", 28)), options(t)},
		{"another header", file(t, "ascii-2"), Options{Institution: "I", AsOf: time.Now(), Token: strings.ToUpper, Header: 4}},
		{"another encoding", file(t, "ascii-2"), Options{Institution: "I", AsOf: time.Now(), Token: strings.ToUpper, Encoding: Binary}},
	} {
		if _, err := NewReader(bytes.NewReader(c.data), c.o); err == nil {
			t.Errorf("%s was taken", c.name)
		}
	}
	if all := items(t, nil, options(t)); len(all) != 0 {
		t.Error("an empty file has items")
	}
}

func framed(message string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

// TestABadMessageDoesNotStopTheFileAndABadLengthDoes.
func TestABadMessageDoesNotStopTheFileAndABadLengthDoes(t *testing.T) {
	good := file(t, "ascii-2")
	good = good[:2+int(binary.BigEndian.Uint16(good))]
	message := string(good[2:])
	for _, c := range []struct{ name, message, want string }{
		{"field that ends too soon", message[:len(message)-3], "field 55: the message ends too soon"},
		{"bytes behind", message + "x", "1 bytes follow the last field"},
		{"another version", "1" + message[1:], "message type: of another version"},
		{"no digits", "02x0" + message[4:], "message type: is not four digits"},
		{"no bitmap", message[:10], "bitmap: the message ends too soon"},
		{"letters in the amount", strings.Replace(message, "000000001999", "00000000l999", 1), "field 4: is not as many digits"},
		{"a number that is masked", strings.Replace(message, "164111111111111111", "16411111******1111", 1), "field 2: is not as many digits"},
		{"a length beyond the field's", strings.Replace(message, "164111", "994111", 1), "field 2: is longer than it may be"},
		{"a length that is none", strings.Replace(message, "164111", "x64111", 1), "field 2: its length is no number"},
		{"a third bitmap", "0200F0000000000000008000000000000000" + message[20:], "field 65: is in no message"},
		{"control characters", strings.Replace(message, "SHOP", "SH\x1bP", 1), "field 42: has a character"},
	} {
		all := items(t, bytes.Join([][]byte{good, framed(c.message), good}, nil), options(t))
		if len(all) != 3 || all[0].Err != nil || all[2].Err != nil || all[1].Err == nil || !strings.Contains(all[1].Err.Error(), c.want) {
			t.Errorf("%s: %s, want %q", c.name, show(t, all), c.want)
			continue
		}
		if all[1].Data != nil {
			t.Errorf("%s: a bad message has data, which may hold a card's number", c.name)
		}
	}
	for name, tail := range map[string][]byte{"zero": {0, 0, 1}, "cut off": good[:50], "half a length": {0}, "too long": {0xff, 0xff, 1, 2}} {
		all := items(t, append(bytes.Clone(good), tail...), options(t))
		if len(all) != 2 || all[1].Err == nil || int(all[1].Offset) != len(good) {
			t.Errorf("%s: %s", name, show(t, all))
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestErrorsOfTheSourceAreNoItems(t *testing.T) {
	boom := errors.New("boom")
	if _, err := NewReader(broken{boom}, options(t)); !errors.Is(err, boom) {
		t.Error(err)
	}
	r, err := NewReader(io.MultiReader(bytes.NewReader(file(t, "ascii-2")[:100]), broken{boom}), options(t))
	if err != nil {
		t.Fatal(err)
	}
	if item, err := r.Next(); !errors.Is(err, boom) {
		t.Errorf("%+v, %v", item, err)
	}
}

func FuzzReader(f *testing.F) {
	for _, name := range files {
		f.Add(file(f, name))
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), o)
		if err != nil {
			return
		}
		last := int64(-1)
		for {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var rejection *signal.Rejection
			if item.Offset <= last || (item.Err == nil) == (item.Record == (payments.Record{})) || item.Err != nil && !errors.As(item.Err, &rejection) {
				t.Fatalf("%+v", item)
			}
			last = item.Offset
		}
	})
}

// FuzzParse reads one message in both encodings.
func FuzzParse(f *testing.F) {
	data := file(f, "ascii-2")
	f.Add(data[2:2+int(binary.BigEndian.Uint16(data))], false)
	data = file(f, "binary-4")
	f.Add(data[4:160], true)
	o := options(f)
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		e := ASCII
		if packed {
			e = Binary
		}
		m, err := parse(data, e)
		if err != nil {
			return
		}
		if _, _, err := o.record(m); err != nil {
			var rejection *signal.Rejection
			if !errors.As(err, &rejection) {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, name := range []string{"ascii-2", "binary-4"} {
		b.Run(name, func(b *testing.B) {
			data, o := file(b, name), options(b)
			began := time.Now()
			for b.Loop() {
				items(b, data, o)
			}
			b.ReportMetric(float64(time.Since(began).Nanoseconds())/float64(b.N)/20, "ns/message")
		})
	}
}
