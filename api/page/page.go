// Package page is what pages made on the server share, those of the console and those of a
// centre's inbox: templates in a frame, the sheet and the icon, what each answer says to the
// browser, and who may ask. What is on a page is each one's own.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// shared is what all pages have: the sheet page.css, on which each service's own style.css
// builds, the icon, and the parts of a frame that are everywhere the same.
//
//go:embed static templates
var shared embed.FS

// Templates are those of pages by name, each with the frame around it.
type Templates map[string]*template.Template

// Parse reads the folders templates of some places: frame.html and part_*.html are in every
// page, and every other file is a page. What is called as something before takes its place.
func Parse(words template.FuncMap, places ...fs.FS) (Templates, error) {
	frame := template.New("").Funcs(words)
	pages := map[string]fs.FS{}
	for _, place := range append([]fs.FS{shared}, places...) {
		files, err := fs.Glob(place, "templates/*.html")
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if name := path.Base(f); name != "frame.html" && !strings.HasPrefix(name, "part_") {
				pages[f] = place
			} else if _, err := frame.ParseFS(place, f); err != nil {
				return nil, err
			}
		}
	}
	all := Templates{}
	for f, place := range pages {
		t, err := template.Must(frame.Clone()).ParseFS(place, f)
		if err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(path.Base(f), ".html")] = t
	}
	return all, nil
}

// Write answers with a part of a page, and makes all of it before any of it leaves.
func (t Templates) Write(w http.ResponseWriter, code int, name, part string, data any) error {
	var b bytes.Buffer
	if err := t[name].ExecuteTemplate(&b, part, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // the reader may be gone
	return nil
}

// Theme is light or dark where whoever asks chose one, and empty for what their system says.
func Theme(r *http.Request) string {
	if cookie, err := r.Cookie("vigil-theme"); err == nil && slices.Contains([]string{"light", "dark"}, cookie.Value) {
		return cookie.Value
	}
	return ""
}

// Short is the beginning of an id, enough to tell a few apart.
func Short(id any) string {
	s := strings.TrimPrefix(fmt.Sprint(id), "sub_")
	if len(s) > 8 {
		return s[:8]
	}
	return s
}
