package flood

import (
	"embed"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

//go:embed schema/*.json
var schemas embed.FS

var (
	quarantineSchema = signal.MustSchema(schemas, "schema/quarantine.json")
	verdictSchema    = signal.MustSchema(schemas, "schema/verdict.json")
)

// encode returns v as JSON, checked against the schema that its reader applies.
func encode(s signal.Schema, v any) ([]byte, error) {
	data, err := signal.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc any
	if err := s.Decode(data, &doc); err != nil {
		return nil, err
	}
	return data, nil
}

// The years in which times may lie, as in package correlate: so arithmetic on them is
// safe.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

func inRange(t time.Time) bool { return !t.Before(earliest) && t.Before(latest) }
