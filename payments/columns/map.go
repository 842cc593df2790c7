package columns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/text/encoding/charmap"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// maxColumns limits the columns of a file.
const maxColumns = 500

// A Map says what the columns of a file mean.
type Map struct {
	charset   *charmap.Charmap // nil for UTF-8
	delimiter rune
	header    bool
	skip      int
	numbers   numbers
	zone      *time.Location
	layout    layout // of at
	date      layout
	clock     layout
	assume    string // the clock where there is none
	columns   []column
	constants values
	fixed     map[string]bool // fields that are constants
	used      map[string]bool // fields that columns have
	// leaving is how money that leaves the account is told.
	sign          string // "negative", "positive", or empty
	debit, credit []string
	withdrawn     []string
	statement     bool // the ends are account and counterparty
	rails         map[string]string
}

// A column is where a field stands in a row.
type column struct {
	name  string // of the header, or its number
	index int    // from 0; set by the header where there is one
	field field
	line  int // of the map
}

// ReadMap reads a map. The error has every fault, each with its line.
func ReadMap(file []byte) (*Map, error) {
	f := &yamlfile.Faults{}
	m := &Map{delimiter: ',', header: true, numbers: numbers{decimal: "."}, fixed: map[string]bool{}, used: map[string]bool{}}
	var encoding, delimiter, header, skip, zone, at, date, clock string
	lines := map[string]int{}
	noted := func(key string, read func(ast.Node)) func(ast.Node) {
		return func(n ast.Node) {
			lines[key] = yamlfile.Line(n)
			read(n)
		}
	}
	keys{
		"encoding":  noted("encoding", text(f, "encoding", &encoding)),
		"delimiter": noted("delimiter", text(f, "delimiter", &delimiter)),
		"header":    noted("header", text(f, "header", &header)),
		"skip":      noted("skip", text(f, "skip", &skip)),
		"decimal":   noted("decimal", text(f, "decimal", &m.numbers.decimal)),
		"grouping":  noted("grouping", text(f, "grouping", &m.numbers.grouping)),
		"time": func(n ast.Node) {
			lines["time"] = yamlfile.Line(n)
			keys{
				"layout": noted("time.layout", text(f, "time.layout", &at)),
				"date":   noted("time.date", text(f, "time.date", &date)),
				"clock":  noted("time.clock", text(f, "time.clock", &clock)),
				"assume": noted("time.assume", text(f, "time.assume", &m.assume)),
				"zone":   noted("time.zone", text(f, "time.zone", &zone)),
			}.in(f, "time: ", mapping(f, "time", n))
		},
		"direction": func(n ast.Node) {
			lines["direction"] = yamlfile.Line(n)
			keys{
				"sign":   noted("direction.sign", text(f, "direction.sign", &m.sign)),
				"debit":  texts(f, "direction.debit", &m.debit),
				"credit": texts(f, "direction.credit", &m.credit),
			}.in(f, "direction: ", mapping(f, "direction", n))
		},
		"withdrawn": noted("withdrawn", texts(f, "withdrawn", &m.withdrawn)),
		"rails": func(n ast.Node) {
			m.rails = map[string]string{}
			for _, p := range pairs(f, "rails", n) {
				if !isRail(p.value) {
					f.Add(p.line, "rails: want one of %s", strings.Join(rails, ", "))
				}
				m.rails[p.key] = p.value
			}
		},
		"columns":   func(n ast.Node) { m.readColumns(f, pairs(f, "columns", n)) },
		"constants": func(n ast.Node) { m.readConstants(f, pairs(f, "constants", n)) },
	}.in(f, "", parse(f, file))
	if f.Len() == 0 || len(lines) > 0 {
		m.checkForm(f, lines, encoding, delimiter, header, skip)
		m.checkTime(f, lines, at, date, clock, zone)
		m.checkFields(f, lines)
	}
	if f.Len() > 0 {
		return nil, f.Err()
	}
	return m, nil
}

func (m *Map) readColumns(f *yamlfile.Faults, list []pair) {
	for _, p := range list {
		field, known := fieldNamed(p.value)
		switch {
		case !known:
			f.Add(p.line, "columns: the column %.60q stands for no field that there is; see the package's text", p.key)
			continue
		case strings.TrimSpace(p.key) == "":
			f.Add(p.line, "columns: a column has no name")
		case m.used[p.value] && !field.many:
			f.Add(p.line, "columns: a second column for %s", p.value)
		}
		m.used[p.value] = true
		m.columns = append(m.columns, column{name: strings.TrimSpace(p.key), field: field, line: p.line})
	}
	if len(m.columns) > maxColumns {
		f.Add(0, "columns: %d, and the limit is %d", len(m.columns), maxColumns)
	}
}

func (m *Map) readConstants(f *yamlfile.Faults, list []pair) {
	for _, p := range list {
		field, known := fieldNamed(p.key)
		switch {
		case !known:
			f.Add(p.line, "constants: %.60q is no field that there is; see the package's text", p.key)
		case slices.Contains([]string{"id", "amount", "debit", "credit", "at", "date", "clock", "paid_out", "status", "direction"}, p.key):
			f.Add(p.line, "constants: %s is of each row its own", p.key)
		case m.fixed[p.key]:
			f.Add(p.line, "constants: %s: given twice", p.key)
		default:
			m.fixed[p.key] = true
			if err := field.set(&m.constants, p.value); err != nil {
				f.Add(p.line, "constants: %s: %v", p.key, err)
			}
		}
	}
}

// rail translates what a file says.
func (m *Map) rail(cell string) string {
	if ours, ok := m.rails[cell]; ok {
		return ours
	}
	return cell
}

// fit finds the columns in a header; the error names every one that is not there.
func (m *Map) fit(header []string) ([]column, error) {
	f := &yamlfile.Faults{}
	var out []column
	for _, c := range m.columns {
		c.index = slices.Index(header, c.name)
		switch {
		case c.index < 0:
			f.Add(0, "the file's header has no column %.60q, of which line %d of the map speaks", c.name, c.line)
		case slices.Contains(header[c.index+1:], c.name):
			f.Add(0, "the file's header has the column %.60q twice", c.name)
		}
		out = append(out, c)
	}
	if f.Len() > 0 {
		return nil, fmt.Errorf("the map does not fit: %w", f.Err())
	}
	return out, nil
}
