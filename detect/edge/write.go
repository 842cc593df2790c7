package edge

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/internal/folder"
)

// A segmentWriter encrypts frames into one file as they come. Of the plain text at most
// one chunk of age, 64 KiB, is in memory and none on disk.
type segmentWriter struct {
	disk    *folder.Folder
	name    string
	file    *os.File
	sealed  io.WriteCloser
	sum     hash.Hash // of the file
	size    int64     // of the file
	frames  int
	scratch []byte
}

func newSegmentWriter(d *folder.Folder, name string, h Header, to []age.Recipient) (*segmentWriter, error) {
	file, err := d.Create(name)
	if err != nil {
		return nil, err
	}
	w := &segmentWriter{disk: d, name: name, file: file, sum: sha256.New()}
	if w.sealed, err = age.Encrypt(w, to...); err == nil {
		w.scratch = appendHeader(w.scratch, h)
		_, err = w.sealed.Write(w.scratch)
	}
	if err != nil {
		return nil, errors.Join(err, w.abandon())
	}
	return w, nil
}

// Write takes the encrypted bytes from age.
func (w *segmentWriter) Write(b []byte) (int, error) {
	n, err := w.disk.Append(w.file, b)
	w.sum.Write(b[:n])
	w.size += int64(n)
	return n, err
}

// add appends a frame. After an error the segment is good for nothing.
func (w *segmentWriter) add(f Frame) error {
	w.scratch = appendFrame(w.scratch[:0], f)
	if _, err := w.sealed.Write(w.scratch); err != nil {
		return err
	}
	_, err := w.sealed.Write(f.JPEG)
	w.frames++
	return err
}

// seal ends the file. It is not durable yet: most segments are dropped unread.
func (w *segmentWriter) seal() (sum string, size int64, err error) {
	w.scratch = appendEnd(w.scratch[:0], w.frames)
	if _, err = w.sealed.Write(w.scratch); err == nil {
		err = w.sealed.Close()
	}
	if err != nil {
		return "", 0, errors.Join(err, w.abandon())
	}
	if err := w.file.Close(); err != nil {
		return "", 0, errors.Join(err, w.disk.Remove(w.name))
	}
	return hex.EncodeToString(w.sum.Sum(nil)), w.size, nil
}

// abandon removes the file.
func (w *segmentWriter) abandon() error {
	return errors.Join(w.file.Close(), w.disk.Remove(w.name))
}
