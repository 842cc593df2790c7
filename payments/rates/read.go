package rates

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
)

// Limits of a file. The European Central Bank's history since 1999 has some 7,000 rows
// and 700 kB.
const (
	MaxFile  = 32 << 20 // bytes
	maxRates = 1_000_000
	// maxMantissa and maxScale keep a conversion within 128 bits: see convert.
	maxMantissa = 1_000_000_000_000_000
	maxScale    = 12
	maxFaults   = 20
)

// jumpFactor and jumpDays say which change of a rate is absurd.
const (
	jumpFactor = 10
	jumpDays   = 7
)

// noteJump is the note of a rate that is right though it looks absurd.
const noteJump = "jump"

// Read reads a table. The error names every fault, up to twenty, each with its line.
func Read(file []byte, o Options) (*Table, error) {
	o = o.withDefaults()
	digits, ok := payments.MinorDigits(o.Base)
	switch {
	case !ok:
		return nil, fmt.Errorf("the base %.8q is no currency of ISO 4217", o.Base)
	case o.Days < 1 || o.Days > 366:
		return nil, fmt.Errorf("a rate cannot hold for %d days, want 1 to 366", o.Days)
	case len(file) > MaxFile:
		return nil, fmt.Errorf("has %d bytes, and the limit is %d", len(file), MaxFile)
	}
	sum := sha256.Sum256(file)
	r := reader{o: o, rows: map[string][]row{}}
	r.read(file)
	table := &Table{options: o, digits: digits, version: hex.EncodeToString(sum[:6]), rates: r.sorted(), count: r.count}
	if len(r.faults) > 0 {
		return nil, r.err()
	}
	return table, nil
}

// reader gathers the rows of a file, and its faults.
type reader struct {
	o      Options
	rows   map[string][]row
	count  int
	faults []fault
	more   int // faults that are not told
}

type row struct {
	rate
	line int
	jump bool
}

type fault struct {
	line int
	text string
}

func (r *reader) fault(line int, format string, args ...any) {
	if len(r.faults) == maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, fault{line, fmt.Sprintf(format, args...)})
}

func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b fault) int { return a.line - b.line })
	var errs []error
	for _, f := range r.faults {
		errs = append(errs, fmt.Errorf("line %d: %s", f.line, f.text))
	}
	if r.more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", r.more))
	}
	return errors.Join(errs...)
}

func (r *reader) read(file []byte) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	r.comments(file)
	in := csv.NewReader(bytes.NewReader(file))
	in.Comment, in.FieldsPerRecord, in.ReuseRecord, in.TrimLeadingSpace = '#', -1, true, true
	var add func(line int, cells []string)
	for r.count <= maxRates {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			if add == nil {
				r.fault(1, "has no row that names the columns: want date,currency,rate or Date and currencies")
			}
			return
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			r.fault(parse.Line, "is no CSV: %v", parse.Err)
			return
		}
		line, _ := in.FieldPos(0)
		if add == nil {
			if add = r.header(line, cells); add == nil {
				return
			}
			continue
		}
		add(line, cells)
	}
	r.fault(0, "more than %d rates", maxRates)
}

// comments looks for the one that names the base.
func (r *reader) comments(file []byte) {
	n := 0
	for line := range bytes.Lines(file) {
		if n++; n > 100 {
			return
		}
		text, is := strings.CutPrefix(string(line), "#")
		if base, named := strings.CutPrefix(strings.TrimSpace(text), "base:"); is && named && strings.TrimSpace(base) != r.o.Base {
			r.fault(n, "the table is in units per %.8q, and the base currency is %s", strings.TrimSpace(base), r.o.Base)
		}
	}
}

// header returns how to read the rows under it.
func (r *reader) header(line int, cells []string) func(int, []string) {
	var names []string
	for _, c := range cells {
		names = append(names, strings.TrimSpace(c))
	}
	if len(names) > 1 && names[len(names)-1] == "" {
		names = names[:len(names)-1] // The European Central Bank's rows end in a comma.
	}
	long := strings.ToLower(strings.Join(names, ","))
	switch {
	case long == "date,currency,rate" || long == "date,currency,rate,note":
		return func(line int, cells []string) { r.long(line, cells, len(names)) }
	case len(names) > 1 && strings.EqualFold(names[0], "date") && len(names[1]) == 3:
		seen := map[string]bool{}
		for _, name := range names[1:] {
			if len(name) != 3 || strings.ToUpper(name) != name || seen[name] {
				r.fault(line, "the column %.16q is no code of a currency, or is there twice", name)
			}
			seen[name] = true
		}
		return func(line int, cells []string) { r.wide(line, cells, names) }
	}
	r.fault(line, "names no columns that are known: want date,currency,rate with or without note, or Date and currencies")
	return nil
}

func (r *reader) long(line int, cells []string, columns int) {
	if len(cells) < 3 || len(cells) > columns {
		r.fault(line, "has %d cells, want %d", len(cells), columns)
		return
	}
	note := ""
	if len(cells) > 3 {
		note = strings.TrimSpace(cells[3])
	}
	if note != "" && note != noteJump {
		r.fault(line, "the note is not %q, which is the only one", noteJump)
	}
	currency := strings.TrimSpace(cells[1])
	if _, known := payments.MinorDigits(currency); !known {
		r.fault(line, "%.8q is no currency of ISO 4217", currency)
		return
	}
	if day, ok := r.day(line, cells[0]); ok {
		r.add(line, day, currency, cells[2], note == noteJump)
	}
}

func (r *reader) wide(line int, cells, names []string) {
	if len(cells) != len(names) && (len(cells) != len(names)+1 || strings.TrimSpace(cells[len(names)]) != "") {
		r.fault(line, "has %d cells, and the first row names %d", len(cells), len(names))
		return
	}
	day, ok := r.day(line, cells[0])
	if !ok {
		return
	}
	for i, name := range names[1:] {
		cell := strings.TrimSpace(cells[i+1])
		if _, known := payments.MinorDigits(name); known && cell != "" && cell != "N/A" {
			r.add(line, day, name, cell, false)
		}
	}
}

func (r *reader) day(line int, cell string) (int32, bool) {
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(cell))
	if err != nil || at.Year() < 1990 || at.Year() > 2099 {
		r.fault(line, "the date is none of the years 1990 to 2099, as in 2026-01-31")
		return 0, false
	}
	return dayOf(at), true
}

func (r *reader) add(line int, day int32, currency, text string, jump bool) {
	mantissa, scale, err := parseRate(strings.TrimSpace(text))
	if err != nil {
		r.fault(line, "the rate of %s %v", currency, err)
		return
	}
	if currency == r.o.Base && (mantissa != 1 || scale != 0) {
		r.fault(line, "the rate of %s, which is the base, is not 1", currency)
		return
	}
	r.count++
	r.rows[currency] = append(r.rows[currency], row{rate{day: day, scale: scale, mantissa: mantissa}, line, jump})
}

// parseRate reads a decimal number above zero, exactly.
func parseRate(text string) (mantissa uint64, scale uint8, err error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.HasPrefix(text, "-") {
		return 0, 0, errors.New("is below zero")
	}
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, 0, errors.New("is no decimal number, as in 1.0721")
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > maxScale {
		return 0, 0, fmt.Errorf("has more than %d decimals", maxScale)
	}
	mantissa, err = strconv.ParseUint(whole+fraction, 10, 64)
	switch {
	case err != nil || mantissa > maxMantissa:
		return 0, 0, fmt.Errorf("has more digits than %d", uint64(maxMantissa))
	case mantissa == 0:
		return 0, 0, errors.New("is zero")
	}
	return mantissa, uint8(len(fraction)), nil
}

// sorted puts the rows of each currency in order of date, and finds what only shows then.
func (r *reader) sorted() map[string][]rate {
	all := make(map[string][]rate, len(r.rows))
	for _, currency := range slices.Sorted(maps.Keys(r.rows)) {
		rows := r.rows[currency]
		slices.SortStableFunc(rows, func(a, b row) int { return int(a.day) - int(b.day) })
		list := make([]rate, 0, len(rows))
		for i, now := range rows {
			list = append(list, now.rate)
			if i == 0 {
				continue
			}
			before := rows[i-1]
			switch {
			case before.day == now.day:
				r.fault(now.line, "%s has a rate of this date on line %d already", currency, before.line)
			case now.day-before.day <= jumpDays && !now.jump && absurd(before.rate, now.rate):
				r.fault(now.line, "%s is ten times or a tenth of what it was %d days before, on line %d; if that is right, its note is %q",
					currency, now.day-before.day, before.line, noteJump)
			}
		}
		all[currency] = list
	}
	return all
}

// absurd reports whether one rate is at least jumpFactor times the other.
func absurd(a, b rate) bool { return reaches(a, b) || reaches(b, a) }

// reaches reports whether b is at least jumpFactor times a, in 128 bits.
func reaches(a, b rate) bool {
	bHi, bLo := bits.Mul64(b.mantissa, pow10(int(a.scale)))
	aHi, aLo := bits.Mul64(a.mantissa, jumpFactor*pow10(int(b.scale)))
	return bHi > aHi || bHi == aHi && bLo >= aLo
}
