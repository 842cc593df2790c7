package page

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFilesOfTheirOwnAndOfAll(t *testing.T) {
	h := Static(fstest.MapFS{"static/style.css": {Data: []byte("own")}, "static/icon.svg": {Data: []byte("its own sign")}})
	for path, want := range map[string]string{"/static/style.css": "own", "/static/icon.svg": "its own sign", "/static/page.css": "color-scheme", "/static/none.css": "404"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(w.Body.String(), want) || (w.Code == http.StatusOK) == (want == "404") {
			t.Errorf("%s: %d %.60q", path, w.Code, w.Body)
		}
	}
}

// TestPagesInAFrame: a service's own page takes the place of one that all have, within the
// frame of the service, which is made of parts that all have.
func TestPagesInAFrame(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	pages, err := Parse(template.FuncMap{"loud": strings.ToUpper},
		fstest.MapFS{"templates/door.html": file(`{{define "main"}}a door{{end}}`), "templates/way.html": file(`{{define "main"}}a way{{end}}`)},
		fstest.MapFS{"templates/frame.html": file(`{{define "frame"}}{{template "head" .}}[{{loud "x"}} {{template "main" .}}]{{end}}`), "templates/way.html": file(`{{define "main"}}my way{{end}}`)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"door": "[X a door]", "way": "[X my way]"} {
		w := httptest.NewRecorder()
		if err := pages.Write(w, http.StatusTeapot, name, "frame", struct{ To string }{"/on"}); err != nil {
			t.Fatal(err)
		}
		if got := w.Body.String(); w.Code != http.StatusTeapot || !strings.HasSuffix(got, want) || !strings.Contains(got, `content="0;url=/on"`) || !strings.Contains(got, "/static/page.css") {
			t.Errorf("%s: %d %s", name, w.Code, got)
		}
	}
}
