package hashdb

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// A journal holds, one frame a batch, what was changed since the newest segment. It
// is a header and frames, numbers little-endian:
//
//	header  magic 8 bytes "vigiljnl", format 4 bytes, number 8 bytes, salt 12 bytes,
//	        CRC-32C of these 4 bytes
//	frame   mark 4 bytes, length 4 bytes, sequence 8 bytes, CRC-32C 4 bytes, payload
//
// The mark is the salt's first bytes. The CRC is over the rest of the salt, length,
// sequence and payload, so that nothing that a list's owner puts into a payload passes
// for a frame. Frames count from 1.
//
// What a crash leaves of the last frame is cut off by the next writer. A bad frame
// before a good one is damage. A last frame that rots cannot be told from one that was
// never whole.
const (
	journalMagic  = "vigiljnl"
	journalFormat = 1
	journalHeader = 36
	frameHeader   = 20
	// maxFrame bounds a batch in the journal; larger ones become segments at once.
	maxFrame = 64 << 20
	// maxJournal is the size from which the head is sealed, however few its rows.
	maxJournal = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journal is an open journal, read up to some frame. Writing needs the writer's lock.
type journal struct {
	file   *os.File
	number uint64
	salt   [12]byte
	end    int64  // Where the next frame begins.
	frames uint64 // How many there are before.
}

// newJournal returns the content of a journal without frames.
func newJournal(number uint64) []byte {
	b := append([]byte(journalMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[8:], journalFormat)
	b = binary.LittleEndian.AppendUint64(b, number)
	var salt [12]byte
	rand.Read(salt[:]) // It never fails.
	b = append(b, salt[:]...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// unwritable reports whether a file may be read and not written, for all that err says:
// it is another's, or its file system is read-only, as a snapshot's.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// openJournal opens a journal at its first frame.
func openJournal(d *disk, number uint64) (*journal, error) {
	file, err := d.Open(journalName(number), os.O_RDWR)
	if unwritable(err) {
		file, err = d.Open(journalName(number), os.O_RDONLY)
	}
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, number: number, end: journalHeader}
	var h [journalHeader]byte
	_, err = file.ReadAt(h[:], 0)
	switch {
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("%s: it ends too soon: %w", file.Name(), ErrDamaged)
	case err != nil:
	case string(h[:8]) == journalMagic && binary.LittleEndian.Uint32(h[8:]) != journalFormat:
		err = fmt.Errorf("%s: it has format %d, and this program reads only format %d", file.Name(), binary.LittleEndian.Uint32(h[8:]), journalFormat)
	case string(h[:8]) != journalMagic || binary.LittleEndian.Uint64(h[12:]) != number ||
		binary.LittleEndian.Uint32(h[32:]) != crc32.Checksum(h[:32], castagnoli):
		err = fmt.Errorf("%s: it does not begin as journal %d: %w", file.Name(), number, ErrDamaged)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	copy(j.salt[:], h[20:])
	return j, nil
}

// grown reports whether the file does not end where the journal was read up to.
func (j *journal) grown() (bool, error) {
	info, err := j.file.Stat()
	return err == nil && info.Size() != j.end, err
}

// read reads the frames that are new and whole, and moves behind them. What then is
// left is another process's write under way, or what a crash left of one.
func (j *journal) read() ([]frame, error) {
	info, err := j.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < j.end {
		return nil, fmt.Errorf("%s: it has %d bytes and had %d: %w", j.file.Name(), info.Size(), j.end, ErrDamaged)
	}
	b := make([]byte, info.Size()-j.end)
	if _, err := io.ReadFull(io.NewSectionReader(j.file, j.end, int64(len(b))), b); err != nil {
		return nil, fmt.Errorf("read %s: %w", j.file.Name(), err)
	}
	payloads, err := j.split(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.file.Name(), err)
	}
	frames := make([]frame, len(payloads))
	for i, p := range payloads {
		if frames[i], err = decodeFrame(p); err != nil {
			return nil, fmt.Errorf("%s: batch %d: %w: %w", j.file.Name(), j.frames+uint64(i)+1, err, ErrDamaged)
		}
	}
	for _, p := range payloads {
		j.end += frameHeader + int64(len(p))
		j.frames++
	}
	return frames, nil
}

// split returns the payloads of the whole frames at the beginning of b. The error
// says that a good frame follows a bad one.
func (j *journal) split(b []byte) (payloads [][]byte, err error) {
	next := j.frames + 1
	for {
		p, ok := j.payload(b, next)
		if !ok {
			break
		}
		payloads, b, next = append(payloads, p), b[frameHeader+len(p):], next+1
	}
	for at := 1; at < len(b); at++ {
		i := bytes.Index(b[at:], j.salt[:4])
		if i < 0 {
			break
		}
		at += i
		if len(b)-at < frameHeader {
			break
		}
		seq := binary.LittleEndian.Uint64(b[at+8:])
		if _, ok := j.payload(b[at:], seq); ok && seq > next {
			return nil, fmt.Errorf("batch %d is not as it was written, and batch %d follows: %w", next, seq, ErrDamaged)
		}
	}
	return payloads, nil
}

// payload returns the payload of the frame of number seq with which b begins.
func (j *journal) payload(b []byte, seq uint64) ([]byte, bool) {
	if len(b) < frameHeader || !bytes.Equal(b[:4], j.salt[:4]) || binary.LittleEndian.Uint64(b[8:]) != seq {
		return nil, false
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > maxFrame || int(n) > len(b)-frameHeader {
		return nil, false
	}
	p := b[frameHeader : frameHeader+int(n)]
	return p, j.checksum(b[4:16], p) == binary.LittleEndian.Uint32(b[16:])
}

func (j *journal) checksum(head, payload []byte) uint32 {
	c := crc32.Checksum(j.salt[4:], castagnoli)
	return crc32.Update(crc32.Update(c, castagnoli, head), castagnoli, payload)
}

// append writes a frame behind the last and makes it durable. The caller holds the
// writer's lock and has read all frames. On an error, the frame is taken away again.
func (j *journal) append(d *disk, payload []byte) error {
	b := append(make([]byte, 0, frameHeader+len(payload)), j.salt[:4]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint64(b, j.frames+1)
	b = binary.LittleEndian.AppendUint32(b, j.checksum(b[4:16], payload))
	b = append(b, payload...)
	if err := j.cut(d); err != nil {
		return err
	}
	err := d.WriteAt(j.file, b, j.end)
	if err == nil {
		err = d.Sync(j.file)
	}
	if err != nil {
		return errors.Join(err, d.Truncate(j.file, j.end))
	}
	j.end += int64(len(b))
	j.frames++
	return nil
}

// cut takes away what is left of a frame that was never whole.
func (j *journal) cut(d *disk) error {
	more, err := j.grown()
	if err != nil || !more {
		return err
	}
	return d.Truncate(j.file, j.end)
}

const journalPrefix = "journal-"

func journalName(number uint64) string { return fmt.Sprint(journalPrefix, number) }
