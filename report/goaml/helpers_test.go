package goaml

import (
	"os"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
)

var submitted = time.Date(2026, 3, 2, 22, 15, 0, 0, time.UTC) // the next day in Dubai

func sampleAlert(t testing.TB) report.Alert {
	t.Helper()
	data := read(t, "../testdata/alert.json")
	a, err := report.DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func uae(t testing.TB) *Profile {
	t.Helper()
	p, err := Shipped("ae-5.0.2")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func filer(t testing.TB) Filer {
	t.Helper()
	f, err := LoadFiler(read(t, "testdata/filer.json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func books(t testing.TB) *Books {
	t.Helper()
	b, err := LoadBooks(read(t, "testdata/books.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func builder(t testing.TB) *Builder {
	t.Helper()
	b, err := New(uae(t), filer(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
