package formats

import (
	"bufio"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// vicsReader reads an OData document of VICS media. MediaID becomes Ref, Category the
// tag "category:N"; Series, Tags and the flags that say yes become tags, DateUpdated
// the time. What category 0 (none yet) and each other one mean differs by country: it
// is for whoever takes the list in to choose.
type vicsReader struct {
	*jsonInput
	provenance string
	inside     bool // Within the array.
	found      bool // There was one.
	opened     bool
}

type vicsMedium struct {
	MediaID            jsonText
	Category           jsonText
	MD5                jsonText
	SHA1               jsonText
	DateUpdated        jsonText
	Series             jsonText
	Tags               jsonTags
	IsDistributed      jsonText
	VictimIdentified   jsonText
	OffenderIdentified jsonText
	AlternativeHashes  []struct {
		HashName  jsonText
		HashValue jsonText
	}
}

func newVICS(in *bufio.Reader, o Options) *vicsReader {
	return &vicsReader{jsonInput: newJSONInput(in), provenance: o.Provenance}
}

// Next returns the next medium; a record's number is its place in the array.
func (v *vicsReader) Next() (hashdb.Record, error) {
	if v.err == nil && !v.inside {
		v.err = v.header()
	}
	if v.err != nil {
		return hashdb.Record{}, v.err
	}
	if !v.dec.More() {
		v.inside = false
		if err := v.open(']'); err != nil {
			return hashdb.Record{}, err
		}
		return v.Next() // Which reads the other keys and ends: no second array is allowed.
	}
	var m vicsMedium
	if err := v.element(&m); err != nil {
		return hashdb.Record{}, err
	}
	d, err := m.draft()
	if err != nil {
		return hashdb.Record{}, v.bad(err)
	}
	d.provenance = v.provenance
	return d.record(v.count.n)
}

// header reads up to the array, or to the end of the document behind it.
func (v *vicsReader) header() error {
	if !v.opened {
		v.opened = true
		if err := v.open('{'); err != nil {
			return err
		}
	}
	for {
		key, ok, err := v.key()
		if err != nil {
			return err
		}
		switch {
		case !ok && !v.found:
			return v.fail(errors.New("the document has no array \"value\""))
		case !ok:
			return v.end()
		case key == "value" && v.found:
			return v.fail(errors.New("a second array \"value\""))
		case key == "value":
			v.found, v.inside = true, true
			return v.open('[')
		case key == "odata.metadata" || key == "@odata.context":
			var what jsonText
			if err := v.value(&what); err != nil {
				return err
			}
			if strings.HasSuffix(string(what), "#Cases") {
				return v.fail(errors.New("this is a case, not a list: export its media as a hash set"))
			}
		default:
			var skipped jsonSkip
			if err := v.value(&skipped); err != nil {
				return err
			}
		}
	}
}

func (m *vicsMedium) draft() (*draft, error) {
	d := &draft{ref: strings.TrimSpace(string(m.MediaID))}
	err := errors.Join(d.hash(hashdb.KindMD5, string(m.MD5)), d.hash(hashdb.KindSHA1, string(m.SHA1)))
	for _, a := range m.AlternativeHashes {
		if k := kindNamed(string(a.HashName)); k != 0 {
			err = errors.Join(err, d.hash(k, string(a.HashValue)))
		}
	}
	if err != nil {
		return nil, err
	}
	if d.time, err = vicsTime(string(m.DateUpdated)); err != nil {
		return nil, err
	}
	d.tag("category:", string(m.Category))
	d.flag("distributed", string(m.IsDistributed))
	d.flag("victim-identified", string(m.VictimIdentified))
	d.flag("offender-identified", string(m.OffenderIdentified))
	d.tag("series:", string(m.Series))
	for _, t := range m.Tags {
		for word := range strings.FieldsFuncSeq(t, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
			d.tag("", word)
		}
	}
	return d, nil
}

// vicsTime reads a time as VICS writers put it: RFC 3339, the same without a zone and
// then UTC, or OData 2's /Date(milliseconds)/.
func vicsTime(text string) (time.Time, error) {
	if ms, ok := strings.CutPrefix(text, "/Date("); ok {
		n, err := strconv.ParseInt(strings.TrimSuffix(ms, ")/"), 10, 64)
		if err != nil {
			return time.Time{}, errors.New("time begins with /Date( and has no milliseconds")
		}
		return time.UnixMilli(n).UTC().Truncate(time.Second), nil
	}
	if !strings.HasSuffix(text, "Z") { // A failed time.Parse is slow, and nearly all have a zone.
		if t, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			return t.Truncate(time.Second), nil
		}
	}
	return parseTime(text)
}

// jsonSkip is a value that is passed over.
type jsonSkip struct{}

// UnmarshalJSON keeps nothing.
func (jsonSkip) UnmarshalJSON([]byte) error { return nil }
