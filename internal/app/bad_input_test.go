package app

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/internal/world"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
)

// TestBadInputGoesToTheDeadLettersAndTheRestIsDone runs the rooms, sends bad
// records of every kind among good ones, and looks at both.
func TestBadInputGoesToTheDeadLettersAndTheRestIsDone(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { badInput(t, "") })
	t.Run("kafka", func(t *testing.T) { badInput(t, realKafka(t)) })
}

func badInput(t *testing.T, broker string) {
	c := DefaultConfig(t.TempDir())
	c.Review.onePerson()
	c.Listen, c.Review.Listen = "none", "none"
	c.Prefix = fmt.Sprintf("bad-%d.", time.Now().UnixNano())
	c.Rooms = []string{"detect", "payments"}
	if broker != "" {
		c.Brokers = []string{broker}
		if err := CreateTopics(t.Context(), c, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- runRooms(ctx, c, zap.NewNop(), func(addr string) { up <- addr }) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	var addr string
	select {
	case addr = <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	client := connect(t, addr, c.Prefix)
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		t.Fatal(err)
	}

	w, err := world.New(3, townDay)
	if err != nil {
		t.Fatal(err)
	}
	session := detect.SessionRecord{
		Stream: "s1", Platform: "demo", Subject: tok.Subject("demo", "a@example.org"), State: detect.Started, StartedAt: townDay, At: townDay,
	}
	good, err := w.Streams[0].Frame(0)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	frames := 0
	frame := func(reason, contentType string, data []byte) {
		t.Helper()
		frames++
		out := frameOutput(session, frames, townDay.Add(time.Duration(frames)*time.Second), contentType, data)
		if err := client.Produce(t.Context(), out); err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if reason != "" {
			want[reason]++
		}
	}
	bank := func(reason, contentType string, data []byte) {
		t.Helper()
		if err := client.Produce(t.Context(), transactionOutput(payments.Item{ContentType: contentType, Data: data})); err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if reason != "" {
			want[reason]++
		}
	}

	frame("", detect.JPEG, good)
	frame("image-broken", detect.JPEG, good[:len(good)/2])
	frame("image-too-large", detect.JPEG, append(slices.Clone(good), make([]byte, 8<<20)...))
	frame("image-pixels", "image/png", pngOf(60_000, 60_000, nil))
	frame("image-pixels", "image/png", pngOf(10_000, 10_000, make([]byte, 10_001*10_000)))
	frame("image-format", detect.JPEG, []byte("<html>no picture</html>"))
	frame("content-type", "text/html", []byte("<html>no picture</html>"))
	frame("schema", detect.HashType, []byte(`{"kind":"pdq","hash":"12","quality":80}`))
	frame("", detect.JPEG, good)
	ahead := frameOutput(session, 1000, time.Now().Add(48*time.Hour), detect.JPEG, good)
	if err := client.Produce(t.Context(), ahead); err != nil {
		t.Fatal(err)
	}
	want["time-future"]++

	xml := func(i int, replace ...string) []byte {
		var b bytes.Buffer
		tx := payments.Transaction{
			Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("B%03d", i), At: townDay, Amount: 5000, Currency: "EUR",
			Debtor:   payments.Party{Name: "Payer Demo", Country: "DE", Agent: "DEMODEFFXXX", Email: "p@example.org"},
			Creditor: payments.Party{Name: "Payee Demo", Country: "CA", Agent: "DEMOCAXXXXX", Proxy: "q@example.org"},
		}
		if err := iso20022.WritePacs008(&b, []payments.Transaction{tx}); err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer(replace...).Replace(b.String())
		if len(replace) > 0 && text == b.String() {
			t.Fatalf("%v changed nothing in %s", replace, text)
		}
		return []byte(text)
	}
	bank("", payments.ContentXML, xml(1))
	bank("xml", payments.ContentXML, xml(2)[:400])
	bank("xml-dtd", payments.ContentXML, xml(3, "<Document", `<!DOCTYPE x [<!ENTITY a "b">]><Document`))
	bank("currency", payments.ContentXML, xml(4, `Ccy="EUR"`, `Ccy="QQQ"`))
	bank("amount-negative", payments.ContentXML, xml(5, ">50.00<", ">-50.00<"))
	bank("time-zone", payments.ContentXML, xml(6, "18:00:00Z</AccptncDtTm", "18:00:00</AccptncDtTm"))
	bank("time-future", payments.ContentXML, xml(9, "<AccptncDtTm>2026", "<AccptncDtTm>2099"))
	bank("xml-namespace", payments.ContentXML, xml(7, "pacs.008.001.08", "pacs.999.001.08"))
	bank("schema", payments.ContentJSON, []byte(`{"institution":"DEMODEFFXXX"}`))
	bank("json", payments.ContentJSON, []byte(`{"institution"`))
	bank("content-type", "text/csv", []byte("a,b"))
	bank("", payments.ContentXML, xml(8))

	bad, err := session.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Produce(t.Context(), stream.Output{Topic: topicSessions, Event: stream.Event{
		ID: "x", Source: "platform/demo", Type: "vigil.session.v1", Time: townDay, Key: "s1", ContentType: typeJSON,
		Data: bytes.Replace(bad, []byte(`:00Z`), []byte(`:00`), 1),
	}}); err != nil {
		t.Fatal(err)
	}
	want["schema"]++

	eventually(t, time.Minute, "dead letters", func() (bool, string) {
		got := map[string]int{}
		if err := client.ReadAll(t.Context(), topicDeadLetter, func(m stream.Message) error {
			got[m.Headers["vigil-reason"]]++
			if text := m.Headers["vigil-error"]; text == "" || strings.Contains(text, "example.org") {
				return fmt.Errorf("the reason text is %q", text)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return maps.Equal(got, want), fmt.Sprintf("\n got %v\nwant %v", got, want)
	})
	count := func(topic string) int {
		ids := map[string]bool{}
		if err := client.ReadAll(t.Context(), topic, func(m stream.Message) error {
			ids[m.ID] = true
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	eventually(t, time.Minute, "good payments", func() (bool, string) {
		n := count(topicTransfers)
		return n == 4, fmt.Sprintf("%d transfers of 2 payments", n)
	})

	// A command that would wait for a topic that is not there says so.
	if err := client.CheckTopics(t.Context(), topicFrames, "no-such-topic"); err == nil ||
		!strings.Contains(err.Error(), c.Prefix+"no-such-topic") || strings.Contains(err.Error(), topicFrames) {
		t.Errorf("a missing topic gave %v", err)
	}

	// A record beyond the limit is refused where it is made, with its size.
	err = client.Produce(t.Context(), frameOutput(session, 99, townDay, detect.JPEG, make([]byte, 10<<20)))
	var permanent interface{ Permanent() bool }
	if !errors.As(err, &permanent) || !strings.Contains(err.Error(), "frames") {
		t.Errorf("an oversize record gave %v", err)
	}
}

// pngOf is a grey PNG whose header says w by h and whose data inflates to rows.
func pngOf(w, h uint32, rows []byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(data)))
		b.Write(n[:])
		body := append([]byte(name), data...)
		b.Write(body)
		binary.BigEndian.PutUint32(n[:], crc32.ChecksumIEEE(body))
		b.Write(n[:])
	}
	header := binary.BigEndian.AppendUint32(nil, w)
	header = binary.BigEndian.AppendUint32(header, h)
	chunk("IHDR", append(header, 8, 0, 0, 0, 0))
	var z bytes.Buffer
	deflate := zlib.NewWriter(&z)
	_, _ = deflate.Write(rows) // a bytes.Buffer takes everything
	_ = deflate.Close()
	chunk("IDAT", z.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}
