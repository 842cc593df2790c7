package detect

import (
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
}

// maxPrintHashes is how many hashes a Print may have.
const maxPrintHashes = 2

// printVersion is the first byte of an encoded Print.
const printVersion = 1

// EncodeHashes returns the value of the record: a byte of version and the hashes, 32
// bytes each. The rest of a Print is in the record's attributes.
func (p Print) EncodeHashes() []byte {
	data := append(make([]byte, 0, 1+maxPrintHashes*len(pdq.Hash{})), printVersion)
	for _, h := range p.Hashes {
		data = append(data, h[:]...)
	}
	return data
}

// DecodePrintHashes reads what EncodeHashes wrote; anything else is a Rejection.
func DecodePrintHashes(data []byte) ([]pdq.Hash, error) {
	const size = len(pdq.Hash{})
	if len(data) == 0 || data[0] != printVersion || (len(data)-1)%size != 0 {
		return nil, signal.Reject("print", "%d bytes are no print of version %d", len(data), printVersion)
	}
	n := (len(data) - 1) / size
	if n < 1 || n > maxPrintHashes {
		return nil, signal.Reject("print", "%d hashes, want 1 to %d", n, maxPrintHashes)
	}
	hashes := make([]pdq.Hash, n)
	for i := range hashes {
		copy(hashes[i][:], data[1+i*size:])
	}
	return hashes, nil
}
