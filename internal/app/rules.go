package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/vigil-stream/vigil/payments/rule"
)

// readRules reads a rule file; an error names the file, and line and column of each fault.
func readRules(name string) (*rule.Set, error) {
	set, _, err := readRulesText(name)
	return set, err
}

func readRulesText(name string) (*rule.Set, []byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	// One more than the limit, which is then told.
	text, err := io.ReadAll(io.LimitReader(f, rule.MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, nil, err
	}
	set, err := rule.Load(text)
	return set, text, rule.WithName(err, name)
}

// CheckRules reads rule files and says what is in them. What is wrong goes to errs,
// all of it, and makes an error.
func CheckRules(names []string, out, errs io.Writer) error {
	bad := 0
	for _, name := range names {
		set, err := readRules(name)
		if err != nil {
			bad++
			if _, err := fmt.Fprintln(errs, err); err != nil {
				return err
			}
			continue
		}
		if err := sayRules(name, set, out); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d rule files cannot be used; see the lines above", bad, len(names))
	}
	return nil
}

func sayRules(name string, set *rule.Set, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(out, "%s: version %d, %d rules\n", name, set.Version, len(set.Rules())); err != nil {
		return err
	}
	for _, r := range set.Rules() {
		var of []string
		for _, role := range r.Of {
			of = append(of, string(role))
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID(), r.Version(), strings.Join(of, ", "), r.Title); err != nil {
			return err
		}
	}
	return w.Flush()
}

// PrintRuleSchema prints the JSON Schema of rule files.
func PrintRuleSchema(out io.Writer) error {
	_, err := out.Write(rule.Schema())
	return err
}
