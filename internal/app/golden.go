package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vigil-stream/vigil/review"
)

// maxGoldenLine limits a golden case, in bytes, and maxGoldenFile a file of them.
const (
	maxGoldenLine = 4 << 20
	maxGoldenFile = 256 << 20
)

// LoadGolden loads golden cases from a file of JSON lines: all, or where one is wrong none.
func LoadGolden(ctx context.Context, c Config, name, reviewer string, out io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	all, err := readGoldens(io.LimitReader(file, maxGoldenFile))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		if err := store.LoadGolden(ctx, supervisor(reviewer), all); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%d golden cases are kept; one comes upon %d %% of closed cases (review.golden)\n", len(all), *c.Review.Golden)
		return err
	})
}

func readGoldens(r io.Reader) (all []review.Golden, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxGoldenLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var g review.Golden
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&g); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, g)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no golden case in it")
	}
	return all, nil
}
