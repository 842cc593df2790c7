package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
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
	cards, err := filepath.Abs("../../payments/card/testdata/binary-4.iso8583")
	if err != nil {
		t.Fatal(err)
	}
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
			// await FILE waits until it is there; * stands for anything.
			"await": func(ts *testscript.TestScript, _ bool, args []string) {
				for until := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
					if found, err := filepath.Glob(ts.MkAbs(args[0])); err != nil || len(found) > 0 {
						ts.Check(err)
						return
					}
					if time.Now().After(until) {
						ts.Fatalf("%s does not come", args[0])
					}
				}
			},
			// cards FILE writes messages of cards, ten of which are good.
			"cards": func(ts *testscript.TestScript, _ bool, args []string) {
				data, err := os.ReadFile(cards)
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
			},
			// alerts FOLDER KEY RECIPIENTS writes a centre's post and the key of the log that
			// proves it.
			"alerts": func(ts *testscript.TestScript, _ bool, args []string) {
				writePost(t, ts.MkAbs(args[0]), ts.MkAbs(args[1]), ts.MkAbs(args[2]))
			},
			// dropped FOLDER puts an alert there as the file drop does.
			"dropped": func(ts *testscript.TestScript, _ bool, args []string) { writeDrop(t, ts.MkAbs(args[0])) },
			// bank N FILE writes a message of so many payments.
			"bank": func(ts *testscript.TestScript, _ bool, args []string) {
				n, err := strconv.Atoi(args[0])
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), bankMessage(n), 0o600))
			},
		},
		Setup: func(env *testscript.Env) error {
			return writePicture(filepath.Join(env.WorkDir, "picture.png"))
		},
	})
}

// bankMessage is a pacs.008 of n payments between made-up people.
func bankMessage(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.10"><FIToFICstmrCdtTrf>` +
		`<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-31T14:00:00+02:00</CreDtTm></GrpHdr>`)
	for i := range n {
		fmt.Fprintf(&b, `<CdtTrfTxInf><PmtId><EndToEndId>E%[1]d</EndToEndId><TxId>T%[1]d</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">50.00</IntrBkSttlmAmt>`+
			`<ChrgBr>SLEV</ChrgBr><Dbtr><Nm>Payer %[1]d</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>DEMODEFFXXX</BICFI></FinInstnId></DbtrAgt>`+
			`<CdtrAgt><FinInstnId><BICFI>DEMOPHMMXXX</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Payee %[1]d</Nm></Cdtr></CdtTrfTxInf>`+"\n", i+1)
	}
	b.WriteString(`</FIToFICstmrCdtTrf></Document>`)
	return b.Bytes()
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
