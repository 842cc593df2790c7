package ncmec

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Field is one value of a report, and the evidence on which it rests.
type Field struct {
	Path   string // as in /report/victim[2]/deviceId/@x; the first of its name has no number
	Value  string
	Source string
}

// sources are what fields rest on, by path; what is noted of an element is so of all in it.
type sources map[string]string

func (s sources) note(path, format string, args ...any) { s[path] = fmt.Sprintf(format, args...) }

// of returns the source of a path: its own, or that of the nearest element around it.
func (s sources) of(path string) string {
	for path != "" {
		if source, ok := s[path]; ok {
			return source
		}
		path = path[:max(0, strings.LastIndexByte(path, '/'))]
	}
	return ""
}

// trace lists the values of a document as it is sent. A value without a source is an error:
// nothing says that it was not invented.
func (s sources) trace(document []byte) ([]Field, error) {
	fields, err := leaves(document)
	if err != nil {
		return nil, err
	}
	var faults []error
	for i := range fields {
		if fields[i].Source = s.of(fields[i].Path); fields[i].Source == "" {
			faults = append(faults, fmt.Errorf("%s rests on no evidence", fields[i].Path))
		}
	}
	return fields, errors.Join(faults...)
}

// leaves lists what a document says: the text of its elements, its attributes, and its empty
// elements, which are tags.
func leaves(document []byte) ([]Field, error) {
	type level struct {
		path     string
		seen     map[string]int
		text     strings.Builder
		children bool
	}
	stack := []*level{{seen: map[string]int{}}}
	var fields []Field
	dec := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the document: %w", err)
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			top.children = true
			top.seen[t.Name.Local]++
			path := top.path + "/" + t.Name.Local
			if n := top.seen[t.Name.Local]; n > 1 {
				path += "[" + strconv.Itoa(n) + "]"
			}
			for _, a := range t.Attr {
				fields = append(fields, Field{Path: path + "/@" + a.Name.Local, Value: a.Value})
			}
			stack = append(stack, &level{path: path, seen: map[string]int{}})
		case xml.CharData:
			top.text.Write(t)
		case xml.EndElement:
			if !top.children {
				fields = append(fields, Field{Path: top.path, Value: strings.TrimSpace(top.text.String())})
			}
			stack = stack[:len(stack)-1]
		}
	}
}
