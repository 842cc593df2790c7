package stream

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// onBrokers runs a scenario on the embedded broker and, when VIGIL_KAFKA names
// one, on real Kafka.
func onBrokers(t *testing.T, scenario func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { scenario(t, embedded(t).Addr()) })
	t.Run("kafka", func(t *testing.T) {
		addr := os.Getenv("VIGIL_KAFKA")
		if addr == "" && os.Getenv("CI") == "true" && os.Getenv("VIGIL_REAL") == "1" {
			t.Fatal("VIGIL_KAFKA must name a broker here")
		}
		if addr == "" {
			t.Skip("VIGIL_KAFKA names no broker")
		}
		scenario(t, addr)
	})
}

func embedded(t *testing.T) *Embedded {
	t.Helper()
	e, err := StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// A town is one test's own corner of a broker.
type town struct {
	*testing.T
	addr, prefix string
	c            *Client
}

const testMaxMessage = 256 << 10

func newTown(t *testing.T, addr string, topics ...TopicSpec) *town {
	t.Helper()
	var random [6]byte
	if _, err := rand.Read(random[:]); err != nil {
		t.Fatal(err)
	}
	w := &town{T: t, addr: addr, prefix: "test" + hex.EncodeToString(random[:]) + "."}
	w.c = w.connect()
	topics = append(topics, TopicSpec{Name: DeadLetters, Partitions: 1})
	created, err := w.c.CreateTopics(t.Context(), topics)
	if err != nil || len(created) != len(topics) {
		t.Fatalf("created %v: %v", created, err)
	}
	return w
}

func (w *town) connect() *Client {
	w.Helper()
	c, err := Connect(w.Context(), Config{
		Brokers: []string{w.addr}, Prefix: w.prefix, MaxMessage: testMaxMessage,
		SessionTimeout: 6 * time.Second, Registerer: prometheus.NewRegistry(), Logger: w.log(),
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := c.Close(); err != nil {
			w.Error(err)
		}
	})
	return c
}

// log returns a logger whose lines are shown only when the test fails.
func (w *town) log() *zap.Logger {
	var mu sync.Mutex
	var lines bytes.Buffer
	w.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if w.Failed() {
			w.Logf("log:\n%s", lines.String())
		}
	})
	sink := zapcore.Lock(zapcore.AddSync(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return lines.Write(p)
	})))
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), sink, zapcore.DebugLevel))
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A job is a running loop.
type job struct {
	w      *town
	cancel context.CancelFunc
	err    chan error
	once   sync.Once
}

func (w *town) run(c *Client, l Loop) *job {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{w: w, cancel: cancel, err: make(chan error, 1)}
	go func() { j.err <- c.Run(ctx, l) }()
	w.Cleanup(j.stop)
	return j
}

// stop asks the loop to stop and insists that it does so without an error.
func (j *job) stop() {
	j.cancel()
	j.once.Do(func() {
		if err := j.wait(); err != nil {
			j.w.Errorf("the loop ended with %v", err)
		}
	})
}

func (j *job) wait() error {
	select {
	case err := <-j.err:
		return err
	case <-time.After(time.Minute):
		j.w.Fatal("the loop does not end")
		return nil
	}
}

// until polls a condition of a broker, which no fake clock can move.
func (w *town) until(what string, is func() bool) {
	w.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			w.Fatalf("waited for: %s", what)
		case <-tick.C:
		}
	}
}

// all returns what is in a topic now.
func (w *town) all(topic string) []Message {
	w.Helper()
	var out []Message
	if err := w.c.ReadAll(w.Context(), topic, func(m Message) error {
		out = append(out, m)
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	return out
}

// awaitIDs returns a topic once n different ids are in it.
func (w *town) awaitIDs(topic string, n int) []Message {
	w.Helper()
	var all []Message
	w.until(fmt.Sprintf("%d ids in %s", n, topic), func() bool {
		all = w.all(topic)
		return len(once(all)) >= n
	})
	if got := len(once(all)); got != n {
		w.Fatalf("%d different ids in %s, want %d", got, topic, n)
	}
	return all
}

// once drops repeats by id, as every consumer does.
func once(ms []Message) []Message {
	seen := map[string]bool{}
	var out []Message
	for _, m := range ms {
		if !seen[m.ID] {
			seen[m.ID] = true
			out = append(out, m)
		}
	}
	return out
}

func numbered(topic, key string, from, to int) []Output {
	var outs []Output
	for i := from; i < to; i++ {
		outs = append(outs, Output{Topic: topic, Event: Event{
			ID: fmt.Sprintf("%s-%04d", key, i), Source: "test", Type: "number", Key: key,
			ContentType: "text/plain", Data: []byte(strconv.Itoa(i)),
		}})
	}
	return outs
}

func (w *town) produce(outs ...Output) {
	w.Helper()
	if err := w.c.Produce(w.Context(), outs...); err != nil {
		w.Fatal(err)
	}
}

// raw produces records that need not be events, in one batch.
func (w *town) raw(topic string, codec kafka.Compression, records ...kafka.Record) {
	w.Helper()
	answer, err := w.c.admin.Produce(w.Context(), &kafka.ProduceRequest{
		Topic: w.prefix + topic, RequiredAcks: kafka.RequireAll, Compression: codec,
		Records: kafka.NewRecordReader(records...),
	})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		w.Fatal(err)
	}
}

// echo makes one output in topic "out" of each message.
func echo(m Message) []Output {
	e := m.Event
	e.ID = "echo-" + m.ID
	return []Output{{Topic: "out", Event: e}}
}

// inOrder fails unless the numbers of each key ascend, repeats apart.
func (w *town) inOrder(ms []Message) {
	w.Helper()
	last := map[string]int{}
	for _, m := range once(ms) {
		n, err := strconv.Atoi(string(m.Data))
		if err != nil {
			w.Fatal(err)
		}
		if before, ok := last[m.Key]; ok && n != before+1 {
			w.Fatalf("key %s: %d comes after %d", m.Key, n, before)
		}
		last[m.Key] = n
	}
}

// committed returns the group's offset in a partition; -1 for none.
func (w *town) committed(loop, topic string, partition int) int64 {
	w.Helper()
	answer, err := w.c.admin.OffsetFetch(w.Context(), &kafka.OffsetFetchRequest{
		GroupID: w.prefix + loop, Topics: map[string][]int{w.prefix + topic: {partition}},
	})
	if err != nil {
		return -1 // the coordinator may not be there yet
	}
	for _, p := range answer.Topics[w.prefix+topic] {
		if p.Partition == partition && p.Error == nil {
			return p.CommittedOffset
		}
	}
	return -1
}

// forget makes a partition's log begin at offset, as retention does in time.
func (w *town) forget(topic string, partition int, offset int64) {
	w.Helper()
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			w.Fatal(err)
		}
	}
	text := func(s string) { put(int16(len(s))); b.WriteString(s) }
	put([]int16{21, 1}) // DeleteRecords, version 1
	put(int32(1))
	text("test")
	put(int32(1))
	text(w.prefix + topic)
	put(int32(1))
	put(int32(partition))
	put(offset)
	put(int32(5000))

	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			w.Error(err)
		}
	}()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(b.Len())), b.Bytes()...)); err != nil {
		w.Fatal(err)
	}
	var size int32
	if err := binary.Read(conn, binary.BigEndian, &size); err != nil {
		w.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, conn, int64(size)); err != nil {
		w.Fatal(err)
	}
	start, _, err := w.c.bounds(w.Context(), topic, partition)
	if err != nil || start != offset {
		w.Fatalf("the log begins at %d, %v; want %d", start, err, offset)
	}
}

// count is a handler with state: it numbers the messages of each key and keeps
// the last. Its outputs say which number it gave.
func count(_ context.Context, m Message, s State) ([]Output, error) {
	before, err := s.Get([]byte(m.Key))
	if err != nil {
		return nil, err
	}
	n := 0
	if before != nil {
		if n, err = strconv.Atoi(string(before)); err != nil {
			return nil, err
		}
	}
	e := m.Event
	e.ID, e.Data = "count-"+m.ID, []byte(strconv.Itoa(n))
	return []Output{{Topic: "out", Event: e}}, s.Set([]byte(m.Key), []byte(strconv.Itoa(n+1)))
}

// contents returns everything in the closed store of a partition.
func contents(t *testing.T, dir string, l Loop, partition int) []string {
	t.Helper()
	db, err := pebble.Open(filepath.Join(dir, l.Name, l.Topic, strconv.Itoa(partition)), &pebble.Options{ReadOnly: true, ErrorIfNotExists: true, Logger: pebbleLog{zap.NewNop()}})
	if err != nil {
		t.Fatal(err)
	}
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for it.First(); it.Valid(); it.Next() {
		out = append(out, fmt.Sprintf("%s=%x", it.Key(), it.Value()))
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// metric returns what a counter has counted.
func metric(c *prometheus.CounterVec, labels ...string) float64 {
	var m dto.Metric
	if err := c.WithLabelValues(labels...).Write(&m); err != nil {
		return math.NaN()
	}
	return m.GetCounter().GetValue()
}

func contains(err error, texts ...string) bool {
	if err == nil {
		return false
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			return false
		}
	}
	return true
}

func kafkaKey(key string) kafka.Message { return kafka.Message{Key: []byte(key)} }
