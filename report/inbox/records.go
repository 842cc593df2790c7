package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/vigil-stream/vigil/report/seal"
)

// Limits on files.
const (
	MaxFile    = 64 << 20 // bytes
	maxRecords = 100_000  // of one file
)

// Split takes a file apart: what is encrypted, or one JSON value, is one record; JSON lines
// are a record each, whose place is their line. What is neither is one record, whose check
// says so.
func Split(name string, data []byte) []Record {
	whole := []Record{{Data: data, Source: name, Place: 1}}
	if seal.IsEncrypted(data) || json.Valid(data) {
		return whole
	}
	var all []Record
	rest := data
	for line := int64(1); len(rest) > 0; line++ {
		var one []byte
		one, rest, _ = bytes.Cut(rest, []byte("\n"))
		if one = bytes.TrimSpace(one); len(one) == 0 {
			continue
		}
		if len(all) == 0 && !isObject(one) {
			return whole // its first line is no record, so these are no lines of records
		}
		if len(all) == maxRecords {
			return append(all, Record{Source: name, Place: line, Fault: fmt.Sprintf("The file has more than %d lines; what comes from line %d on was not read.", maxRecords, line)})
		}
		all = append(all, Record{Data: bytes.Clone(one), Source: name, Place: line})
	}
	if len(all) == 0 {
		return whole
	}
	return all
}
