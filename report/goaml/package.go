package goaml

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An Attachment is a file that goes with a report. It must be no picture and no video:
// a unit for payments is not where such material may go.
type Attachment struct {
	Name string
	Data []byte
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Zip returns the file in which a report is submitted: one XML, named after the
// reference, and the attachments, within the unit's limits. The same parts give the same
// bytes.
func (b *Builder) Zip(reference string, xml []byte, attachments ...Attachment) ([]byte, error) {
	k := b.p.Package
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if !fileName.MatchString(reference) {
		fault("reference: must be letters, digits, dots, dashes and underscores")
	}
	if len(attachments) > k.Files {
		fault("attachments: %d files, and the limit is %d", len(attachments), k.Files)
	}
	files := append([]Attachment{{Name: reference + ".xml", Data: xml}}, attachments...)
	names := make(map[string]bool)
	for i, f := range files {
		at := "the report"
		if i > 0 {
			at = fmt.Sprintf("attachments[%d]", i-1)
			ext := strings.ToLower(strings.TrimPrefix(path.Ext(f.Name), "."))
			switch {
			case !fileName.MatchString(f.Name):
				fault("%s.name: must be letters, digits, dots, dashes and underscores, without folders", at)
			case len(f.Name) > k.NameChars:
				fault("%s.name: %d characters, and the limit is %d", at, len(f.Name), k.NameChars)
			case !slices.Contains(k.Extensions, ext):
				fault("%s.name: must end in one of %s", at, strings.Join(k.Extensions, ", "))
			}
			kind, _, _ := strings.Cut(http.DetectContentType(f.Data), "/")
			if kind == "image" || kind == "video" || kind == "audio" {
				fault("%s: is of type %s, and no pictures, videos or sounds go to this unit", at, kind)
			}
		}
		if names[strings.ToLower(f.Name)] {
			fault("%s.name: is there twice", at)
		}
		names[strings.ToLower(f.Name)] = true
		if len(f.Data) == 0 {
			fault("%s: is empty", at)
		}
		if len(f.Data) > k.FileBytes {
			fault("%s: %d bytes, and the limit is %d", at, len(f.Data), k.FileBytes)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("goaml zip: %w", &Invalid{Faults: faults})
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		// A fixed time: the parts alone make the bytes.
		entry, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = entry.Write(f.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("goaml zip: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("goaml zip: %w", err)
	}
	if out.Len() > k.ZipBytes {
		return nil, fmt.Errorf("goaml zip: %w", &Invalid{Faults: []string{fmt.Sprintf("the ZIP: %d bytes, and the limit is %d", out.Len(), k.ZipBytes)}})
	}
	return out.Bytes(), nil
}
