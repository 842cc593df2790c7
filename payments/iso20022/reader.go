package iso20022

import (
	"bufio"
	"io"
	"iter"

	"github.com/vigil-stream/vigil/payments"
)

// A Reader gives the transactions of a file.
type Reader struct {
	next func() (payments.Item, error, bool)
}

// NewReader reads messages of any length, in any wrapper.
func NewReader(in *bufio.Reader) *Reader {
	next, _ := iter.Pull2(func(yield func(payments.Item, error) bool) {
		err := Frames(in, func(item payments.Item) error {
			if !yield(item, nil) {
				return io.EOF
			}
			return nil
		})
		if err != nil {
			yield(payments.Item{}, err)
		}
	})
	return &Reader{next}
}

// Next implements payments.Reader.
func (r *Reader) Next() (payments.Item, error) {
	item, err, ok := r.next()
	if !ok {
		return payments.Item{}, io.EOF
	}
	return item, err
}
