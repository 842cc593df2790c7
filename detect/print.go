package detect

import (
	"encoding/hex"
	"time"

	"github.com/vigil-stream/vigil/hashdb/pdq"
	"github.com/vigil-stream/vigil/signal"
)

// PrintType is the content type of a Print.
const PrintType = "application/x-vigil-print"

// A Print is what is kept of a frame to look back at: the value of the topic prints,
// keyed by stream, one for each picture that differs from the one before it. Of
// frames below MinQuality there is none.
type Print struct {
	Stream   string
	Platform string
	Subject  signal.Subject // the streamer
	At       time.Time      // event time, UTC
	// Hashes are PDQ of the frame as it came and, where it has bars, trimmed of them.
	Hashes []pdq.Hash
	// Matched are what of the lists the frame was found to match when it came: to find
	// that again is no news.
	Matched []Matched
}

// Matched names one entry of a list, or one video of it.
type Matched [16]byte

// MatchedOf returns the name of an entry or a video as signals name it.
func MatchedOf(list, entry string, clip bool) (m Matched) {
	what := "entry"
	if clip {
		what = "video"
	}
	_, _ = hex.Decode(m[:], []byte(signal.ID(what, list, entry))) // An id is 32 hexadecimal digits.
	return m
}

// maxPrintHashes is how many hashes a Print may have, and maxTracked how many Matched.
const maxPrintHashes = 2

// The first byte of an encoded Print: with hashes alone, and with Matched after them.
const (
	printVersion        = 1
	printVersionMatched = 2
)

// Encode returns the value of the record: a byte of version and the hashes, 32 bytes each;
// or where there are Matched, another version, a byte that counts the hashes, these, and
// 16 bytes for each Matched. The rest of a Print is in the record's attributes.
func (p Print) Encode() []byte {
	data := append(make([]byte, 0, 2+maxPrintHashes*len(pdq.Hash{})+len(p.Matched)*len(Matched{})), printVersion)
	if len(p.Matched) > 0 {
		data[0] = printVersionMatched
		data = append(data, byte(len(p.Hashes)))
	}
	for _, h := range p.Hashes {
		data = append(data, h[:]...)
	}
	for _, m := range p.Matched {
		data = append(data, m[:]...)
	}
	return data
}

// DecodePrint reads what Encode wrote into Hashes and Matched; anything else is a
// Rejection.
func DecodePrint(data []byte) (p Print, err error) {
	const size, matched = len(pdq.Hash{}), len(Matched{})
	rest, n := data, 0
	switch {
	case len(data) > 0 && data[0] == printVersion:
		rest = data[1:]
		n = len(rest) / size
	case len(data) > 1 && data[0] == printVersionMatched:
		n, rest = int(data[1]), data[2:]
	default:
		return Print{}, signal.Reject("print", "%d bytes are no print of version %d or %d", len(data), printVersion, printVersionMatched)
	}
	if n < 1 || n > maxPrintHashes {
		return Print{}, signal.Reject("print", "%d hashes, want 1 to %d", n, maxPrintHashes)
	}
	if len(rest) < n*size || data[0] == printVersion && len(rest) > n*size {
		return Print{}, signal.Reject("print", "%d bytes are not %d hashes", len(rest), n)
	}
	p.Hashes = make([]pdq.Hash, n)
	for i := range p.Hashes {
		copy(p.Hashes[i][:], rest[i*size:])
	}
	rest = rest[n*size:]
	if len(rest)%matched != 0 || len(rest) > maxTracked*matched {
		return Print{}, signal.Reject("print", "%d bytes are not 0 to %d names of what matched", len(rest), maxTracked)
	}
	for ; len(rest) > 0; rest = rest[matched:] {
		p.Matched = append(p.Matched, Matched(rest[:matched]))
	}
	return p, nil
}
