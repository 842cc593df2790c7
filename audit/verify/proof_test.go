package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestEveryEntryCanBeProved(t *testing.T) {
	k := newKeeper(t)
	for _, size := range []int{1, 2, 3, 255, 256, 257, 600} {
		entries := someEntries(t, size)
		dir := k.write(t, entries)
		var proved int
		for index := range entries {
			p, err := Prove(dir, k.verifier, uint64(index))
			if err != nil {
				t.Fatalf("size %d, entry %d: %v", size, index, err)
			}
			// A proof has to survive being sent somewhere.
			sent, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var received Proof
			if err := json.Unmarshal(sent, &received); err != nil {
				t.Fatal(err)
			}
			e, err := CheckProof(received, k.verifier)
			if err != nil {
				t.Fatalf("size %d, entry %d: %v", size, index, err)
			}
			if got, err := e.Encode(); err != nil || !bytes.Equal(got, entries[index]) {
				t.Fatalf("size %d, entry %d: proved %s", size, index, got)
			}
			proved++
		}
		if proved != size {
			t.Fatalf("proved %d of %d", proved, size)
		}
		if _, err := Prove(dir, k.verifier, uint64(size)); !errors.Is(err, ErrNotCovered) {
			t.Fatalf("entry past the end: %v", err)
		}
	}
}

func TestCheckProofRefuses(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, 300)
	bad := slices.Clone(entries)
	bad[17] = []byte("a remark")
	dir, badDir := k.write(t, entries), k.write(t, bad)
	good, err := Prove(dir, k.verifier, 17)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*Proof){
		"the next index":        func(p *Proof) { p.Index++ },
		"an index past the end": func(p *Proof) { p.Index = 300 },
		"a huge index":          func(p *Proof) { p.Index = 1<<64 - 1 },
		"another entry":         func(p *Proof) { p.Entry = entries[18] },
		"no entry":              func(p *Proof) { p.Entry = nil },
		"an oversize entry":     func(p *Proof) { p.Entry = make([]byte, MaxEntry+1) },
		"a hash changed":        func(p *Proof) { p.Hashes[3][0] ^= 1 },
		"a hash less":           func(p *Proof) { p.Hashes = p.Hashes[1:] },
		"a hash more":           func(p *Proof) { p.Hashes = append(p.Hashes, tlog.Hash{}) },
		"very many hashes":      func(p *Proof) { p.Hashes = make([]tlog.Hash, 1000) },
		"no hashes":             func(p *Proof) { p.Hashes = nil },
		"another log":           func(p *Proof) { p.Checkpoint = checkpointOf(t, badDir) },
		"no checkpoint":         func(p *Proof) { p.Checkpoint = "" },
		"someone else's":        func(p *Proof) { p.Checkpoint = checkpointOf(t, newKeeper(t).write(t, entries)) },
		"a signed bad entry": func(p *Proof) {
			c, err := OpenCheckpoint(checkpointOf(t, badDir), k.verifier)
			if err != nil {
				t.Fatal(err)
			}
			f, err := openFolder(badDir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}()
			p.Entry, p.Checkpoint = bad[17], c.Text
			if p.Hashes, err = tlog.ProveRecord(c.tree.N, 17, tlog.TileHashReader(c.tree, f)); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			p := good
			p.Hashes = slices.Clone(good.Hashes)
			change(&p)
			if e, err := CheckProof(p, k.verifier); err == nil {
				t.Fatalf("proves %+v", e)
			}
		})
	}
	if _, err := CheckProof(good, k.verifier); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckProof(good, newKeeper(t).verifier); !errors.Is(err, ErrCheckpoint) {
		t.Fatalf("another key: %v", err)
	}
}

// A fault elsewhere in the log is no reason to deny an entry its proof, but
// what Prove gives out has to hold.
func TestProveFromADamagedLog(t *testing.T) {
	k := newKeeper(t)
	dir := k.write(t, someEntries(t, 40))
	const name = "tile/entries/000.p/40"
	data := get(t, dir, name)
	put(t, dir, name, data[:len(data)/2])
	if _, err := Prove(dir, k.verifier, 3); err != nil {
		t.Errorf("an entry before the cut: %v", err)
	}
	if p, err := Prove(dir, k.verifier, 30); err == nil {
		t.Errorf("an entry after the cut: proved as %s", p.Entry)
	}
	data[100] ^= 1
	put(t, dir, name, data)
	if p, err := Prove(dir, k.verifier, 0); err == nil {
		t.Errorf("a changed entry: proved as %s", p.Entry)
	}
}

func FuzzCheckProof(f *testing.F) {
	// The fuzzer's processes must agree on the key, or none gets past it.
	k := keeperOf(f, [32]byte{1})
	entries := someEntries(f, 5)
	dir := k.write(f, entries)
	for index := range entries {
		p, err := Prove(dir, k.verifier, uint64(index))
		if err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Proof
		if err := json.Unmarshal(data, &p); err != nil {
			return
		}
		if _, err := CheckProof(p, k.verifier); err != nil {
			return
		}
		if p.Index >= uint64(len(entries)) || !bytes.Equal(p.Entry, entries[p.Index]) {
			t.Fatalf("accepts a proof of what is not in the log: %s", data)
		}
	})
}
