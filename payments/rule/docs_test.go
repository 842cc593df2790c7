package rule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// examples are the rule files in docs/rules.md.
func examples(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
		all = append(all, part[:strings.Index(part, "```")])
	}
	return all
}

func TestEveryExampleOfTheDocsIsARuleFile(t *testing.T) {
	all := examples(t)
	if len(all) < 3 {
		t.Fatalf("there are %d examples", len(all))
	}
	for i, text := range all {
		set, err := Load([]byte(text))
		if err != nil {
			t.Errorf("example %d:\n%v", i+1, WithName(err, "docs/rules.md"))
			continue
		}
		if len(set.Rules()) == 0 {
			t.Errorf("example %d has no rule", i+1)
		}
	}
}

// TestTheDocsNameEveryField holds the page to the language.
func TestTheDocsNameEveryField(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the field %s is not in docs/rules.md", name)
		}
	}
	for kind := range measureKinds {
		if !strings.Contains(string(text), string(kind)) {
			t.Errorf("the measure %s is not in docs/rules.md", kind)
		}
	}
}
