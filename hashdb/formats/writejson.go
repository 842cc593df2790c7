package formats

import (
	"bufio"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// jsonArray writes values between the brackets of an array.
type jsonArray struct {
	out  *bufio.Writer
	some bool
}

func (a *jsonArray) add(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if a.some {
		b = append([]byte(",\n"), b...)
	}
	a.some = true
	_, err = a.out.Write(b)
	return err
}

type vicsWriter struct {
	out   *bufio.Writer
	array jsonArray
}

func (v *vicsWriter) begin() error {
	v.array.out = v.out
	_, err := v.out.WriteString(`{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media","value":[` + "\n")
	return err
}

func (v *vicsWriter) entry(e *hashdb.Entry) error {
	if e.Status != hashdb.Listed {
		return nil
	}
	var m struct {
		MediaID     any    `json:",omitempty"`
		Category    any    `json:",omitempty"`
		MD5         string `json:",omitempty"`
		SHA1        string `json:",omitempty"`
		DateUpdated string `json:",omitempty"`
		Tags        string `json:",omitempty"`
	}
	if e.Ref != "" {
		m.MediaID = numberOrText(e.Ref)
	}
	digits := strings.ToUpper(e.Hash.String())
	if e.Hash.Kind == hashdb.KindMD5 {
		m.MD5 = digits
	} else {
		m.SHA1 = digits
	}
	if !e.Time.IsZero() {
		m.DateUpdated = e.Time.UTC().Format(time.RFC3339)
	}
	var words []string
	for _, t := range e.Tags {
		if n, ok := strings.CutPrefix(t, "category:"); ok && m.Category == nil {
			m.Category = numberOrText(n)
		} else {
			words = append(words, strings.NewReplacer(",", " ", ";", " ", "|", " ").Replace(t))
		}
	}
	m.Tags = strings.Join(words, ",")
	return v.array.add(&m)
}

func (v *vicsWriter) end() error {
	_, err := v.out.WriteString("\n]}\n")
	return err
}

// numberOrText returns text as a number when it is written as JSON writes it.
func numberOrText(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return n
	}
	return text
}

// teTypes are ThreatExchange's names of kinds, as far as it has them.
var teTypes = map[hashdb.Kind]string{
	hashdb.KindPDQ: "HASH_PDQ", hashdb.KindMD5: "HASH_MD5", hashdb.KindSHA1: "HASH_SHA1", hashdb.KindSHA256: "HASH_SHA256",
}

type teWriter struct {
	out   *bufio.Writer
	array jsonArray
}

func (t *teWriter) begin() error {
	t.array.out = t.out
	_, err := t.out.WriteString(`{"data":[` + "\n")
	return err
}

func (t *teWriter) entry(e *hashdb.Entry) error {
	type tag struct {
		Text string `json:"text"`
	}
	type tags struct {
		Data []tag `json:"data"`
	}
	type descriptor struct {
		Status string `json:"status"`
		Tags   *tags  `json:"tags,omitempty"`
	}
	type descriptors struct {
		Data []descriptor `json:"data"`
	}
	r := struct {
		ID           string       `json:"id,omitempty"`
		Indicator    string       `json:"indicator"`
		Type         string       `json:"type"`
		LastUpdated  int64        `json:"last_updated,omitempty"`
		ShouldDelete bool         `json:"should_delete"`
		Descriptors  *descriptors `json:"descriptors,omitempty"`
	}{ID: e.Ref, Indicator: e.Hash.String(), Type: teTypes[e.Hash.Kind]}
	if !e.Time.IsZero() {
		r.LastUpdated = e.Time.Unix()
	}
	if r.ShouldDelete = e.Status == hashdb.Retracted; r.ShouldDelete {
		return t.array.add(&r)
	}
	d := descriptor{Status: "MALICIOUS"}
	if e.Status == hashdb.Disputed {
		d.Status = "UNKNOWN"
	}
	for _, word := range e.Tags {
		if d.Tags == nil {
			d.Tags = &tags{}
		}
		d.Tags.Data = append(d.Tags.Data, tag{word})
	}
	r.Descriptors = &descriptors{Data: []descriptor{d}}
	return t.array.add(&r)
}

func (t *teWriter) end() error {
	_, err := t.out.WriteString("\n]}\n")
	return err
}
