package table

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	got, err := Read([]byte("# for people\nversion,v1\na,b\n x , y \n# more\n\"1,2\",3\n"), "a", "b")
	if err != nil || got.Version != "v1" || len(got.Rows) != 2 || got.Rows[0].Cells[0] != "x" || got.Rows[1].Cells[0] != "1,2" || got.Rows[1].Line != 6 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "version,NAME"},
		{"no version", "version,\na,b\n", "version,NAME"},
		{"other columns", "version,v\na,c\n", "second row must be a,b"},
		{"cells", "version,v\na,b\n1,2\n1\n", "line 4: has 1 cells"},
		{"quotes", "version,v\na,b\n\"1,2\n", "line 3"},
		{"rows", "version,v\na,b\n" + strings.Repeat("1,2\n", MaxRows+1), "more than"},
		{"bytes", strings.Repeat("#", MaxBytes+1), "limit"},
	} {
		if _, err := Read([]byte(c.text), "a", "b"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("version,v\na,b\n1,2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data, "a", "b")
		if err != nil {
			return
		}
		if got.Version == "" {
			t.Fatal("no version")
		}
		for _, r := range got.Rows {
			if len(r.Cells) != 2 {
				t.Fatalf("%+v", r)
			}
		}
	})
}
