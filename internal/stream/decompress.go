package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go"
)

// Compressed batches come from foreign producers only, and only where a topic
// does not set compression.type=uncompressed, which CreateTopics does: then the
// broker decompresses, under its own limit. A batch that grows beyond the limit
// is a permanent fault: a bomb must not stop a partition.

// decompress returns at most limit bytes.
func decompress(codec kafka.Compression, data []byte, limit int) ([]byte, error) {
	switch codec {
	case 0:
		return data, nil
	case kafka.Snappy:
		// kafka-go allocates what a snappy block claims before it reads it.
		return unsnappy(data, limit)
	case kafka.Zstd:
		// kafka-go lets a zstd frame claim a window of 512 MiB.
		d, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		defer d.Close()
		return readLimited(d, limit)
	case kafka.Gzip, kafka.Lz4:
		d := codec.Codec().NewReader(bytes.NewReader(data))
		out, err := readLimited(d, limit)
		return out, errors.Join(err, d.Close())
	}
	return nil, fmt.Errorf("unknown compression %d", int8(codec))
}

func readLimited(r io.Reader, limit int) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(out) > limit {
		return nil, tooBig(limit)
	}
	return out, nil
}

func tooBig(limit int) error {
	return fmt.Errorf("it decompresses to more than %d bytes", limit)
}

// xerial is how Java clients frame snappy: this magic, two versions of four
// bytes, then blocks with their length before them. Others send one bare block.
var xerial = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

func unsnappy(data []byte, limit int) ([]byte, error) {
	if !bytes.HasPrefix(data, xerial) {
		return snappyBlock(nil, data, limit)
	}
	r := reader{rest: data}
	r.take(int64(len(xerial)) + 8)
	var out []byte
	for len(r.rest) > 0 && r.err == nil {
		block := r.take(int64(r.int32()))
		if r.err != nil {
			break
		}
		var err error
		if out, err = snappyBlock(out, block, limit); err != nil {
			return nil, err
		}
	}
	return out, r.err
}

// snappyBlock appends a decompressed block to out.
func snappyBlock(out, block []byte, limit int) ([]byte, error) {
	n, err := snappy.DecodedLen(block)
	if err != nil {
		return nil, fmt.Errorf("snappy: %w", err)
	}
	if n > limit-len(out) {
		return nil, tooBig(limit)
	}
	plain, err := snappy.Decode(nil, block)
	if err != nil {
		return nil, fmt.Errorf("snappy: %w", err)
	}
	return append(out, plain...), nil
}
