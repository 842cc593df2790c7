package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"os"

	"github.com/vigil-stream/vigil/hashdb/index"
)

// Write writes rows, which must ascend, to a new file at path with mode 0600. When it
// returns without an error the file's content is on the disk; the folder's entry is the
// caller's to sync, and so is renaming: a process that is killed leaves a part of a file
// at path. On an error it removes the file.
//
// It takes rows as they come and keeps none: a few megabytes in all, and for the tables
// what package index needs. A row's Attrs must be valid until the next row is asked for,
// its Ref as long as strings are. While it writes, the file has holes and its length
// says little.
func Write(path string, o Options, rows iter.Seq2[Row, error]) (Info, error) {
	if words(o.Width) == 0 {
		return Info{}, fmt.Errorf("segment %s: width %d is not one of 64, 128, 160, 256", path, o.Width)
	}
	// Never over what is there: it may be mapped.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Info{}, fmt.Errorf("segment: %w", err)
	}
	info, err := write(f, o, rows)
	err = errors.Join(err, f.Close())
	if err != nil {
		return Info{}, fmt.Errorf("segment %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return info, nil
}

// writer holds the sections that grow with every row.
type writer struct {
	options Options
	words   int
	columns [tables]*column
	meta    metaWriter
	rows    int
	dead    int
	last    Row
}

func newWriter(f *os.File, o Options) *writer {
	w := &writer{options: o, words: words(o.Width)}
	at, most := int64(page), lengths(o, MaxRows, 0)
	for i := range w.columns {
		w.columns[i] = newColumn(f, at)
		at += padded(most[i])
	}
	w.meta.blob = w.columns[blob]
	return w
}

func write(f *os.File, o Options, rows iter.Seq2[Row, error]) (Info, error) {
	w := newWriter(f, o)
	for row, err := range rows {
		if err != nil {
			return Info{}, err
		}
		if err := w.add(&row); err != nil {
			return Info{}, fmt.Errorf("row %d: %w", w.rows+1, err)
		}
	}
	h := header{Options: o, rows: w.rows, dead: w.dead}
	h.Tables = o.indexed(w.rows)
	h.length = lengths(h.Options, h.rows, w.columns[blob].size)
	end := int64(page)
	var err error
	for i, c := range w.columns {
		if end, err = c.finish(end); err != nil {
			return Info{}, fmt.Errorf("write %s: %w", sectionNames[i], err)
		}
		h.sum[i] = c.sum.sum()
	}
	if h.Tables {
		if h.sum[tables], end, err = writeTables(f, &h, end); err != nil {
			return Info{}, fmt.Errorf("write tables: %w", err)
		}
	}
	head := h.encode()
	if _, err := f.WriteAt(head, 0); err != nil {
		return Info{}, fmt.Errorf("write header: %w", err)
	}
	if err := f.Truncate(end); err != nil {
		return Info{}, err
	}
	if err := f.Sync(); err != nil {
		return Info{}, err
	}
	return h.info(binary.LittleEndian.Uint32(head[headerAt:])), nil
}

func (w *writer) add(r *Row) error {
	if w.rows == MaxRows {
		return fmt.Errorf("a segment has at most %d", MaxRows)
	}
	if err := r.check(w.options.Width); err != nil {
		return err
	}
	if w.rows > 0 && Compare(&w.last, r) >= 0 {
		return errOrder
	}
	b, err := w.columns[codes].next(8 * w.words)
	if err != nil {
		return err
	}
	for i := range w.words {
		binary.LittleEndian.PutUint64(b[8*i:], r.Code[i])
	}
	if b, err = w.columns[lists].next(2); err != nil {
		return err
	}
	binary.LittleEndian.PutUint16(b, r.List)
	place, err := w.meta.add(r)
	if err != nil {
		return err
	}
	if b, err = w.columns[metas].next(4); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(b, place)
	if r.Dead {
		w.dead++
	}
	w.last = *r
	w.last.Attrs = nil
	w.rows++
	return nil
}

// writeTables reads the codes back through a mapping, so that they need not be kept.
func writeTables(f *os.File, h *header, at int64) (sum uint32, end int64, err error) {
	data, unmap, err := mapFile(f, int(page+h.length[codes]))
	if err != nil {
		return 0, 0, err
	}
	c := newColumn(f, at)
	err = errors.Join(index.WriteTables(c, asCodes(view[uint64](data[page:]))), unmap())
	if err != nil {
		return 0, 0, err
	}
	if c.size != h.length[tables] {
		return 0, 0, fmt.Errorf("%d bytes in place of %d", c.size, h.length[tables])
	}
	end, err = c.finish(at)
	return c.sum.sum(), end, err
}

func (h *header) info(sum uint32) Info {
	return Info{Rows: h.rows, Dead: h.dead, Bytes: h.layout()[sections], Tables: h.Tables, Sum: sum}
}

// headerSum is what Info calls Sum.
func headerSum(data []byte) uint32 { return crc32.Checksum(data[:headerAt], castagnoli) }
