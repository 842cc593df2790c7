package exchange

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// Options are an exchange's own settings, as text.
type Options map[string]string

// Reader reads options and gathers what is wrong with them.
func (o Options) Reader() *OptionReader { return &OptionReader{options: o} }

// OptionReader reads options by their names. What is missing has the default given.
type OptionReader struct {
	options Options
	names   []string
	faults  yamlfile.Faults
}

func (r *OptionReader) get(name string) (string, bool) {
	r.names = append(r.names, name)
	v, ok := r.options[name]
	return v, ok
}

// Text returns a text; when there are words, one of them.
func (r *OptionReader) Text(name, missing string, words ...string) string {
	v, ok := r.get(name)
	if !ok {
		return missing
	}
	if len(words) > 0 && !slices.Contains(words, v) {
		r.faults.Add(0, "options.%s: %.40q is not one of %s", name, v, strings.Join(words, ", "))
	}
	return v
}

// Words returns words that are separated by commas or spaces.
func (r *OptionReader) Words(name string, missing ...string) []string {
	v, ok := r.get(name)
	if !ok {
		return missing
	}
	return strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ' ' })
}

// Duration returns a duration from least to most.
func (r *OptionReader) Duration(name string, missing, least, most time.Duration) time.Duration {
	v, ok := r.get(name)
	if !ok {
		return missing
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		r.faults.Add(0, "options.%s: want a duration from %s to %s", name, least, most)
		return missing
	}
	return d
}

// Number returns a whole number from least to most.
func (r *OptionReader) Number(name string, missing, least, most int) int {
	v, ok := r.get(name)
	if !ok {
		return missing
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r.faults.Add(0, "options.%s: want a whole number from %d to %d", name, least, most)
		return missing
	}
	return n
}

// Time returns a time, written as RFC 3339 or as a date.
func (r *OptionReader) Time(name string, missing time.Time) time.Time {
	v, ok := r.get(name)
	if !ok {
		return missing
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC()
		}
	}
	r.faults.Add(0, "options.%s: want a date or a time, as in 2020-01-31 or 2020-01-31T00:00:00Z", name)
	return missing
}

// Err reports every fault at once, options that nobody asked for among them.
func (r *OptionReader) Err() error {
	slices.Sort(r.names)
	for _, name := range slices.Sorted(maps.Keys(r.options)) {
		if !slices.Contains(r.names, name) {
			known := "it has none"
			if len(r.names) > 0 {
				known = "want " + strings.Join(r.names, ", ")
			}
			r.faults.Add(0, "options: no option %.40q; %s", name, known)
		}
	}
	return r.faults.Err()
}
