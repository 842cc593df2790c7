package rule

import "testing"

func TestTazamaIsARuleFile(t *testing.T) {
	set, err := Load(Tazama())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.Rules()); n != 21 {
		t.Errorf("%d rules, want 21: 20 of Tazama's, one of them in two", n)
	}
}
