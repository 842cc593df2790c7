package split

import (
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments"
)

func TestNameTokensAreComparedByWords(t *testing.T) {
	tok := tokenizer(t)
	for _, c := range []struct {
		a, b string
		tie  bool
	}{
		{"Maria dela Cruz", "CRUZ, Juan", true},
		{"Nguyễn Văn An", "nguyen thi bao", true}, // family name first
		{"Anna Müller-Demo", "Bert Demo", true},
		{"Maria dela Cruz", "Anton dela Rosa", false}, // a particle is no tie
		{"Demo GmbH", "Muster GmbH", false},
		{"A. Testmann", "A. Muster", false}, // nor is a letter
		{"Иван Примеров", "ПРИМЕРОВ", true},
		{"田中 太郎", "田中 花子", true},
		{"Jose\u0301 Demo", "JOSÉ Muster", true}, // the accent as a mark of its own
		{"", "", false},
	} {
		a, b := nameTokens(tok, c.a), nameTokens(tok, c.b)
		if got := slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) }); got != c.tie {
			t.Errorf("%q and %q: tie %v, want %v", c.a, c.b, got, c.tie)
		}
	}
	if n := len(nameTokens(tok, strings.Repeat("ab bc cd de ef fg gh hi ij jk ", 9))); n > maxNameWords {
		t.Errorf("%d tokens", n)
	}
}

func TestTextsFallIntoClasses(t *testing.T) {
	for _, c := range []struct {
		text string
		want []payments.Class
	}{
		{"School uniform", []payments.Class{payments.School}},
		{"para sa GAMOT ni lola", []payments.Class{payments.Medical}},
		{"Miete März", []payments.Class{payments.Accommodation}},
		{"family support & tuition", []payments.Class{payments.FamilySupport, payments.Education}},
		{"Educação", []payments.Class{payments.Education}},
		{"msg me @some_name1", []payments.Class{payments.SocialHandle}},
		{"(@some.name)", []payments.Class{payments.SocialHandle}},
		{"TELEGRAM", []payments.Class{payments.SocialHandle}},
		{"a@example.org", nil},
		{"2 @ 5.00, @ab", nil},
		{"parental preschooling", nil}, // whole words only
		{"english lesson 12", nil},
		{"", nil},
	} {
		if got := classify([]string{c.text}); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
	if got := classify([]string{"rent", "doctor", "rent"}); !slices.Equal(got, []payments.Class{payments.Medical, payments.Accommodation}) {
		t.Errorf("two lines: %v", got)
	}
}

func TestPlacesAreWrittenInOneWay(t *testing.T) {
	for in, want := range map[string]string{
		"  Lapu-Lapu  City ": "lapu lapu city", "Köln": "koln", "Santa Fé, 2": "santa fe 2", "東京": "東京", "--": "", "": "",
	} {
		if got := string(appendPlace(nil, in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("Nguyễn Văn An @handle", "Lapu-Lapu")
	f.Add("\xff\xc3", "\u0301\u0130")
	f.Fuzz(func(t *testing.T, text, place string) {
		rest := appendFolded(nil, text)
		for word, more := nextWord(rest); word != nil; word, more = nextWord(more) {
			if len(word) == 0 || len(more) >= len(rest) {
				t.Fatalf("no end of %q", text)
			}
			rest = more
		}
		classify([]string{text})
		once := appendPlace(nil, place)
		if again := appendPlace(nil, string(once)); string(again) != string(once) {
			t.Fatalf("%q becomes %q and then %q", place, once, again)
		}
	})
}
