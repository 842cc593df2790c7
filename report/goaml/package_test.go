package goaml

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestZip(t *testing.T) {
	b := builder(t)
	xml, err := b.Build(Filing{Alert: sampleAlert(t), At: submitted})
	if err != nil {
		t.Fatal(err)
	}
	alert := read(t, "../testdata/alert.json")
	got, err := b.Zip("ref-1", xml, Attachment{"alert.txt", alert})
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 2 {
		t.Fatalf("%d files", len(r.File))
	}
	for i, want := range []Attachment{{"ref-1.xml", xml}, {"alert.txt", alert}} {
		f, err := r.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if err != nil || r.File[i].Name != want.Name || !bytes.Equal(data, want.Data) {
			t.Errorf("file %d is %s of %d bytes, %v", i, r.File[i].Name, len(data), err)
		}
	}
	if again, err := b.Zip("ref-1", xml, Attachment{"alert.txt", alert}); err != nil || !bytes.Equal(got, again) {
		t.Error("packed again it is another")
	}
}

func TestZipRefusals(t *testing.T) {
	png := []byte("\x89PNG\r\n\x1a\n0000")
	var noise bytes.Buffer // that cannot be packed smaller
	for i := range 157_000 {
		sum := sha256.Sum256([]byte(fmt.Sprint(i)))
		noise.Write(sum[:])
	}
	whole := noise.Bytes()[:5_000_000]
	for name, c := range map[string]struct {
		reference   string
		attachments []Attachment
		want        string
	}{
		"a folder":       {"ref", []Attachment{{"../a.txt", []byte("a")}}, "attachments[0].name: must be letters"},
		"hidden":         {"ref", []Attachment{{".a.txt", []byte("a")}}, "attachments[0].name: must be letters"},
		"a long name":    {"ref", []Attachment{{strings.Repeat("a", 57) + ".txt", []byte("a")}}, "attachments[0].name: 61 characters, and the limit is 60"},
		"another XML":    {"ref", []Attachment{{"a.xml", []byte("<a/>")}}, "attachments[0].name: must end in one of csv"},
		"a program":      {"ref", []Attachment{{"a.exe", []byte("a")}}, "attachments[0].name: must end in one of csv"},
		"a picture":      {"ref", []Attachment{{"a.txt", png}}, "attachments[0]: is of type image"},
		"a video":        {"ref", []Attachment{{"a.txt", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42mp42")}}, "attachments[0]: is of type video"},
		"twice":          {"ref", []Attachment{{"a.txt", []byte("a")}, {"A.TXT", []byte("b")}}, "attachments[1].name: is there twice"},
		"empty":          {"ref", []Attachment{{"a.txt", nil}}, "attachments[0]: is empty"},
		"too large":      {"ref", []Attachment{{"a.txt", make([]byte, 5_000_001)}}, "attachments[0]: 5000001 bytes, and the limit is 5000000"},
		"too many":       {"ref", make([]Attachment, 21), "attachments: 21 files, and the limit is 20"},
		"no reference":   {"a/b", nil, "reference: must be letters"},
		"a large packet": {"ref", []Attachment{{"a.txt", whole}, {"b.txt", whole}, {"c.txt", whole}, {"d.txt", whole}}, "the ZIP: 20"},
	} {
		_, err := builder(t).Zip(c.reference, []byte("<report/>"), c.attachments...)
		var invalid *Invalid
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
