package hashdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// journalFile returns the path of a database's journal.
func journalFile(t testing.TB, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, journalPrefix+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d journals, %v", len(found), err)
	}
	return found[0]
}

// journaled returns a closed database's folder, with n entries in the journal, one a
// batch, and where each batch ends.
func journaled(t testing.TB, n int) (dir string, ends []int64) {
	dir = testDir(t)
	db := openTest(t, dir, Options{})
	ends = []int64{db.Stats().JournalBytes}
	for i := range n {
		mustApply(t, db, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, uint64(i), "")}})
		ends = append(ends, db.Stats().JournalBytes)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, ends
}

// A torn tail is cut off, wherever it was torn, and writing goes on behind it.
func TestJournalIsCutAnywhere(t *testing.T) {
	dir, ends := journaled(t, 3)
	file := journalFile(t, dir)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for size := range int64(len(good) + 1) {
		whole := 0
		for whole+1 < len(ends) && ends[whole+1] <= size {
			whole++
		}
		for _, fill := range []int{0, 40} { // As a file system may that knew of more.
			if err := os.WriteFile(file, append(bytes.Clone(good[:size]), make([]byte, fill)...), 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(dir, Options{})
			if size < journalHeader {
				if err == nil {
					t.Fatalf("cut at %d, in the header, is taken", size)
				}
				continue
			}
			if err != nil {
				t.Fatalf("cut at %d: %v", size, err)
			}
			if got := db.Stats().Entries; got != whole {
				t.Errorf("cut at %d: %d entries, want %d", size, got, whole)
			}
			if size%16 == 0 {
				mustApply(t, db, Batch{Source: "b", Entries: []Entry{entryN(KindMD5, 1, "")}})
				if info, err := os.Stat(file); err != nil || info.Size() != db.Stats().JournalBytes {
					t.Errorf("cut at %d, and gone on: something is left behind the last batch, %v", size, err)
				}
				again := openTest(t, dir, Options{})
				if got := again.Stats().Entries; got != whole+1 {
					t.Errorf("cut at %d, and gone on: %d entries, want %d", size, got, whole+1)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A bad batch before a good one is damage, also to who has the journal open.
func TestJournalDamage(t *testing.T) {
	dir, ends := journaled(t, 3)
	file := journalFile(t, dir)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(dir, Options{})
		switch {
		case int64(at) < ends[2]:
			if err == nil || !strings.Contains(err.Error(), file) || !errors.Is(err, ErrDamaged) && !strings.Contains(err.Error(), "format") {
				t.Errorf("flipped at %d: %v, want damage to %s", at, err, file)
			}
		case err != nil || db.Stats().Entries != 2:
			t.Errorf("flipped at %d, in the last batch: %v", at, err)
		}
		if err == nil {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What owners put into ids does not pass for a batch of the journal.
func TestJournalIsNotForgedByContent(t *testing.T) {
	j := journal{salt: [12]byte{1, 2, 3, 4, 5, 6, 7, 8}}
	other := journal{salt: [12]byte{1, 2, 3, 4}}
	forged := append(append([]byte{}, other.salt[:4]...), 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0)
	forged = binary.LittleEndian.AppendUint32(forged, other.checksum(forged[4:16], []byte{7}))
	forged = append(forged, 7)
	if p, err := other.split(append([]byte{0}, forged...)); len(p) != 0 || !errors.Is(err, ErrDamaged) {
		t.Fatalf("the forgery is none: %x, %v", p, err)
	}
	if p, err := j.split(append([]byte{0}, forged...)); len(p) != 0 || err != nil {
		t.Errorf("forged batch: %x, %v", p, err)
	}
}

// A journal that shrinks under a reader is read again, and what it lost is gone.
func TestReaderFollowsWhatAWriterTookBack(t *testing.T) {
	dir, ends := journaled(t, 2)
	reader := openTest(t, dir, Options{})
	if err := os.Truncate(journalFile(t, dir), ends[1]); err != nil {
		t.Fatal(err)
	}
	if changed, err := reader.Refresh(); !changed || err != nil || reader.Stats().Entries != 1 {
		t.Errorf("%v, %v: %d entries, want 1", changed, err, reader.Stats().Entries)
	}
	writer := openTest(t, dir, Options{})
	mustApply(t, writer, Batch{Source: "a", Entries: []Entry{entryN(KindPDQ, 7, ""), entryN(KindPDQ, 8, "")}})
	if changed, err := reader.Refresh(); !changed || err != nil || dump(t, reader) != dump(t, writer) {
		t.Errorf("%v, %v: reader and writer differ", changed, err)
	}
}

func testFrame() frame {
	l := &listState{List: List{Source: "a", Kind: KindMD5, State: StateLive}, Entries: 2, Disputed: 1, Changed: epoch, Revision: 4}
	l.seal()
	row := rowOf(&Entry{Hash: hashN(KindMD5, 1), Ref: "r", Parties: 2, Tags: []string{"x"}}, nil)
	dead := rowOf(&Entry{Hash: hashN(KindMD5, 2), Status: Retracted}, nil)
	return frame{[]*listState{l}, Checkpoint{"c", []byte{0, 1}}, []kindRow{{KindMD5, row}, {KindMD5, dead}}}
}

func TestFrame(t *testing.T) {
	f := testFrame()
	b, err := f.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeFrame(b)
	if err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("got %+v, %v, want %+v", got, err, f)
	}
	if _, err := (lists{}).after([]frame{got}); err != nil {
		t.Error(err)
	}
	if _, err := (lists{}).after([]frame{{rows: f.rows}}); !errors.Is(err, ErrDamaged) {
		t.Errorf("rows of no list: %v", err)
	}
}

// FuzzJournal: nothing in a journal's place panics or is read twice in two ways.
func FuzzJournal(f *testing.F) {
	good := testFrame()
	payload, err := good.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, []byte{})
	f.Add([]byte{}, []byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, payload, tail []byte) {
		if got, err := decodeFrame(payload); err == nil {
			b, err := got.encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := decodeFrame(b)
			if err != nil || fmt.Sprintf("%+v", again.rows) != fmt.Sprintf("%+v", got.rows) {
				t.Fatalf("%+v became %+v, %v", got, again, err)
			}
		}
		j := journal{salt: [12]byte{1, 2, 3, 4}}
		b := append([]byte{}, j.salt[:4]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
		b = binary.LittleEndian.AppendUint64(b, 1)
		b = binary.LittleEndian.AppendUint32(b, j.checksum(b[4:16], payload))
		b = append(append(b, payload...), tail...)
		got, err := j.split(b)
		if err == nil && (len(got) == 0 || !bytes.Equal(got[0], payload)) {
			t.Fatalf("%d batches", len(got))
		}
	})
}

func TestSetListNeedsNoRows(t *testing.T) {
	db := openTest(t, testDir(t), Options{})
	l := List{Source: "a", Kind: KindPHash, Radius: 3, State: StateLive}
	for i, want := range []uint64{0, 0} {
		if err := db.SetList(context.Background(), l); err != nil {
			t.Fatal(err)
		}
		if got := db.Stats(); got.Segments != 0 || len(db.Lists()) != 1 || uint64(got.HeadRows) != want {
			t.Errorf("time %d: %+v", i, got)
		}
	}
	size := db.Stats().JournalBytes
	if err := db.SetList(context.Background(), l); err != nil || db.Stats().JournalBytes != size {
		t.Errorf("the same again is written: %v", err)
	}
	l.Radius = 17
	if err := db.SetList(context.Background(), l); err == nil {
		t.Error("radius 17 is taken for a pHash")
	}
}

// A look-up in a read-only snapshot reads the journal, and does not ask to write it.
func TestUnwritable(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&fs.PathError{Op: "open", Path: "journal-1", Err: syscall.EROFS}, true},
		{&fs.PathError{Op: "open", Path: "journal-1", Err: syscall.EACCES}, true},
		{&fs.PathError{Op: "open", Path: "journal-1", Err: syscall.ENOENT}, false},
		{&fs.PathError{Op: "open", Path: "journal-1", Err: syscall.EIO}, false},
		{nil, false},
	} {
		if got := unwritable(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}
