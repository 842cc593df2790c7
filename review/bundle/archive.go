package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
)

const (
	maxFiles     = 10_000
	maxDirectory = 2 << 20 // bytes of the ZIP's directory
	maxBundle    = 4<<30 - 1<<20
	maxText      = 16 << 20 // bytes of a file that is read as a whole
	maxTexts     = 256 << 20
)

// nameForm is what a file in a bundle may be called: no folder but these, and no dots to
// climb by.
var nameForm = regexp.MustCompile(`^(README\.txt|case\.json|decisions\.json|case\.jsonld|entries\.json|manifest\.dsse\.json` +
	`|records/[0-9a-f]{64}\.json|audit/checkpoint|audit/salt|audit/log\.pem|audit/log\.pub|audit/entry-(0|[1-9][0-9]{0,18})\.json` +
	`|windows/[A-Za-z0-9][A-Za-z0-9_.-]{0,150}\.age(\.json)?|originals/[0-9a-f]{64}\.jpg)$`)

// An archive is a bundle's ZIP, found to be nothing but plain files.
type archive struct {
	files []*zip.File // in their order
	named map[string]*zip.File
	texts int64 // bytes read so far
}

// openArchive checks the ZIP by itself. Nothing in it is compressed, so that no size is
// larger than the file's own, and nothing lies between the files: see framed.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	if size < endOfFile || size > maxBundle {
		return nil, misfit("", "is no bundle: it has %d bytes, and must have %d to %d", size, endOfFile, int64(maxBundle))
	}
	// The end is looked at first: zip reads the directory whole, whatever its length.
	var end [endOfFile]byte
	if _, err := r.ReadAt(end[:], size-endOfFile); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the end: %w", err)
	}
	count, length, start := int(binary.LittleEndian.Uint16(end[10:])), int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	switch {
	case !bytes.Equal(end[:4], []byte("PK\x05\x06")):
		return nil, misfit("", "is no bundle: it does not end as a ZIP without a comment")
	case count > maxFiles || length > maxDirectory:
		return nil, misfit("", "has %d files in a directory of %d bytes, and the limits are %d and %d", count, length, maxFiles, maxDirectory)
	case start+length != size-endOfFile:
		return nil, misfit("", "has a directory at byte %d of %d bytes, which does not lie before the end", start, length)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, misfit("", "is no ZIP: %v", err)
	}
	a := &archive{files: z.File, named: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		switch {
		case !nameForm.MatchString(f.Name):
			return nil, misfit("", "holds %.200q, which is no file of a bundle", f.Name)
		case a.named[f.Name] != nil:
			return nil, misfit(f.Name, "is there twice")
		case f.Method != zip.Store || f.Flags&^0x8 != 0 || f.CompressedSize64 != f.UncompressedSize64:
			return nil, misfit(f.Name, "is compressed, encrypted or marked, and must lie there as it is")
		case f.UncompressedSize64 > uint64(size):
			return nil, misfit(f.Name, "is said to have %d bytes, more than the bundle", f.UncompressedSize64)
		case !f.Modified.Equal(epoch) || f.Comment != "":
			return nil, misfit(f.Name, "has a time or a comment, and must have none")
		}
		a.named[f.Name] = f
	}
	if err := framed(r, size, z.File); err != nil {
		return nil, err
	}
	return a, nil
}

// text reads a file as a whole.
func (a *archive) text(name string) ([]byte, error) {
	f := a.named[name]
	if f == nil {
		return nil, misfit(name, "is missing")
	}
	if a.texts += int64(f.UncompressedSize64); f.UncompressedSize64 > maxText || a.texts > maxTexts {
		return nil, misfit(name, "has %d bytes, and the limits are %d and, with those before, %d", f.UncompressedSize64, maxText, maxTexts)
	}
	r, err := f.Open()
	if err != nil {
		return nil, misfit(name, "cannot be read: %v", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxText))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, misfit(name, "cannot be read: %v", err)
	}
	return data, nil
}

// sum returns a file's SHA-256, also beside an error that the ZIP's own sum is another.
func (a *archive) sum(name string) (string, error) {
	f := a.named[name]
	if f == nil {
		return "", misfit(name, "is missing")
	}
	r, err := f.Open()
	if err != nil {
		return "", misfit(name, "cannot be read: %v", err)
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	if err = errors.Join(err, r.Close()); err != nil && !errors.Is(err, zip.ErrChecksum) {
		return "", misfit(name, "cannot be read: %v", err)
	}
	if err != nil {
		err = misfit(name, "has another CRC-32 than the ZIP says")
	}
	return hex.EncodeToString(h.Sum(nil)), err
}
