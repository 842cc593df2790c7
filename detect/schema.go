package detect

import (
	"embed"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

//go:embed schema/*.json
var schemas embed.FS

var (
	hashSchema    = signal.MustSchema(schemas, "schema/hash.json").Quiet()
	sessionSchema = signal.MustSchema(schemas, "schema/session.json").Quiet()
	flagSchema    = signal.MustSchema(schemas, "schema/flag.json").Quiet()
	scoreSchema   = signal.MustSchema(schemas, "schema/score.json").Quiet()
)

// encode returns v as JSON, checked against the schema that its reader applies:
// a producer learns of a fault before the record is on its way.
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

// utc returns a time from outside in UTC. A zone can carry the first or last
// hours of the calendar into a year that RFC 3339 cannot write.
func utc(field string, t time.Time) (time.Time, error) {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, signal.Reject("bad-attribute", "%s: outside the years 1 to 9999 in UTC", field)
	}
	return t, nil
}
