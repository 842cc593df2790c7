package origin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

// NoteType is the content type of a record of the topic origins.
const NoteType = "application/vnd.vigil.origin"

const noteFormat = 1

// A hash stands for a reference, which may be a customer's own words.
type hash [16]byte

func hashOf(kind string, parts ...string) (h hash) {
	var scratch [256]byte
	b := appendString(scratch[:0], kind)
	for _, p := range parts {
		b = appendString(b, p)
	}
	sum := sha256.Sum256(b)
	copy(h[:], sum[:])
	return h
}

// The references that an entry or a withdrawal can have.
const (
	refUETR = iota
	refTx
	refEnd
	refInstr // within its message
	refMsg
	refID // institution and Ref
	refCount
)

// refs are hashes of references; the zero hash is none.
type refs [refCount]hash

func refsOf(r payments.References, institution, ref string) (out refs) {
	set := func(i int, kind string, parts ...string) {
		for _, p := range parts {
			if p == "" {
				return
			}
		}
		out[i] = hashOf(kind, parts...)
	}
	set(refUETR, "uetr", strings.ToLower(r.UETR))
	set(refTx, "tx", r.Transaction)
	if provided(r.EndToEnd) {
		set(refEnd, "end", r.EndToEnd)
	}
	set(refInstr, "instr", r.Message, r.Instruction)
	set(refMsg, "msg", r.Message)
	set(refID, "id", institution, ref)
	return out
}

// provided tells an EndToEndId from the words that stand for none.
func provided(endToEnd string) bool {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, endToEnd)
	switch word {
	case "", "NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NOREF", "NONE", "NA", "UNKNOWN":
		return false
	}
	return true
}

// key is where a payment and its withdrawal meet; ok is false where a withdrawal cannot
// tell.
func (r refs) key() (h hash, ok bool) {
	if r[refEnd] != (hash{}) {
		return r[refEnd], true
	}
	for _, i := range []int{refUETR, refID} {
		if r[i] != (hash{}) {
			return r[i], false
		}
	}
	return hash{}, false
}

// OfTransaction makes the record of a transaction and its two transfers, the sender's
// first, and the key of the record.
func OfTransaction(t *payments.Transaction, both [2]payments.Transfer) (key string, data []byte, err error) {
	r := refsOf(t.References, t.Institution, t.Ref)
	h, _ := r.key()
	kind := byte('p')
	if t.Ordered {
		kind = 'o'
	}
	b := append(make([]byte, 0, 2048), noteFormat, kind)
	b = r.append(b)
	sender := both[0]
	b = binary.AppendVarint(b, sender.At.Unix())
	b = binary.AppendVarint(b, sender.Amount)
	for _, s := range []string{sender.Currency, sender.Institution, sender.Ref, string(sender.Subject), string(sender.Other)} {
		b = appendString(b, s)
	}
	for _, end := range both {
		encoded, err := payments.EncodeTransfer(end)
		if err != nil {
			return "", nil, err
		}
		b = appendString(b, string(encoded))
	}
	return hex.EncodeToString(h[:]), b, nil
}

// OfWithdrawal makes the record of a withdrawal and its key. Where everywhere is true, it
// must go to every partition, since it does not say enough to tell which.
func OfWithdrawal(w *payments.Withdrawal) (key string, data []byte, everywhere bool) {
	r := refsOf(w.References, w.Institution, w.Ref)
	h, ok := r.key()
	kind := byte('w')
	if w.Whole {
		kind, ok = 'W', false
	}
	b := append(make([]byte, 0, 256), noteFormat, kind)
	b = r.append(b)
	b = binary.AppendVarint(b, w.At.Unix())
	b = appendString(b, w.Institution)
	return hex.EncodeToString(h[:]), b, !ok
}

// A note is a record of the topic.
type note struct {
	kind     byte // p, o, w or W, as above
	refs     refs
	at       int64 // seconds since 1970
	amount   int64
	currency string

	institution, ref  string
	sender, recipient string
	transfers         [2]string
}

// Source returns the institution of a record of the topic, and its reference as far as the
// record has it.
func Source(data []byte) (institution, ref string) {
	n, err := decodeNote(data)
	if err != nil {
		return "", ""
	}
	return n.institution, n.ref
}

func (r refs) append(b []byte) []byte {
	var there byte
	for i, h := range r {
		if h != (hash{}) {
			there |= 1 << i
		}
	}
	b = append(b, there)
	for _, h := range r {
		if h != (hash{}) {
			b = append(b, h[:]...)
		}
	}
	return b
}

// decodeNote reads a record; what is none is a Rejection.
func decodeNote(data []byte) (n note, err error) {
	d := decoder{rest: string(data)}
	if format := d.byte(); format != noteFormat {
		return n, signal.Reject("origin", "the record has format %d, and this program knows %d", format, noteFormat)
	}
	n.kind = d.byte()
	n.refs = d.refs()
	n.at = d.varint()
	switch n.kind {
	case 'p', 'o':
		n.amount = d.varint()
		n.currency, n.institution, n.ref = d.string(), d.string(), d.string()
		n.sender, n.recipient = d.string(), d.string()
		n.transfers = [2]string{d.string(), d.string()}
	case 'w', 'W':
		n.institution = d.string()
	default:
		d.broken = true
	}
	if d.broken || d.rest != "" || payments.CheckTime(time.Unix(n.at, 0)) != nil {
		return n, signal.Reject("origin", "the record is damaged")
	}
	return n, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errDamaged = errors.New("what was remembered is damaged")

// A decoder reads values from the beginning of rest, and zeros once it is broken.
type decoder struct {
	rest   string
	broken bool
}

func (d *decoder) take(n int) string {
	if d.broken || n < 0 || n > len(d.rest) {
		d.broken = true
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) byte() byte {
	if s := d.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (d *decoder) hash() (h hash) {
	copy(h[:], d.take(len(h)))
	return h
}

func (d *decoder) refs() (r refs) {
	there := d.byte()
	if there >= 1<<refCount {
		d.broken = true
	}
	for i := range r {
		if there&(1<<i) != 0 {
			r[i] = d.hash()
		}
	}
	return r
}

func (d *decoder) string() string {
	n, size := binary.Uvarint([]byte(d.rest[:min(len(d.rest), binary.MaxVarintLen64)]))
	if size <= 0 || n > uint64(len(d.rest)) {
		d.broken = true
		return ""
	}
	d.take(size)
	return d.take(int(n))
}

func (d *decoder) varint() int64 {
	v, size := binary.Varint([]byte(d.rest[:min(len(d.rest), binary.MaxVarintLen64)]))
	if size <= 0 {
		d.broken = true
		return 0
	}
	d.take(size)
	return v
}
