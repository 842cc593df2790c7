package intake

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/signal"
)

// A format is how messages and files hold records. To add one, put it into formats.
type format struct {
	name  string   // as a user types it
	types []string // media types of its messages
	// begins tells a file by its first bytes, blanks and a byte order mark left out.
	begins func(head []byte) bool
	// parse reads a whole message; bad joins a Rejection for each record that is bad.
	parse func(data []byte) (good []payments.Record, bad error)
	// open reads a file from its first byte that is no blank.
	open func(in *bufio.Reader) payments.Reader
}

// formats in the order in which a file is tried for them; the last takes what is left.
func formats() []format {
	return []format{
		{
			name: "iso20022", types: []string{payments.ContentXML, "text/xml"},
			begins: func(head []byte) bool { return bytes.HasPrefix(head, []byte("<")) },
			parse:  iso20022.Parse,
			open:   func(in *bufio.Reader) payments.Reader { return iso20022.NewReader(in) },
		},
		{
			name: "jsonl", types: []string{payments.ContentJSON},
			begins: func([]byte) bool { return true },
			parse:  parseJSON,
			open:   func(in *bufio.Reader) payments.Reader { return &lines{in: in} },
		},
	}
}

// Parse reads one record of the transactions topic, which may hold many transactions
// and withdrawals. bad joins one Rejection for each that cannot be read, as a
// [payments.Bad] where it has a number; the good ones around it are still returned.
func Parse(contentType string, data []byte) (good []payments.Record, bad error) {
	if len(data) > payments.MaxRecord {
		return nil, signal.Reject("record-too-large", "%d bytes, and the limit is %d", len(data), payments.MaxRecord)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, signal.Reject("content-type", "is not a media type")
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, signal.Reject("charset", "the content type names a character set other than UTF-8")
	}
	if kind == ContentRefused {
		return nil, parseRefused(data)
	}
	var known []string
	for _, f := range formats() {
		for _, t := range f.types {
			if t == kind {
				return f.parse(data)
			}
			known = append(known, t)
		}
	}
	return nil, signal.Reject("content-type", "is not one of %s", strings.Join(known, ", "))
}

// Names lists the formats that [Open] takes, besides "auto".
func Names() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// Open reads a file in the format of that name; "auto", or nothing, tells it by its
// beginning. An error is r's, or says that there is no such format.
func Open(r io.Reader, name string) (payments.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := skipBlank(in)
	if err != nil {
		return nil, err
	}
	for _, f := range formats() {
		if f.name == name || (name == "" || name == "auto") && f.begins(head) {
			return f.open(in), nil
		}
	}
	return nil, signal.Reject("format", "there is none of that name: one of auto, %s", strings.Join(Names(), ", "))
}
