package hashdb

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// ErrDamaged is wrapped by the error for a list file that is not as it was written.
var ErrDamaged = errors.New("list file is damaged")

// A list file is, numbers big-endian:
//
//	magic     8 bytes  "vigilist"
//	format    1 byte   1
//	kind      1 byte
//	radius    2 bytes
//	source    1 byte its length, then its bytes
//	entries   4 bytes  their number
//	hashes    32 or 8 bytes each, ascending, no two equal
//	checksum  32 bytes SHA-256 of all before the hashes and of the content digest
//
// The content digest is SHA-256 over kind, radius and hashes; its first 8 bytes
// are the list's version, so equal lists have equal versions wherever they are.
const (
	listMagic    = "vigilist"
	listFormat   = 1
	checksumSize = sha256.Size
	// maxEntries bounds a list, and with it the memory that a file can ask for.
	maxEntries = 1 << 26
)

// list is one source's hashes of one kind.
type list struct {
	source string
	kind   Kind
	radius int
	hashes []words // Ascending, no two equal.
}

// seal is what tells one state of a list from another.
type seal struct {
	version  string
	checksum [checksumSize]byte
}

// header returns what a list file holds before the hashes.
func (l *list) header() []byte {
	b := append([]byte(listMagic), listFormat, byte(l.kind))
	b = binary.BigEndian.AppendUint16(b, uint16(l.radius))
	b = append(b, byte(len(l.source)))
	b = append(b, l.source...)
	return binary.BigEndian.AppendUint32(b, uint32(len(l.hashes)))
}

// contentHash returns the content digest of a list without its hashes yet.
func (l *list) contentHash() hash.Hash {
	content := sha256.New()
	content.Write(binary.BigEndian.AppendUint16([]byte{byte(l.kind)}, uint16(l.radius)))
	return content
}

// sealOf closes the content digest.
func (l *list) sealOf(content hash.Hash) seal {
	digest := content.Sum(nil)
	return seal{
		version:  hex.EncodeToString(digest[:8]),
		checksum: sha256.Sum256(append(l.header(), digest...)),
	}
}

// writeTo writes the list as a file's content.
func (l *list) writeTo(w io.Writer) (seal, error) {
	content := l.contentHash()
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.Write(l.header()); err != nil {
		return seal{}, err
	}
	both := io.MultiWriter(out, content)
	for _, h := range l.hashes {
		b := h.bytes()
		if _, err := both.Write(b[:l.kind.size()]); err != nil {
			return seal{}, err
		}
	}
	s := l.sealOf(content)
	if _, err := out.Write(s.checksum[:]); err != nil {
		return seal{}, err
	}
	return s, out.Flush()
}

// readList reads a list file of size bytes. The error wraps ErrDamaged unless r
// itself failed. No more memory is taken than size warrants.
func readList(r io.Reader, size int64) (*list, seal, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	l, entries, err := readHeader(in)
	if err != nil {
		return nil, seal{}, err
	}
	each := l.kind.size()
	fixed := int64(len(l.header()) + checksumSize)
	if want := fixed + int64(entries)*int64(each); size != want {
		return nil, seal{}, fmt.Errorf("it has %d bytes, want %d for %d entries: %w", size, want, entries, ErrDamaged)
	}
	content := l.contentHash()
	l.hashes = make([]words, 0, entries)
	var b [32]byte
	for i := range entries {
		if err := readFull(in, b[:each]); err != nil {
			return nil, seal{}, err
		}
		content.Write(b[:each])
		h := Hash{Kind: l.kind, Bits: b}.words()
		if i > 0 && l.hashes[i-1].compare(h) >= 0 {
			return nil, seal{}, fmt.Errorf("entry %d is not above the one before: %w", i+1, ErrDamaged)
		}
		l.hashes = append(l.hashes, h)
	}
	s := l.sealOf(content)
	var sum [checksumSize]byte
	if err := readFull(in, sum[:]); err != nil {
		return nil, seal{}, err
	}
	if sum != s.checksum {
		return nil, seal{}, fmt.Errorf("its checksum does not fit its content: %w", ErrDamaged)
	}
	return l, s, nil
}

// readHeader reads up to the hashes and returns their number.
func readHeader(in io.Reader) (*list, int, error) {
	var b [len(listMagic) + 5]byte
	if err := readFull(in, b[:]); err != nil {
		return nil, 0, err
	}
	rest, ok := bytes.CutPrefix(b[:], []byte(listMagic))
	if !ok {
		return nil, 0, fmt.Errorf("it does not begin as a list file: %w", ErrDamaged)
	}
	if rest[0] != listFormat {
		return nil, 0, fmt.Errorf("it has format %d, and this program reads only format %d", rest[0], listFormat)
	}
	l := &list{kind: Kind(rest[1]), radius: int(binary.BigEndian.Uint16(rest[2:]))}
	source := make([]byte, rest[4])
	if err := readFull(in, source); err != nil {
		return nil, 0, err
	}
	l.source = string(source)
	var number [4]byte
	if err := readFull(in, number[:]); err != nil {
		return nil, 0, err
	}
	entries := binary.BigEndian.Uint32(number[:])
	switch {
	case l.kind.Bits() == 0:
		return nil, 0, fmt.Errorf("it has an unknown kind of hash: %w", ErrDamaged)
	case checkSource(l.source) != nil:
		return nil, 0, fmt.Errorf("its source has no valid name: %w", ErrDamaged)
	case l.radius < 1 || l.radius > l.kind.MaxRadius():
		return nil, 0, fmt.Errorf("its radius is %d, want 1 to %d: %w", l.radius, l.kind.MaxRadius(), ErrDamaged)
	case entries > maxEntries:
		return nil, 0, fmt.Errorf("it has %d entries, above the limit of %d: %w", entries, maxEntries, ErrDamaged)
	}
	return l, int(entries), nil
}

// readFull is io.ReadFull, but calls a file that ends too soon damaged.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends too soon: %w", ErrDamaged)
	}
	return err
}
