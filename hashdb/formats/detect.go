package formats

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// peekSize is how much of an input is looked at to tell its format, in bytes.
const peekSize = 64 << 10

// detect tells the format of an input from its beginning, which it does not consume.
func detect(in *bufio.Reader) (Format, error) {
	head, err := in.Peek(peekSize)
	f, saw := guess(head)
	if f != "" {
		return f, nil
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
		return "", err
	case len(head) == 0:
		saw = "it is empty"
	}
	return "", fmt.Errorf("cannot tell the format: %s; name one of %s", saw, strings.Join(names(Names()), ", "))
}

// guess returns the format of what begins with head, or what was seen instead.
func guess(head []byte) (f Format, saw string) {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return "", "it is compressed, and has to be unpacked first"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "", "it is UTF-16, and has to be turned into UTF-8 first"
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return "", "it begins with blanks only"
	}
	switch text[0] {
	case '<':
		if bytes.Contains(text, []byte("queryResult")) {
			return NCMEC, ""
		}
		return "", "it is XML without a queryResult"
	case '{', '[':
		return guessJSON(text)
	}
	return guessText(text)
}

func guessJSON(head []byte) (f Format, saw string) {
	s := shapeOf(head)
	switch {
	case s.top == '{' && s.has("value", "odata.metadata", "@odata.context"):
		return VICS, ""
	case s.top == '[' && s.has("hash") && s.has("quality"):
		return VPDQ, ""
	case s.has("indicator", "should_delete"), s.top == '{' && s.has("data", "paging"):
		return ThreatExchange, ""
	case s.top == '[' && len(s.keys) == 0:
		return "", "it is a JSON array whose first element is no object"
	}
	return "", fmt.Sprintf("it is JSON whose first object begins with %d keys of no known format", len(s.keys))
}

func guessText(head []byte) (f Format, saw string) {
	var line string
	for rest := string(head); ; {
		var more bool
		line, rest, more = strings.Cut(rest, "\n")
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			break
		}
		if !more {
			return "", fmt.Sprintf("its first %d bytes are comments only", len(head))
		}
	}
	saw = fmt.Sprintf("it is text whose first line has %d characters, no hash and no header with a column for hashes", len(line))
	comma := ","
	if strings.Count(line, ";") > strings.Count(line, ",") {
		comma = ";"
	}
	cells := strings.Split(strings.ToLower(line), comma)
	named := map[string]bool{}
	hashes := false
	for _, c := range cells {
		c = strings.Trim(c, "\" \t")
		named[c] = true
		hashes = hashes || c == "hash" || kindNamed(c) != 0
	}
	switch {
	case named["image id"] && (named["md5"] || named["sha1"]):
		return ICSE, ""
	case hashes:
		return CSV, ""
	case len(cells) == 4 && len(cells[2]) == hashdb.KindPDQ.Bits()/4 && allHex([]byte(cells[2])) && allDigits(cells[0]+cells[1]):
		return VPDQ, ""
	case len(cells) > 1:
		return "", saw
	}
	if _, err := kindOfLength(len(line)); allHex([]byte(line)) && (err == nil || len(line) == 16) {
		return Lines, ""
	}
	return "", saw
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// jsonShape is what the beginning of a JSON document shows.
type jsonShape struct {
	top  json.Delim // '{' or '[', 0 for neither.
	keys []string   // Of the object, or of the array's first object.
}

func (s jsonShape) has(keys ...string) bool {
	for _, k := range s.keys {
		for _, want := range keys {
			if k == want {
				return true
			}
		}
	}
	return false
}

// shapeOf looks at the beginning of a document as far as it goes.
func shapeOf(head []byte) (s jsonShape) {
	dec := json.NewDecoder(bytes.NewReader(head))
	t, err := dec.Token()
	if err != nil {
		return s
	}
	s.top, _ = t.(json.Delim)
	if s.top == '[' {
		if t, err = dec.Token(); err != nil || t != json.Delim('{') {
			return s
		}
	}
	for s.top != 0 {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			break
		}
		s.keys = append(s.keys, key)
		if dec.Decode(&jsonSkip{}) != nil {
			break
		}
	}
	return s
}
