package rule

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vigil-stream/vigil/internal/golden"
)

type object = map[string]any

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func pattern(p string) object { return object{"type": "string", "pattern": p} }

func oneOrMany(item object) object {
	return object{"anyOf": []object{item, {"type": "array", "items": item, "minItems": 1}}}
}

// jsonSchema makes the schema from the tables that the reader goes by, so that the
// two cannot part.
func jsonSchema() object {
	const rangeForm = `^[0-9. ]*\.\.[0-9. ]*$`
	tests := object{}
	for name, spec := range fields {
		var s object
		switch spec.kind {
		case byCurrency:
			s = object{"type": "object", "minProperties": 1, "additionalProperties": false, "patternProperties": object{"^[A-Z]{3}$": ref("range")}}
		case multiple:
			s = object{"type": "object", "minProperties": 1, "additionalProperties": false, "patternProperties": object{"^[A-Z]{3}$": object{"type": []string{"number", "string"}}}}
		case inBase, numbers:
			s = ref("range")
		case durations:
			s = pattern(`^([0-9]+[dhm])?(\.\.)?([0-9]+[dhm])?$`)
		case words:
			s = oneOrMany(object{"enum": append(slices.Clone(spec.words), "any", "none")})
		case codes:
			s = oneOrMany(object{"type": "string"})
		case answer:
			s = ref("answer")
		case listName:
			s = pattern(listForm.String())
		case likeness:
			s = object{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": object{
				"amount": pattern(percentForm.String()), "same": oneOrMany(object{"enum": likenesses})}}
		case alternatives:
			s = object{"type": "array", "minItems": 2, "maxItems": maxTests, "items": ref("condition")}
		case negation:
			s = ref("condition")
		}
		s["description"] = spec.doc
		tests[name] = s
	}
	var measures []object
	for _, kind := range slices.Sorted(maps.Keys(measureKinds)) {
		of := []object{}
		for _, q := range measureKinds[kind] {
			if q == AmountIn {
				of = append(of, pattern("^[A-Z]{3}$"))
			} else {
				of = append(of, object{"const": q})
			}
		}
		measures = append(measures, only(string(kind), object{"anyOf": of}))
	}
	measures = append(measures, object{"enum": bare}, only("distinct", object{"enum": things}), only("first", object{"enum": firsts}),
		only("since", object{"const": "previous"}), only("span", object{"const": "transfers"}),
		only("other_role", object{"const": "transfers"}),
		only("mirrors", object{"type": "object", "additionalProperties": false, "required": []string{"amount"}, "properties": object{
			"amount": pattern(percentForm.String()), "commission": pattern(percentForm.String())}}))
	short := object{"type": "string", "minLength": 1, "maxLength": maxText}
	value := object{"type": []string{"number", "string"}}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://vigil-stream.github.io/schema/rules.v1.json",
		"title":   "A Vigil rule file, format 1. vigil payments rules check says more: what can never fire, and what breaks the law of fairness.",
		"type":    "object", "additionalProperties": false, "required": []string{"format", "version", "rules"},
		"properties": object{
			"format": object{"const": Format}, "version": object{"type": "integer", "minimum": 1}, "name": short,
			"base":  pattern("^[A-Z]{3}$"),
			"lists": object{"type": "object", "additionalProperties": false, "patternProperties": object{listForm.String(): object{"type": "array", "items": pattern(subjectForm.String())}}},
			"rules": object{"type": "array", "maxItems": maxRules, "items": ref("rule")},
		},
		"$defs": object{
			"answer":    object{"enum": []any{"yes", "no", true, false}},
			"range":     object{"anyOf": []object{{"type": "integer"}, pattern(rangeForm), pattern(`^[0-9.]+$`)}},
			"condition": object{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": tests},
			"rule": object{
				"type": "object", "additionalProperties": false,
				"required": []string{"id", "version", "title", "source", "of", "bands", "says"},
				"oneOf":    []object{{"required": []string{"within"}}, {"required": []string{"last"}}},
				"properties": object{
					"id": pattern(idForm.String()), "version": object{"type": "integer", "minimum": 1}, "title": short, "source": short,
					"of":     object{"enum": []string{"sender", "recipient", "either"}},
					"group":  object{"enum": []Group{BySubject, ByCounterparty, ByCountry, ByTown, ByCurrency, ByRail}},
					"exempt": oneOrMany(pattern(listForm.String())),
					"newest": ref("condition"), "where": ref("condition"),
					"except": object{"type": "array", "items": object{"anyOf": []object{{"enum": []string{"steady", "related"}}, ref("condition")}}},
					"within": pattern(durationForm.String()), "last": pattern(`^[0-9]+([dhm]| transfers)$`),
					"needs": object{"type": "integer", "minimum": 1}, "measure": object{"oneOf": measures},
					"bands": object{"type": "array", "minItems": 1, "maxItems": maxTests, "items": object{
						"type": "object", "additionalProperties": false, "required": []string{"strength"},
						"anyOf":      []object{{"required": []string{"from"}}, {"required": []string{"below"}}},
						"properties": object{"from": value, "below": value, "strength": object{"type": "number", "exclusiveMinimum": 0, "maximum": 1}},
					}},
					"says": short,
				},
			},
		},
	}
}

func only(key string, value object) object {
	return object{"type": "object", "additionalProperties": false, "required": []string{key}, "properties": object{key: value}}
}

func TestSchema(t *testing.T) {
	data, err := json.MarshalIndent(jsonSchema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "../schema/rules.v1.json", append(data, '\n'))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.v1.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("rules.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	fits := func(text string) error {
		asJSON, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	for i, text := range append(examples(t), good(), good("last: 3 transfers", "exempt: charities"),
		good("last: 1d", "measure: {mirrors: {amount: 10%, commission: 5%}}", "bands: [{from: 1, strength: 0.1}]")) {
		if err := fits(text); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
	}
	for _, text := range []string{good("of: payer"), good("where: {nigth: yes}"), good("bands: [{strength: 0.1}]"), good("id: u1")} {
		if fits(text) == nil {
			t.Errorf("the schema takes what the reader refuses:\n%s", text)
		}
	}
}
