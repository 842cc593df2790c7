package yamlfile

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		says string
	}{
		"nothing":       {"# only this\n", 0, ""},
		"a mapping":     {"a: 1\na: 2\n", 0, ""},
		"too long":      {strings.Repeat("#", 300_001), 1, "300001 bytes, and the limit is 300000"},
		"brackets":      {"a: 1\nb: " + strings.Repeat("[", 9), 2, "more than 8 brackets"},
		"braces":        {strings.Repeat("{", 100_000), 1, "more than 8 brackets"},
		"dashes":        {"- 1\n" + strings.Repeat("- ", 100_000), 2, "more than 8 brackets or dashes"},
		"questions":     {strings.Repeat("? ", 100_000), 1, "more than 8 brackets or dashes"},
		"many dashes":   {strings.Repeat("- 1\n", 1000), 0, ""},
		"eight":         {strings.Repeat("[", 8) + strings.Repeat("]", 8), 0, ""},
		"no YAML":       {"a: b\nc: d: e: {", 2, "not YAML"},
		"two documents": {"a: b\n---\nc: d\n", 3, "a second document"},
	} {
		body, fault := Parse([]byte(c.text), 300_000, 8)
		switch {
		case c.says == "" && fault != nil:
			t.Errorf("%s: %+v", name, fault)
		case c.says != "" && (fault == nil || fault.Line != c.line || !strings.Contains(fault.Says, c.says)):
			t.Errorf("%s: %+v, want line %d and %q", name, fault, c.line, c.says)
		case (fault == nil && name != "nothing") != (body != nil):
			t.Errorf("%s: %v", name, body)
		}
	}
}

func TestNodes(t *testing.T) {
	body, fault := Parse([]byte("a: 0x10\nb: [1]\na: text\n"), 1000, 8)
	if fault != nil {
		t.Fatal(fault)
	}
	values, ok := Mapping(body)
	if !ok || len(values) != 3 || Line(values[2].Key) != 3 {
		t.Fatalf("%v", values)
	}
	for i, want := range []string{"0x10", "", "text"} {
		if got, ok := Scalar(values[i].Value); got != want || ok != (want != "") {
			t.Errorf("value %d: %q, %v", i, got, ok)
		}
	}
	if _, ok := Mapping(values[1].Value); ok {
		t.Error("a sequence is a mapping")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: b", "- - -", "a: [1, {b: c}]", "? x\n: y", "a: &b c\nd: *b", "--- |\n x\n", "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		body, fault := Parse(text, 4096, 8)
		if fault != nil && (body != nil || fault.Line < 1 || fault.Column < 1) {
			t.Errorf("%v %+v", body, fault)
		}
		if values, ok := Mapping(body); ok {
			for _, v := range values {
				_, _ = Scalar(v.Value)
			}
		}
	})
}
