package formats

import (
	"fmt"
	"io"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
)

// Format names a form of hash lists.
type Format string

// The formats. Auto finds out which from an input's beginning.
const (
	Auto           Format = "auto"
	Lines          Format = "lines"
	CSV            Format = "csv"
	VICS           Format = "vics"
	ICSE           Format = "icse"
	NCMEC          Format = "ncmec"
	ThreatExchange Format = "threatexchange"
	VPDQ           Format = "vpdq"
)

// Names returns every format that can be read, without Auto.
func Names() []Format {
	return []Format{Lines, CSV, VICS, ICSE, NCMEC, ThreatExchange, VPDQ}
}

// Options say what an input does not say itself.
type Options struct {
	// Kind is the kind of hash of lines, and of csv columns that do not name one. When
	// it is 0 the first hash's length tells: 64 digits are PDQ, 40 SHA-1, 32 MD5.
	Kind hashdb.Kind
	// Provenance is put into every entry: a file's base name or an exchange.
	Provenance string
}

// Open returns a reader of r in the format f, and which format that is. Auto or the
// empty Format finds it out from the first 64 KiB.
func Open(f Format, r io.Reader, o Options) (hashdb.RecordReader, Format, error) {
	if o.Kind != 0 && o.Kind.Bits() == 0 {
		return nil, "", fmt.Errorf("%v is not a kind of hash", o.Kind)
	}
	if len(o.Provenance) > maxProvenance {
		return nil, "", fmt.Errorf("provenance has %d bytes, want at most %d", len(o.Provenance), maxProvenance)
	}
	in := buffered(r)
	if f == Auto || f == "" {
		var err error
		if f, err = detect(in); err != nil {
			return nil, "", err
		}
	}
	var out hashdb.RecordReader
	var err error
	switch f {
	case Lines:
		out = newLines(in, o)
	case CSV:
		out, err = newCSV(in, o)
	case ICSE:
		out, err = newICSE(in, o)
	case VICS:
		out = newVICS(in, o)
	case VPDQ:
		out = newVPDQ(in, o)
	case NCMEC:
		out = newNCMEC(in, o)
	case ThreatExchange:
		out = newThreatExchange(in, o)
	default:
		err = fmt.Errorf("format %.20q is not one of %s", f, strings.Join(names(Names()), ", "))
	}
	if err != nil {
		return nil, f, err
	}
	return out, f, nil
}

func names(formats []Format) []string {
	out := make([]string, len(formats))
	for i, f := range formats {
		out[i] = string(f)
	}
	return out
}
