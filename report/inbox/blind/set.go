package blind

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// MaxSet is how many identifiers a set holds at most.
const MaxSet = 1_000_000

// A Blinded is an identifier that nobody can read, and what its centre calls it.
type Blinded struct {
	Kind  Kind
	Blind string
	Label string // the centre's own, as the name of an operation; may be empty
}

// A Set is blinded identifiers under one key, in order and each once.
type Set struct {
	Key string // Key.ID
	All []Blinded
}

const first = "# vigil blinded identifiers 1, key "

// maxLabel limits a label, in bytes.
const maxLabel = 64

// FromCSV blinds identifiers: a first line "kind,holder,value,label", in any order and
// label left out where there are none, and a line each. An error names the line, and
// quotes nothing of it.
func FromCSV(in io.Reader, key Key) (Set, error) {
	s := Set{Key: key.ID()}
	bounded := &lineLimit{in: bufio.NewReaderSize(in, 64<<10)}
	r := csv.NewReader(bounded)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return s, fmt.Errorf("identifiers: line 1: must name the columns kind, holder, value and label: %w", errors.Join(plain(err), bounded.err))
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := at[name]; twice || !slices.Contains([]string{"kind", "holder", "value", "label"}, name) {
			return s, errors.New("identifiers: line 1: must name the columns kind, holder, value and label, each once")
		}
		at[name] = i
	}
	for _, name := range []string{"kind", "holder", "value"} {
		if _, ok := at[name]; !ok {
			return s, fmt.Errorf("identifiers: line 1: lacks the column %s", name)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			s.sort()
			return s, nil
		}
		if err != nil {
			return s, fmt.Errorf("identifiers: %w", errors.Join(plain(err), bounded.err))
		}
		line, _ := r.FieldPos(0)
		if len(s.All) == MaxSet {
			return s, fmt.Errorf("identifiers: more than %d", MaxSet)
		}
		id := Identifier{Kind(strings.ToLower(strings.TrimSpace(row[at["kind"]]))), row[at["holder"]], row[at["value"]]}
		b := Blinded{Kind: id.Kind}
		if b.Blind, err = key.Blind(id); err != nil {
			return s, fmt.Errorf("identifiers: line %d: %w", line, err)
		}
		if i, ok := at["label"]; ok {
			if b.Label = strings.TrimSpace(row[i]); !labelled(b.Label) {
				return s, fmt.Errorf("identifiers: line %d: label: must be at most %d bytes that can be printed", line, maxLabel)
			}
		}
		s.All = append(s.All, b)
	}
}

// plain is an error of CSV without what it quotes.
func plain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}

func labelled(s string) bool {
	return len(s) <= maxLabel && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

func (s *Set) sort() {
	slices.SortFunc(s.All, func(a, b Blinded) int {
		return cmp.Or(cmp.Compare(a.Blind, b.Blind), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Label, b.Label))
	})
	s.All = slices.Compact(s.All)
}

// Write writes a set, without its labels where another centre is to have it. Its order is
// that of the blinded values, and tells nothing.
func (s Set) Write(w io.Writer, labels bool) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(first + s.Key + "\n")
	last := ""
	for _, b := range s.All {
		line := string(b.Kind) + "," + b.Blind
		if labels && b.Label != "" {
			line += "," + b.Label
		}
		if line != last {
			_, _ = out.WriteString(line + "\n")
		}
		last = line
	}
	if err := out.Flush(); err != nil { // holds the first error
		return fmt.Errorf("write blinded identifiers: %w", err)
	}
	return nil
}

var (
	keyForm   = regexp.MustCompile(`^[0-9a-f]{16}$`)
	blindForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ReadSet reads what Write wrote.
func ReadSet(in io.Reader) (s Set, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 4<<10)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if n == 1 {
			key, ok := strings.CutPrefix(line, first)
			if !ok || !keyForm.MatchString(key) {
				return s, errors.New("blinded identifiers: line 1: is not that of `vigil inbox blind`")
			}
			s.Key = key
			continue
		}
		kind, rest, _ := strings.Cut(line, ",")
		value, label, _ := strings.Cut(rest, ",")
		switch {
		case n > MaxSet+1:
			return s, fmt.Errorf("blinded identifiers: more than %d", MaxSet)
		case !slices.Contains(Kinds(), Kind(kind)):
			return s, fmt.Errorf("blinded identifiers: line %d: begins with no kind: %s", n, names())
		case !blindForm.MatchString(value):
			return s, fmt.Errorf("blinded identifiers: line %d: has no 64 hex digits", n)
		case !labelled(label):
			return s, fmt.Errorf("blinded identifiers: line %d: label: must be at most %d bytes that can be printed", n, maxLabel)
		}
		s.All = append(s.All, Blinded{Kind(kind), value, label})
	}
	if err := lines.Err(); err != nil {
		return s, fmt.Errorf("blinded identifiers: %w", err)
	}
	if s.Key == "" {
		return s, errors.New("blinded identifiers: the file is empty")
	}
	s.sort()
	return s, nil
}

// A Shared is what two sets have both.
type Shared struct {
	Kind   Kind
	Blind  string
	Labels []string // of the first set
}

// ErrKeys says that sets cannot be compared.
var ErrKeys = errors.New("the sets are under different keys, so that nothing can coincide")

// Compare returns what is in both sets, with the labels of the first.
func Compare(ours, theirs Set) ([]Shared, error) {
	if ours.Key != theirs.Key {
		return nil, ErrKeys
	}
	type key struct {
		kind  Kind
		blind string
	}
	there := make(map[key]bool, len(theirs.All))
	for _, b := range theirs.All {
		there[key{b.Kind, b.Blind}] = true
	}
	var all []Shared
	for _, b := range ours.All {
		if !there[key{b.Kind, b.Blind}] {
			continue
		}
		if n := len(all); n == 0 || all[n-1].Blind != b.Blind || all[n-1].Kind != b.Kind {
			all = append(all, Shared{Kind: b.Kind, Blind: b.Blind})
		}
		if last := &all[len(all)-1]; b.Label != "" && !slices.Contains(last.Labels, b.Label) {
			last.Labels = append(last.Labels, b.Label)
		}
	}
	return all, nil
}

// A lineLimit ends an input whose lines are too long for a list of identifiers.
type lineLimit struct {
	in   *bufio.Reader
	rest []byte
	err  error
}

func (l *lineLimit) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		line, err := l.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			l.err = errors.New("a line is longer than 64 KiB")
			return 0, l.err
		}
		if len(line) == 0 {
			return 0, err
		}
		l.rest = line
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}
