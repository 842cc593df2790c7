package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vigil": main})
}

// TestScripts types the commands as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// absolute FILE puts the working folder in place of WORK.
			"absolute": func(ts *testscript.TestScript, _ bool, args []string) {
				text := strings.ReplaceAll(ts.ReadFile(args[0]), "WORK", ts.Getenv("WORK"))
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
			},
			// old FILE makes a file that was last changed an hour ago.
			"old": func(ts *testscript.TestScript, _ bool, args []string) {
				hourAgo := time.Now().Add(-time.Hour)
				ts.Check(os.Chtimes(ts.MkAbs(args[0]), hourAgo, hourAgo))
			},
			// cut FROM TO copies all but a file's last 20 bytes.
			"cut": func(ts *testscript.TestScript, _ bool, args []string) {
				data := ts.ReadFile(args[0])
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(data[:len(data)-20]), 0o600))
			},
		},
		Setup: func(env *testscript.Env) error {
			return writePicture(filepath.Join(env.WorkDir, "picture.png"))
		},
	})
}

// writePicture draws rings of several greys, so that the hash has quality.
func writePicture(file string) error {
	img := image.NewGray(image.Rect(0, 0, 200, 150))
	for y := range 150 {
		for x := range 200 {
			dx, dy := x-70, y-90
			img.SetGray(x, y, color.Gray{Y: uint8((dx*dx + dy*dy) / 40 % 5 * 60)})
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		return err
	}
	return f.Close()
}
