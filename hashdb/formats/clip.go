package formats

import (
	"errors"
	"io"
	"strconv"

	"github.com/vigil-stream/vigil/hashdb"
)

// maxClip is how many frames of a video are kept until its end tells how many there are:
// an hour and a half at 25 a second, some 30 MB. The frames of a longer one do not say.
const maxClip = 1 << 17

// maxRef is in bytes, as in hashdb.Entry. Of a video with so long a name the frames do not
// say either.
const maxRef = 200

// clip puts behind each frame's Ref a '/' and how many frames of the video have an entry,
// so that whoever finds some of them knows what share of the video that is.
type clip struct {
	in      hashdb.RecordReader
	records []clipRecord // What is still to be given of what was read ahead.
	ahead   bool         // Whether that was done.
	total   int          // 0 when not known.
	err     error        // What ended the input while it was read ahead.
}

type clipRecord struct {
	hashdb.Record
	err error
}

// Next returns the next frame.
func (c *clip) Next() (hashdb.Record, error) {
	if !c.ahead {
		c.ahead = true
		c.readAhead()
	}
	if len(c.records) == 0 {
		if c.err != nil {
			return hashdb.Record{}, c.err
		}
		return c.in.Next()
	}
	r := c.records[0]
	c.records = c.records[1:]
	for i := range r.Entries {
		e := &r.Entries[i]
		if total := "/" + strconv.Itoa(c.total); c.total > 0 && len(e.Ref)+len(total) <= maxRef {
			e.Ref += total
		}
	}
	return r.Record, r.err
}

func (c *clip) readAhead() {
	frames := 0
	for len(c.records) < maxClip {
		rec, err := c.in.Next()
		var bad *hashdb.RecordError
		if err != nil && !errors.As(err, &bad) {
			c.err = err
			break
		}
		frames += len(rec.Entries)
		c.records = append(c.records, clipRecord{rec, err})
	}
	if errors.Is(c.err, io.EOF) {
		c.total = frames
	}
}
