package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/signal"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const subjectToken signal.Subject = "sub_00000000000000000000000000000001"

// a keeper has a key that is the same in every process.
type keeper struct {
	note.Signer
	verifier string
}

func keeperOf(t testing.TB, seed byte) keeper {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	verifier, err := note.NewEd25519VerifierKey("example/log", private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))
	signer, err := note.NewSigner("PRIVATE+KEY+example/log+" + strings.Split(verifier, "+")[1] + "+" + secret)
	if err != nil {
		t.Fatal(err)
	}
	return keeper{signer, verifier}
}

// prove makes a log of entries and proves each.
func (k keeper) prove(t testing.TB, entries ...verify.Entry) (proofs []verify.Proof) {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, _ error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i, e := range entries {
		data, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		hashes, err := tlog.StoredHashes(int64(i), data, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		proofs = append(proofs, verify.Proof{Index: uint64(i), Entry: data})
	}
	n := int64(len(entries))
	root, err := tlog.TreeHash(n, read)
	if err != nil {
		t.Fatal(err)
	}
	text, err := note.Sign(&note.Note{Text: fmt.Sprintf("example/log\n%d\n%s\n", n, root)}, k)
	if err != nil {
		t.Fatal(err)
	}
	for i := range proofs {
		if proofs[i].Hashes, err = tlog.ProveRecord(n, int64(i), read); err != nil {
			t.Fatal(err)
		}
		proofs[i].Checkpoint = string(text)
	}
	return proofs
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const salt = "000102030405060708090a0b0c0d0e0f"

var (
	frame  = []byte("\xff\xd8 a rendered picture \xff\xd9")
	window = []byte("age-encryption.org/v1 and so on")
)

// A scene is a case of two decisions on two records, with a window and a frame of it.
type scene struct {
	keeper
	Contents
	entries []verify.Entry
}

func sceneOf(t testing.TB) scene {
	t.Helper()
	s := scene{keeper: keeperOf(t, 1)}
	id := signal.ID("case", string(subjectToken))
	match := signal.Signal{
		ID: signal.ID("match", "m"), Revision: 1, Kind: signal.KindMatch, Subject: subjectToken, Start: start, End: start.Add(time.Minute),
		Says: "7 of 9 frames match an entry of the list demo",
		Match: &signal.Match{Stream: "s1", Platform: "demo", HashKind: "pdq", List: "demo", ListVersion: "v3", Entry: "e1", Distance: 4, Radius: 31,
			FramesMatched: 7, FramesSeen: 9},
		Evidence: []signal.Evidence{{What: "frame", Holder: "demo", Ref: "f1", SHA256: digest(frame), At: start}},
	}
	before := encode(t, record{ID: id, Revision: 1, Subject: string(subjectToken)})
	now := encode(t, record{ID: id, Revision: 2, Subject: string(subjectToken), Signals: []signal.Signal{match}})
	statement := encode(t, map[string]any{
		"platform": "demo", "stream": "s1", "sha256": digest(window), "windows": []any{map[string]any{"why": []string{match.ID}}},
	})
	s.entries = append(s.entries, verify.Entry{Kind: verify.KindCase, ID: "another", Digest: digest([]byte("x")), At: start, Refs: []string{"another"}})
	for i, r := range [][]byte{before, now} {
		said := encode(t, map[string]any{
			"decision": fmt.Sprint("d", i+1), "case": id, "case_digest": digest(r), "verdict": []string{"dismiss", "confirm"}[i],
			"reason": "several-signs", "reviewer": "r1", "second": []string{"", "r2"}[i], "at": start.Add(time.Duration(i+1) * time.Hour),
		})
		s.Decisions = append(s.Decisions, said)
		s.entries = append(s.entries,
			verify.Entry{Kind: verify.KindCase, ID: fmt.Sprint("c", i), Digest: commitment(salt, digest(r)), At: start, Refs: []string{id}},
			verify.Entry{Kind: verify.KindDecision, ID: fmt.Sprint("d", i+1), Digest: digest(said), At: start, Refs: []string{id, "reviewer/r1"}})
	}
	s.entries = append(s.entries, verify.Entry{Kind: verify.KindOutgoing, ID: "w", Digest: digest(statement), At: start, Refs: []string{match.ID}})
	s.Case, s.Record, s.Earlier, s.LogKey = id, now, [][]byte{before}, s.verifier
	s.Proofs = s.prove(t, s.entries...)[1:]
	s.Windows = []Window{{Name: "w-000001.age", Statement: statement, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(window)), nil
	}}}
	s.Originals, s.Salt = [][]byte{frame}, salt
	s.Entries = []Entry{{List: "demo", Entry: "e1", Kind: "pdq", Hashes: []string{digest([]byte("a hash"))}}}
	s.By, s.Tool, s.At = "r1", "vigil test", start.Add(24*time.Hour)
	return s
}

func (s scene) write(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(&b, s.Contents, s.Sign); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(data []byte, key string) (Report, error) {
	return Verify(bytes.NewReader(data), int64(len(data)), Options{Key: key})
}

// A file is one of a ZIP that is taken apart.
type file struct{ name, data string }

func unpack(t testing.TB, data []byte) (all []file) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file{f.Name, string(text)})
	}
	return all
}

func pack(t testing.TB, files []file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		if _, err := add(z, inMemory(f.name, []byte(f.data))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signed gives files a manifest that the log's key signed, as a dishonest keeper would.
func (s scene) signed(t testing.TB, files []file) []byte {
	t.Helper()
	var subjects []subject
	for _, f := range files {
		subjects = append(subjects, subjectOf(f.name, digest([]byte(f.data))))
	}
	sealed, err := s.seal(subjects, s.Sign)
	if err != nil {
		t.Fatal(err)
	}
	return pack(t, append(files, file{nameManifest, string(sealed)}))
}
