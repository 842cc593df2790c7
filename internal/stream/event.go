package stream

import (
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/segmentio/kafka-go"
)

// An Event is a CloudEvents 1.0 event in the binary mode of the Kafka protocol
// binding: attributes in ce_ headers, Data as the record's value.
type Event struct {
	ID      string // required; consumers drop repeats by it
	Source  string // required
	Type    string // required
	Subject string
	// ContentType says what Data is.
	ContentType string
	// Time is the event's own time, UTC; the zero time when it is not known.
	Time time.Time
	// Key decides the partition, and so what is kept in order. An event
	// without one is placed by its ID.
	Key string
	// Data is the value; nil is Kafka's null, which deletes in a compacted topic.
	Data []byte
	// Ext are extension attributes: names of lower-case letters and digits.
	Ext map[string]string
}

// A Message is an Event as it lies in a partition.
type Message struct {
	Event
	Topic     string // without the prefix
	Partition int
	Offset    int64
	// Arrived is when the broker got the record, where its topic has brokers note that,
	// and else when its producer says that it sent it; UTC.
	Arrived time.Time
	// Headers are those that are no attribute of the event, such as the
	// vigil-reason of a dead letter.
	Headers map[string]string
}

// An Output is an Event and where it is to go.
type Output struct {
	Topic string // without the prefix
	Event Event
	// Everywhere puts a copy into every partition of the topic, whatever the key.
	Everywhere bool
}

// Limits on what a record's headers may hold. CloudEvents recommends that
// intermediaries forward events of 64 KiB; attributes are far smaller.
const (
	maxHeaders     = 64
	maxHeaderBytes = 16 << 10 // names and values of one record together
)

const contentType = "content-type"

// headers returns the event's attributes in a fixed order, and its key: nil for none.
func (e Event) headers() (hs []kafka.Header, key []byte, err error) {
	hs = make([]kafka.Header, 0, 7+len(e.Ext))
	const others = len("1.0") + len(time.RFC3339Nano)
	// All lie one after the other.
	values := make([]byte, 0, len(e.Key)+len(e.ID)+len(e.Source)+len(e.Type)+len(e.Subject)+len(e.ContentType)+others)
	if e.Key != "" {
		values = append(values, e.Key...)
		key = values[:len(values):len(values)]
	}
	add := func(name, value string) {
		if value == e.Key && key != nil {
			hs = append(hs, kafka.Header{Key: name, Value: key})
			return
		}
		from := len(values)
		values = append(values, value...)
		hs = append(hs, kafka.Header{Key: name, Value: values[from:len(values):len(values)]})
	}
	add("ce_specversion", "1.0")
	for _, a := range [...]struct {
		name, value string
		required    bool
	}{
		{"ce_id", e.ID, true}, {"ce_source", e.Source, true}, {"ce_type", e.Type, true}, {"ce_subject", e.Subject, false},
	} {
		if a.value == "" && a.required {
			return nil, nil, reject(reasonCloudEvents, "attribute %s is missing", a.name[len("ce_"):])
		}
		if a.value != "" {
			add(a.name, a.value)
		}
	}
	if !e.Time.IsZero() {
		from := len(values)
		values = e.Time.UTC().AppendFormat(values, time.RFC3339Nano)
		hs = append(hs, kafka.Header{Key: "ce_time", Value: values[from:len(values):len(values)]})
	}
	if e.ContentType != "" {
		add(contentType, e.ContentType)
	}
	if len(e.Ext) > 0 {
		for _, name := range sortedKeys(e.Ext) {
			if !extName(name) {
				return nil, nil, reject(reasonCloudEvents, "extension attribute %.40q is not a name of lower-case letters and digits, or is a core attribute", name)
			}
			add("ce_"+name, e.Ext[name])
		}
	}
	return hs, key, checkHeaders(hs)
}

// parseEvent reads the attributes; what is no CloudEvents 1.0 event is a
// permanent error with reason "cloudevents" that quotes no value. Borrowed strings are
// parts of the record.
func parseEvent(r record, borrow bool) (Event, map[string]string, error) {
	if err := checkHeaders(r.headers); err != nil {
		return Event{Key: string(r.key), Data: r.value}, nil, err
	}
	var texts strings.Builder // of all attributes, one after the other
	if !borrow {
		texts.Grow(len(r.key) + headerBytes(r.headers))
	}
	e := Event{Data: r.value}
	text := func(value []byte) string {
		if borrow {
			return unsafe.String(unsafe.SliceData(value), len(value))
		}
		switch string(value) {
		case e.Key: // mostly the subject's, and not copied again
			return e.Key
		case "application/json":
			return "application/json"
		}
		from := texts.Len()
		texts.Write(value)
		return texts.String()[from:]
	}
	e.Key = text(r.key)
	var others map[string]string
	seen := make([]string, 0, 8)
	var version, when []byte
	for _, h := range r.headers {
		name, isAttribute := strings.CutPrefix(h.Key, "ce_")
		if h.Key == contentType {
			e.ContentType = text(h.Value)
			continue
		}
		if !isAttribute {
			if others == nil {
				others = map[string]string{}
			}
			others[h.Key] = string(h.Value)
			continue
		}
		if slices.Contains(seen, name) {
			return e, nil, reject(reasonCloudEvents, "header ce_%.40s occurs twice", name)
		}
		seen = append(seen, name)
		switch name {
		case "specversion":
			version = h.Value
		case "id":
			e.ID = text(h.Value)
		case "source":
			e.Source = text(h.Value)
		case "type":
			e.Type = text(h.Value)
		case "subject":
			e.Subject = text(h.Value)
		case "time":
			when = h.Value
		default:
			if !extName(name) {
				return e, nil, reject(reasonCloudEvents, "header ce_%.40q: not a name of lower-case letters and digits", name)
			}
			if e.Ext == nil {
				e.Ext = map[string]string{}
			}
			e.Ext[name] = string(h.Value)
		}
	}
	if string(version) != "1.0" {
		return e, nil, reject(reasonCloudEvents, "header ce_specversion is not 1.0")
	}
	for _, a := range [...]struct{ name, value string }{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if a.value == "" {
			return e, nil, reject(reasonCloudEvents, "header ce_%s is missing or empty", a.name)
		}
	}
	if len(when) > 0 || slices.Contains(seen, "time") {
		t, err := time.Parse(time.RFC3339Nano, string(when))
		if err != nil {
			return e, nil, reject(reasonCloudEvents, "header ce_time is not an RFC 3339 time")
		}
		e.Time = t.UTC()
	}
	return e, others, nil
}

func checkHeaders(hs []kafka.Header) error {
	if size := headerBytes(hs); len(hs) > maxHeaders || size > maxHeaderBytes {
		return reject(reasonCloudEvents, "%d headers of %d bytes, and the limits are %d and %d", len(hs), size, maxHeaders, maxHeaderBytes)
	}
	return nil
}

func headerBytes(hs []kafka.Header) int {
	size := 0
	for _, h := range hs {
		size += len(h.Key) + len(h.Value)
	}
	return size
}

func coreAttribute(name string) bool {
	switch name {
	case "specversion", "id", "source", "type", "subject", "time":
		return true
	}
	return false
}

func extName(name string) bool {
	if name == "" || coreAttribute(name) {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func header(key, value string) kafka.Header {
	return kafka.Header{Key: key, Value: []byte(value)}
}

// A record is what lies in a partition, before its headers are understood.
type record struct {
	offset     int64
	arrived    int64 // Unix milliseconds
	key, value []byte
	headers    []kafka.Header
	// fault says why the bytes at this offset hold no record: see batch.go.
	fault error
}
