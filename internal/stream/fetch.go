package stream

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	wire "github.com/segmentio/kafka-go/protocol/fetch"
)

// kafka-go's own Fetch decompresses a batch without a limit, hides an error
// behind the records that came before it, and never says where a batch of which
// compaction left no record ends, so that a reader asks for it for ever.
// Therefore the request goes through kafka-go's transport, which finds the
// leader and keeps the connections, and the response is read here, as bytes of
// at most a known size.

// fetchVersion is the version of the Fetch API that is spoken: the oldest with
// the log's start offset, known to every broker since Kafka 1.0 and to 4.x.
const fetchVersion = 5

// maxWait is how long a broker may wait for new records.
const maxWait = 500 * time.Millisecond

// requestTimeout bounds one request; a broker that does not answer by then is
// asked again on another connection.
const requestTimeout = 10 * time.Second

// errOutOfRange means that the log does not hold the offset that was asked for:
// retention has removed it, or it was never written.
var errOutOfRange = errors.New("the log does not hold the offset")

// fetched is the answer to one fetch.
type fetched struct {
	highWatermark int64 // the offset after the newest record
	logStart      int64 // the oldest offset kept
	batches       []byte
}

// fetch asks the leader of a partition for records from offset on.
func (c *Client) fetch(ctx context.Context, topic string, partition int, offset int64) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	exchange := &fetchExchange{
		clientID: c.cfg.ClientID,
		limit:    c.maxResponse(),
		Request: wire.Request{
			ReplicaID:   -1,
			MaxWaitTime: int32(maxWait / time.Millisecond),
			MinBytes:    1,
			MaxBytes:    fetchBytes,
			SessionID:   -1,
			Topics: []wire.RequestTopic{{
				Topic: c.cfg.Prefix + topic,
				Partitions: []wire.RequestPartition{{
					Partition: int32(partition), FetchOffset: offset, LogStartOffset: -1,
					CurrentLeaderEpoch: -1, PartitionMaxBytes: fetchBytes,
				}},
			}},
		},
	}
	answer, err := c.transport.RoundTrip(ctx, c.addr, exchange)
	if err != nil {
		return fetched{}, fmt.Errorf("fetch %s/%d from offset %d: %w", topic, partition, offset, err)
	}
	f, err := parseFetch(answer.(*fetchAnswer).body)
	if err != nil {
		return f, fmt.Errorf("fetch %s/%d from offset %d: %w", topic, partition, offset, err)
	}
	return f, nil
}

// fetchBytes is what one fetch asks for; a broker answers with more where the
// first batch alone is bigger.
const fetchBytes = 2 << 20

// maxResponse bounds the answer to one fetch: what was asked for, or one batch
// of a topic whose limit is up to four times our own.
func (c *Client) maxResponse() int32 { return int32(fetchBytes + 4*c.cfg.MaxMessage) }

// fetchExchange is a fetch request that reads its own response. kafka-go calls
// RawExchange with the connection to the partition's leader.
type fetchExchange struct {
	wire.Request
	clientID string
	limit    int32
}

// fetchAnswer carries the response's body as it came.
type fetchAnswer struct{ body []byte }

func (*fetchAnswer) ApiKey() protocol.ApiKey { return protocol.Fetch }

func (*fetchExchange) Required(map[protocol.ApiKey]int16) bool { return true }

func (f *fetchExchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	const id = 1 // a connection carries one exchange at a time
	var b bytes.Buffer
	if err := protocol.WriteRequest(&b, fetchVersion, id, f.clientID, &f.Request); err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	if _, err := rw.Write(b.Bytes()); err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	var head [8]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	size := int32(binary.BigEndian.Uint32(head[:4])) - 4
	if got := binary.BigEndian.Uint32(head[4:]); got != id {
		return nil, fmt.Errorf("read response: it answers request %d, and this is %d", got, id)
	}
	if size < 0 || size > f.limit {
		return nil, fmt.Errorf("read response: %d bytes, and the limit is %d", size, f.limit)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(rw, body); err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	return &fetchAnswer{body: body}, nil
}

// parseFetch reads the body of a fetch response for one partition (version 5).
func parseFetch(body []byte) (fetched, error) {
	r := reader{rest: body}
	r.int32() // throttle time
	if n := r.int32(); n != 1 && r.err == nil {
		return fetched{}, fmt.Errorf("the response has %d topics, and one was asked for", n)
	}
	r.take(int64(r.int16())) // name of the topic
	if n := r.int32(); n != 1 && r.err == nil {
		return fetched{}, fmt.Errorf("the response has %d partitions, and one was asked for", n)
	}
	r.int32() // index of the partition
	code := r.int16()
	f := fetched{highWatermark: r.int64()}
	r.int64() // last stable offset
	f.logStart = r.int64()
	if aborted := r.int32(); aborted > 0 {
		r.take(16 * int64(aborted))
	}
	if size := r.int32(); size > 0 {
		f.batches = r.take(int64(size))
	}
	switch {
	case r.err != nil:
		return fetched{}, fmt.Errorf("the response is not what it should be: %w", r.err)
	case kafka.Error(code) == kafka.OffsetOutOfRange:
		return fetched{}, errOutOfRange
	case code != 0:
		return fetched{}, kafka.Error(code)
	}
	return f, nil
}
