package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit/dsse"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/internal/golden"
)

func TestBundleIsTheSameEveryTimeAndVerifies(t *testing.T) {
	s := sceneOf(t)
	data := s.write(t)
	slices.Reverse(s.Proofs)
	if !bytes.Equal(data, s.write(t)) {
		t.Error("the same contents make other bytes")
	}
	var listing strings.Builder
	for _, f := range unpack(t, data) {
		fmt.Fprintf(&listing, "%s %d %s\n", digest([]byte(f.data)), len(f.data), f.name)
		switch f.name {
		case nameJSONLD:
			golden.Check(t, "case.jsonld", f.data)
		case nameReadme:
			golden.Check(t, "README.txt", f.data)
		}
	}
	golden.Check(t, "listing.txt", listing.String())
	for _, key := range []string{"", s.verifier} {
		r, err := check(data, key)
		if err != nil {
			t.Fatal(err)
		}
		want := Report{
			Case: s.Case, By: "r1", At: s.At, Tool: "vigil test", KeyID: strings.Join(strings.Split(s.verifier, "+")[:2], "+"), Pinned: key != "",
			Verdict: "confirm", Reason: "several-signs", Decided: start.Add(2 * time.Hour),
			Files: 19, Decisions: 2, Entries: 5, Windows: 1, Originals: 1, LogSize: 6,
		}
		if r != want {
			t.Errorf("got  %+v\nwant %+v", r, want)
		}
	}
	if _, err := check(data, "no key"); err == nil || errors.As(err, new(*Misfit)) {
		t.Errorf("a malformed key is not the bundle's fault: %v", err)
	}
}

// misfitOf is what Verify names, "file: why".
func misfitOf(t *testing.T, data []byte, key string) string {
	t.Helper()
	_, err := check(data, key)
	var m *Misfit
	if !errors.As(err, &m) {
		t.Fatalf("want a misfit, got %v", err)
	}
	return err.Error()
}

func TestEachFileChangedRemovedOrAddedIsNamed(t *testing.T) {
	s := sceneOf(t)
	files := unpack(t, s.write(t))
	for i, f := range files {
		changed := slices.Clone(files)
		changed[i].data = f.data[:len(f.data)-2] + "?" + f.data[len(f.data)-1:]
		if got := misfitOf(t, pack(t, changed), s.verifier); !strings.HasPrefix(got, f.name+": ") {
			t.Errorf("%s changed: %s", f.name, got)
		}
		removed := slices.Delete(slices.Clone(files), i, i+1)
		if got := misfitOf(t, pack(t, removed), s.verifier); got != f.name+": is missing" {
			t.Errorf("%s removed: %s", f.name, got)
		}
		if i == 0 {
			continue
		}
		swapped := slices.Clone(files)
		swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
		if got := misfitOf(t, pack(t, swapped), s.verifier); got != fmt.Sprintf("%s: lies where %s must", f.name, files[i-1].name) {
			t.Errorf("%s reordered: %s", f.name, got)
		}
	}
	for _, name := range []string{"audit/entry-99.json", "originals/" + digest(nil) + ".jpg", "windows/x.age"} {
		added := slices.Insert(slices.Clone(files), len(files)-1, file{name, ""})
		if got := misfitOf(t, pack(t, added), s.verifier); got != name+": is not in the manifest" {
			t.Errorf("%s added: %s", name, got)
		}
	}
}

// What a keeper of the key signs in spite of what is in it must fit all the same.
func TestWhatIsSignedMustFitTogether(t *testing.T) {
	entry := func(s *scene, i int, change func(*verify.Entry)) {
		change(&s.entries[i])
	}
	tests := []struct {
		name   string
		change func(t *testing.T, s *scene)
		want   string
	}{
		{"no decision for the record", func(t *testing.T, s *scene) {
			s.Earlier = append(s.Earlier, bytes.Replace(s.Record, []byte(`"revision":2`), []byte(`"revision":3`), 1))
		},
			"records/"},
		{"an older decision last", func(t *testing.T, s *scene) { slices.Reverse(s.Decisions) }, "decisions.json: /1 is not from after the one before it"},
		{"a record is not here", func(t *testing.T, s *scene) { s.Earlier = nil }, "decisions.json: /0 is bound to a record with the SHA-256"},
		{"an older record", func(t *testing.T, s *scene) { s.Record, s.Earlier = s.Earlier[0], [][]byte{s.Record} }, "case.json: has the SHA-256"},
		{"a decision of another case", func(t *testing.T, s *scene) {
			s.Decisions[1] = bytes.Replace(s.Decisions[1], []byte(s.Case), []byte(strings.Repeat("0", 32)), 1)
		}, "decisions.json: /1 is about case"},
		{"a decision that was changed", func(t *testing.T, s *scene) {
			s.Decisions[1] = bytes.Replace(s.Decisions[1], []byte("several"), []byte("certain"), 1)
		}, "decisions.json: /1 has the SHA-256"},
		{"a decision that is not in the log", func(t *testing.T, s *scene) { s.Proofs = slices.Delete(s.Proofs, 3, 4) }, "decisions.json: /1 is in no entry"},
		{"a decision that was taken back", func(t *testing.T, s *scene) {
			s.entries = append(s.entries, verify.Entry{Kind: verify.KindUndo, ID: "undo/d2", Digest: digest(nil), At: start, Refs: []string{"d2", s.Case}})
			s.Proofs = s.prove(t, s.entries...)[1:]
		}, "decisions.json: /1 was taken back: audit/entry-6.json"},
		{"a proof of another case", func(t *testing.T, s *scene) { s.Proofs = append(s.Proofs, s.prove(t, s.entries...)[0]) }, "audit/entry-0.json: is a case of another case"},
		{"a proof of another log", func(t *testing.T, s *scene) {
			entry(s, 0, func(e *verify.Entry) { e.ID = "changed" })
			s.Proofs[2] = s.prove(t, s.entries...)[3]
		}, "audit/entry-3.json: has a checkpoint of 6 entries that is not one of the log"},
		{"a proof of another entry", func(t *testing.T, s *scene) { s.Proofs[2].Hashes = s.Proofs[1].Hashes }, "audit/entry-3.json: check proof"},
		{"a log of another key", func(t *testing.T, s *scene) { s.Proofs = keeperOf(t, 2).prove(t, s.entries...)[1:] }, "audit/checkpoint: bad checkpoint"},
		{"a window that was not stated", func(t *testing.T, s *scene) { s.Proofs = s.Proofs[:4] }, "windows/w-000001.age.json: is in no entry"},
		{"a statement without its window", func(t *testing.T, s *scene) { s.Windows = nil }, "audit/entry-5.json: is about something that left and is not here"},
		{"another window", func(t *testing.T, s *scene) {
			s.Windows[0].Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("another")), nil }
		}, "windows/w-000001.age: has the SHA-256"},
		{"a window of another case", func(t *testing.T, s *scene) {
			s.Windows[0].Statement = encode(t, map[string]any{"sha256": digest(window), "windows": []any{map[string]any{"why": []string{"x"}}}})
		}, "windows/w-000001.age.json: names no signal of the case"},
		{"a salt that opens nothing", func(t *testing.T, s *scene) { s.Salt = strings.Repeat("f", 32) }, "audit/salt: opens no entry of the audit log about"},
		{"an entry of another match", func(t *testing.T, s *scene) { s.Entries[0].Entry = "e2" }, "entries.json: /0 is of an entry that no signal"},
		{"an entry without a hash", func(t *testing.T, s *scene) { s.Entries[0].Hashes = nil }, "entries.json: /0 is of an entry"},
		{"a frame that no signal names", func(t *testing.T, s *scene) { s.Originals = append(s.Originals, []byte("x")) }, "originals/" + digest([]byte("x")) + ".jpg: is named by no signal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sceneOf(t)
			tt.change(t, &s)
			if got := misfitOf(t, s.write(t), s.verifier); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFilesUnderOtherNamesAreNamed(t *testing.T) {
	s := sceneOf(t)
	files := unpack(t, s.write(t))
	files = files[:len(files)-1]
	rename := func(from, to string) []byte {
		all := slices.Clone(files)
		for i := range all {
			if all[i].name == from {
				all[i].name = to
			}
		}
		return s.signed(t, all)
	}
	for _, tt := range []struct{ from, to, want string }{
		{"audit/entry-4.json", "audit/entry-7.json", "audit/entry-7.json: holds entry 4"},
		{"originals/" + digest(frame) + ".jpg", "originals/" + digest(nil) + ".jpg", "originals/" + digest(nil) + ".jpg: has the SHA-256 " + digest(frame)},
		{"records/" + digest(s.Earlier[0]) + ".json", "records/" + digest(nil) + ".json", "records/" + digest(nil) + ".json: has the SHA-256"},
		{"windows/w-000001.age.json", "windows/w-000002.age.json", "windows/w-000001.age.json: is missing"},
	} {
		if got := misfitOf(t, rename(tt.from, tt.to), s.verifier); !strings.HasPrefix(got, tt.want) {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestFilesOfAnotherFormAreNamed(t *testing.T) {
	s := sceneOf(t)
	files := unpack(t, s.write(t))
	files = files[:len(files)-1]
	record := "records/" + digest(s.Earlier[0]) + ".json"
	for _, tt := range []struct{ name, data, key, want string }{
		{nameKey, "x\n", "", "is no verifier key"},
		{nameKey, keeperOf(t, 2).verifier + "\n", s.verifier, "is not the key that signed the manifest"},
		{namePEM, "", "", "is not the key of audit/log.pub"},
		{nameCase, "{", "", "is no record of a case"},
		{record, "[]", "", "is no record of a case"},
		{nameDecisions, "{}", "", "is no list of decisions"},
		{nameDecisions, "[1]", "", "/0 is no decision"},
		{nameDecisions, "[]", "", "has no decision"},
		{nameCheckpoint, "x", "", "bad checkpoint"},
		{"audit/entry-2.json", "{}{}", "", "is no proof"},
		{"audit/entry-2.json", `{"index":2,"more":1}`, "", "is no proof"},
		{"windows/w-000001.age.json", "x", "", "is no statement"},
	} {
		changed := slices.Clone(files)
		for i := range changed {
			if changed[i].name == tt.name {
				changed[i].data = tt.data
			}
		}
		if got := misfitOf(t, s.signed(t, changed), tt.key); !strings.HasPrefix(got, tt.name+": "+tt.want) {
			t.Errorf("got  %s\nwant %s: %s", got, tt.name, tt.want)
		}
	}
	// A statement alone, and the log's entry of it with it.
	alone := slices.DeleteFunc(slices.Clone(files), func(f file) bool {
		return f.name == "windows/w-000001.age" || f.name == "audit/entry-5.json"
	})
	if got := misfitOf(t, s.signed(t, alone), ""); got != "windows/w-000001.age.json: is of a window that is not here" {
		t.Error(got)
	}
}

func TestManifestMustBeTheKeysOwn(t *testing.T) {
	s := sceneOf(t)
	files := unpack(t, s.write(t))
	last := len(files) - 1
	with := func(change func(e *dsse.Envelope)) []byte {
		var e dsse.Envelope
		if err := json.Unmarshal([]byte(files[last].data), &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		all := slices.Clone(files)
		all[last].data = string(encode(t, e)) + "\n"
		return pack(t, all)
	}
	resign := func(change func(st *statement)) []byte {
		return with(func(e *dsse.Envelope) {
			var st statement
			if err := json.Unmarshal(e.Payload, &st); err != nil {
				t.Fatal(err)
			}
			change(&st)
			e.Payload = encode(t, st)
			sig, err := s.Sign(dsse.Encoded(e.PayloadType, e.Payload))
			if err != nil {
				t.Fatal(err)
			}
			e.Signatures[0].Sig = sig
		})
	}
	payload := func(text string) []byte {
		return with(func(e *dsse.Envelope) {
			sig, err := s.Sign(dsse.Encoded(e.PayloadType, []byte(text)))
			if err != nil {
				t.Fatal(err)
			}
			e.Payload, e.Signatures[0].Sig = []byte(text), sig
		})
	}
	bare := slices.Clone(files)
	bare[last].data = "x"
	other := keeperOf(t, 2)
	for name, tt := range map[string]struct {
		data []byte
		key  string
		want string
	}{
		"signature changed":  {with(func(e *dsse.Envelope) { e.Signatures[0].Sig[5] ^= 1 }), "", "its signature, said to be by"},
		"payload changed":    {with(func(e *dsse.Envelope) { e.Payload[9] ^= 1 }), "", "its signature, said to be by"},
		"short signature":    {with(func(e *dsse.Envelope) { e.Signatures[0].Sig = nil }), "", "its signature, said to be by"},
		"no signature":       {with(func(e *dsse.Envelope) { e.Signatures = nil }), "", "has 0 signatures"},
		"another type":       {with(func(e *dsse.Envelope) { e.PayloadType = "text/plain" }), "", "signs a payload of type"},
		"another pinned key": {s.write(t), other.verifier, "its signature, said to be by"},
		"another statement":  {resign(func(st *statement) { st.Type = "x" }), "", "signs a statement of type"},
		"another predicate":  {resign(func(st *statement) { st.PredicateType = "x" }), "", "signs a predicate of type"},
		"no envelope":        {pack(t, bare), "", "is no DSSE envelope"},
		"no statement":       {payload("[]"), "", "signs no statement"},
		"more than one":      {payload("{}{}"), "", "signs no statement"},
		"no case":            {resign(func(st *statement) { st.Predicate.Case = "" }), "", "names no case"},
		"a file twice":       {resign(func(st *statement) { st.Subject = append(st.Subject, st.Subject[0]) }), "", "names \"README.txt\" twice"},
	} {
		if got := misfitOf(t, tt.data, tt.key); !strings.HasPrefix(got, nameManifest+": "+tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := misfitOf(t, resign(func(st *statement) { st.Predicate.Case = strings.Repeat("0", 32) }), ""); !strings.HasPrefix(got, "case.json: is of case") {
		t.Error(got)
	}
}
