package detect

import (
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/signal"
)

func TestAttributesAreChecked(t *testing.T) {
	h := hashdb.Hash{Kind: hashdb.KindPDQ}
	long := strings.Repeat("é", maxRef+1)
	for name, c := range map[string]struct {
		change func(*Frame)
		reason string
	}{
		"good":              {func(*Frame) {}, ""},
		"long but allowed":  {func(f *Frame) { f.ID = strings.Repeat("é", maxRef) }, ""},
		"no id":             {func(f *Frame) { f.ID = "" }, "missing-attribute"},
		"no stream":         {func(f *Frame) { f.Stream = "" }, "missing-attribute"},
		"no platform":       {func(f *Frame) { f.Platform = "" }, "missing-attribute"},
		"no time":           {func(f *Frame) { f.At = time.Time{} }, "missing-attribute"},
		"long id":           {func(f *Frame) { f.ID = long }, "bad-attribute"},
		"long stream":       {func(f *Frame) { f.Stream = long }, "bad-attribute"},
		"long platform":     {func(f *Frame) { f.Platform = long }, "bad-attribute"},
		"not UTF-8":         {func(f *Frame) { f.Stream = "\xff" }, "bad-attribute"},
		"no subject":        {func(f *Frame) { f.Subject = "" }, "bad-attribute"},
		"an account":        {func(f *Frame) { f.Subject = "secret@example.org" }, "bad-attribute"},
		"upper case":        {func(f *Frame) { f.Subject = signal.Subject("sub_" + strings.Repeat("A", 32)) }, "bad-attribute"},
		"another prefix":    {func(f *Frame) { f.Subject = signal.Subject("sur_" + strings.Repeat("a", 32)) }, "bad-attribute"},
		"year 10000":        {func(f *Frame) { f.At = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)) }, "bad-attribute"},
		"year 0":            {func(f *Frame) { f.At = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) }, "bad-attribute"},
		"no content type":   {func(f *Frame) { f.ContentType = "" }, "content-type"},
		"some content type": {func(f *Frame) { f.ContentType = "image/secret" }, "content-type"},
		"broken type":       {func(f *Frame) { f.ContentType = "image/jpeg;;secret" }, "content-type"},
		"with parameters":   {func(f *Frame) { f.ContentType = "Application/VND.vigil.hash+json; charset=utf-8" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := hashFrame(t, 0, h)
			c.change(&f)
			s := memory{}
			got, err := New(&lists{entries: []entry{{"demo-list", h, 31}}}, Options{}).Frame(t.Context(), s, f)
			wantReason(t, err, c.reason)
			wantSound(t, got.Signals)
			if err != nil && (len(s) != 0 || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%v, with state %q", err, s.dump())
			}
		})
	}
}

func TestHashRecordsAreChecked(t *testing.T) {
	good := `{"kind":"pdq","hash":"` + strings.Repeat("0", 64) + `","quality":100}`
	for name, c := range map[string]struct{ old, new, reason string }{
		"good":             {"", "", ""},
		"upper case":       {"0000", "ABCD", ""},
		"digest":           {`"quality"`, `"sha256":"` + strings.Repeat("a", 64) + `","quality"`, ""},
		"short":            {"0000", "000", "schema"},
		"the other length": {strings.Repeat("0", 48), "", "schema"},
		"no hex":           {"0000", "secr", "schema"},
		"unknown kind":     {`"pdq"`, `"secret"`, "schema"},
		"quality beyond":   {`100`, `101`, "schema"},
		"quality below":    {`100`, `-1`, "schema"},
		"broken quality":   {`100`, `99.5`, "schema"},
		"no quality":       {`,"quality":100`, ``, "schema"},
		"digest cut":       {`"quality"`, `"sha256":"aa","quality"`, "schema"},
		"another field":    {`"quality"`, `"x":1,"quality"`, "schema"},
		"not JSON":         {`{`, `{{`, "json"},
		"too large":        {`{`, `{` + strings.Repeat(" ", signal.MaxJSON), "json-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			f := frame(0, HashType, []byte(strings.Replace(good, c.old, c.new, 1)))
			got, err := New(&lists{}, Options{}).Frame(t.Context(), memory{}, f)
			wantReason(t, err, c.reason)
			if err != nil && (len(got.Signals) > 0 || strings.Contains(err.Error(), "secr") || strings.Contains(err.Error(), "00000000")) {
				t.Errorf("%v quotes the value", err)
			}
		})
	}
}
