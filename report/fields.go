package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Field is one value of an alert, and what it rests on.
type Field struct {
	Path   string // of the JSON, as in /statement/parts/0/says
	Value  string
	Source string
}

// restsOn says what each part of an alert rests on, by the beginning of its path; the longest
// counts. TestEveryFieldRestsOnSomething holds it to the schema.
var restsOn = map[string]string{
	"/id":                    "the case, the number of the decision and the centre, by signal.ID",
	"/shared":                "the case and its subject, by route.SharedID",
	"/also":                  "the plan of the case by the directory of centres",
	"/centre":                "the directory of centres",
	"/accounts":              "what platforms answered when they were asked whose account it is",
	"/matches":               "the match signals of the case",
	"/lacks":                 "the checks of completeness, when it was sent",
	"/why":                   "the plan of the case by the directory of centres",
	"/how_to_verify":         "Vigil's own words, the same in every alert",
	"/log_key":               "the audit log's key",
	"/proof":                 "the audit log: the entry of the decision",
	"/statement":             "the record of the case that was decided",
	"/statement/decision":    "the decision",
	"/statement/verdict":     "the decision",
	"/statement/reason":      "the decision",
	"/statement/reviewer":    "the decision: pseudonym of who decided",
	"/statement/second":      "the decision: pseudonym of who confirmed it",
	"/statement/stand_in":    "the decision",
	"/statement/persons":     "the decision",
	"/statement/danger":      "the decision",
	"/statement/sequence":    "the decision",
	"/statement/at":          "the decision, by the case store's clock",
	"/statement/case_digest": "SHA-256 of the record of the case that was decided",
	"/statement/evidence":    "the signals of the case",
	"/statement/parts":       "the score of the case: its weights and signals",
	"/statement/score":       "the score of the case: the sum of its parts",
	"/statement/probability": "the score of the case",
}

// Fields lists the values of an alert, each with what it rests on: of a part of the score the
// records that support it, of a record its holder. A value that rests on nothing is an error.
func Fields(a Alert) ([]Field, error) {
	data, err := Encode(a)
	if err != nil {
		return nil, err
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // as it is written
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	var fields []Field
	var faults []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			var keys []string
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				walk(path+"/"+k, v[k])
			}
		case []any:
			for i, one := range v {
				walk(fmt.Sprintf("%s/%d", path, i), one)
			}
		default:
			f := Field{Path: path, Value: fmt.Sprint(v), Source: sourceOf(a, path)}
			if f.Source == "" {
				faults = append(faults, path)
			}
			fields = append(fields, f)
		}
	}
	walk("", v)
	if len(faults) > 0 {
		return nil, fmt.Errorf("alert %s: fields that rest on nothing: %s", a.ID, strings.Join(faults, ", "))
	}
	return fields, nil
}

func sourceOf(a Alert, path string) string {
	var i int
	if _, err := fmt.Sscanf(path, "/statement/parts/%d/", &i); err == nil && i < len(a.Statement.Parts) {
		var records []string
		for _, e := range a.Statement.Evidence {
			if slices.Contains(e.Supports, a.Statement.Parts[i].Name) {
				records = append(records, e.What+" "+e.Ref+" of "+e.Holder)
			}
		}
		if len(records) > 0 {
			return "records " + strings.Join(records, ", ")
		}
	}
	if _, err := fmt.Sscanf(path, "/statement/evidence/%d/", &i); err == nil && i < len(a.Statement.Evidence) {
		e := a.Statement.Evidence[i]
		return "a signal of the case on " + e.What + " " + e.Ref + ", held by " + e.Holder
	}
	if _, err := fmt.Sscanf(path, "/accounts/%d/", &i); err == nil && i < len(a.Accounts) {
		one := a.Accounts[i]
		return "platform " + one.Platform + "'s answer of " + one.At.UTC().Format(time.RFC3339) + ", SHA-256 " + one.SHA256
	}
	for at := path; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if source, ok := restsOn[at]; ok {
			return source
		}
	}
	return ""
}
