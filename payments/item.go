package payments

import "github.com/vigil-stream/vigil/signal"

// MaxBroken limits how much is shown of what cannot be told apart into records, in bytes.
const MaxBroken = 4 << 10

// An Item is one record of a file, or why one cannot be read: either Err or one of
// the Record is set.
type Item struct {
	Record
	Number int   // in its file, the first is 1
	Offset int64 // the byte of the file at which it begins
	// ContentType and Data are a message of its own that says this record and no other,
	// for the transactions topic; at most MaxRecord bytes, and the item's own.
	ContentType string
	Data        []byte
	// Err is a Rejection whose place At named: why the room will refuse Data.
	Err error
	// Raw is what the record is in its file where Err is set and it has no Data. It is
	// empty where it cannot be told apart, or may hold the number of a card.
	Raw []byte
	// Ref is the institution's own reference where Err is set, as far as it could be read.
	Ref string
}

// A Reader gives the items of one file, one after the other, in memory that does not
// grow with the file. Its error is io.EOF after the last item, or its source's: what is
// bad in the file is an item with Err. Where the rest of a file cannot be told apart,
// the beginning of the rest, of at most MaxBroken bytes, is the last item.
type Reader interface {
	Next() (Item, error)
}

// Key is the transaction's ID, or where that cannot be read one of the bytes: the same
// item has the same key.
func (i Item) Key() string {
	if i.Err != nil || i.Record == (Record{}) {
		return signal.ID("unreadable transaction", string(i.Data))
	}
	return i.ID()
}
