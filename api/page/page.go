// Package page is what pages made on the server share, those of the console and those of a
// centre's inbox: templates in a frame, what each answer says to the browser, and who may ask.
// What is on a page, who is signed in and how it looks is each one's own.
package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Templates are those of pages by name, each with the frame around it.
type Templates map[string]*template.Template

// Parse reads the folder templates: frame.html and part_*.html are in every page, and every
// other file is a page.
func Parse(files fs.FS, words template.FuncMap) (Templates, error) {
	frame, err := template.New("").Funcs(words).ParseFS(files, "templates/frame.html", "templates/part_*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.ReadDir(files, "templates")
	if err != nil {
		return nil, err
	}
	all := Templates{}
	for _, f := range names {
		if f.Name() == "frame.html" || strings.HasPrefix(f.Name(), "part_") {
			continue
		}
		t, err := template.Must(frame.Clone()).ParseFS(files, path.Join("templates", f.Name()))
		if err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(f.Name(), ".html")] = t
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
