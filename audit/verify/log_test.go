package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestLogOfAnySize(t *testing.T) {
	k := newKeeper(t)
	for _, size := range []int{0, 1, 2, 255, 256, 257, 511, 512, 1000, 65536 + 300} {
		res, err := Log(t.Context(), k.write(t, someEntries(t, size)), k.verifier, "")
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if res.Size != uint64(size) || res.Kinds[KindDecision] != uint64(size) {
			t.Fatalf("size %d: %+v", size, res)
		}
	}
}

// size is that of the logs below: two full tiles and a part of one, so that
// there are stored hashes on two levels.
const size = 600

func TestLogNamesTheFirstWrongEntry(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, size)
	flip := func(name string, at int) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data := get(t, dir, name)
			data[at] ^= 1
			put(t, dir, name, data)
		}
	}
	cut := func(name string, to int) func(*testing.T, string) {
		return func(t *testing.T, dir string) { put(t, dir, name, get(t, dir, name)[:to]) }
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// rewrite changes entry n and makes the stored hashes fit, up to a level.
	rewrite := func(n, levels int) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			changed := slices.Clone(entries)
			changed[n] = bytes.Replace(changed[n], []byte("case-1"), []byte("case-2"), 1)
			forged := k.write(t, changed)
			if err := os.CopyFS(filepath.Join(dir, "forged"), os.DirFS(forged)); err != nil {
				t.Fatal(err)
			}
			copied := []string{"entries", "0", "1"}[:levels+1]
			for _, level := range copied {
				if err := os.RemoveAll(filepath.Join(dir, "tile", level)); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(filepath.Join(dir, "forged/tile", level), filepath.Join(dir, "tile", level)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	both := func(changes ...func(*testing.T, string)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, change := range changes {
				change(t, dir)
			}
		}
	}
	// The offset of entry n in its bundle, its length's two bytes included.
	offset := func(n int) int { return len(bundleOf(entries[n/256*256 : n])) }

	tests := []struct {
		name        string
		harm        func(*testing.T, string)
		first, last uint64
		why         string
	}{
		{"byte of the first entry", flip("tile/entries/000", 2), 0, 0, "does not have the hash that tile/0/000 holds"},
		{"byte of an entry", flip("tile/entries/001", offset(300)+2+20), 300, 300, "does not have the hash that tile/0/001 holds"},
		{"byte of the last entry", flip("tile/entries/002.p/88", offset(599)+2), 599, 599, "does not have the hash"},
		{"an entry's length", flip("tile/entries/001", offset(300)+1), 300, 300, "does not have the hash"},
		{"an entry's length, much", flip("tile/entries/001", offset(300)), 300, 300, "does not have the hash"},
		{"bundle cut in an entry", cut("tile/entries/001", offset(400)+50), 400, 400, "ends after 48 of an entry's"},
		{"bundle cut between entries", cut("tile/entries/001", offset(400)), 400, 400, "ends after 144 of 256 entries"},
		{"bundle empty", cut("tile/entries/001", 0), 256, 256, "ends after 0 of 256 entries"},
		{"bundle missing", remove("tile/entries/001"), 256, 256, "tile/entries/001 is missing"},
		{"last bundle missing", remove("tile/entries/002.p/88"), 512, 512, "tile/entries/002.p/88 is missing"},
		{"bytes after a bundle", func(t *testing.T, dir string) {
			put(t, dir, "tile/entries/000", append(get(t, dir, "tile/entries/000"), 0, 1, 'x'))
		}, 255, 255, "goes on after its last entry"},
		{"giant bundle", func(t *testing.T, dir string) {
			put(t, dir, "tile/entries/001", make([]byte, maxBundle+1))
		}, 256, 256, "is larger than"},
		{"bundle is a pipe", func(t *testing.T, dir string) {
			remove("tile/entries/001")(t, dir)
			if err := syscall.Mkfifo(filepath.Join(dir, "tile/entries/001"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 256, 256, "is not a file"},
		{"bundle leads elsewhere", func(t *testing.T, dir string) {
			remove("tile/entries/001")(t, dir)
			if err := os.Symlink("/dev/zero", filepath.Join(dir, "tile/entries/001")); err != nil {
				t.Fatal(err)
			}
		}, 256, 256, "path escapes"},
		{"two entries exchanged", func(t *testing.T, dir string) {
			swapped := slices.Clone(entries[256:512])
			swapped[10], swapped[20] = swapped[20], swapped[10]
			put(t, dir, "tile/entries/001", bundleOf(swapped))
		}, 266, 266, "does not have the hash"},
		{"two faults", both(flip("tile/entries/001", offset(300)+2), flip("tile/entries/000", offset(44)+2)), 44, 44, "does not have the hash"},
		{"fault before a cut", both(flip("tile/entries/001", offset(300)+2), cut("tile/entries/001", offset(400))), 300, 300, "does not have the hash"},

		{"hash in a tile", flip("tile/0/001", 44*32), 300, 300, "tile/0/001 holds another hash; all entries are as they were signed"},
		{"hash in the last tile", flip("tile/0/002.p/88", 87*32+31), 599, 599, "all entries are as they were signed"},
		{"hash further up", flip("tile/1/000.p/2", 32), 256, 511, "tile/1/000.p/2 holds another hash; all entries are as they were signed"},
		{"tile cut", cut("tile/0/001", 100), 256, 256, "tile/0/001 has 100 bytes, not 8192; all entries"},
		{"tile missing", remove("tile/0/001"), 256, 256, "tile/0/001 is missing"},
		{"tile missing, entry changed", both(remove("tile/0/000"), flip("tile/entries/001", offset(300)+2)), 300, 300, "does not have the hash"},

		{"entry and its tile", rewrite(300, 1), 256, 511, "does not have the hash that tile/1/000.p/2 holds"},
		{"entry and all tiles", rewrite(300, 2), 0, 599, "not with the signed checkpoint"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := k.write(t, entries)
			tt.harm(t, dir)
			res, err := Log(t.Context(), dir, k.verifier, "")
			var bad *BadEntry
			if !errors.As(err, &bad) {
				t.Fatalf("Log() = %+v, %v", res, err)
			}
			if bad.Index != tt.first || bad.Last != tt.last || !strings.Contains(bad.Why, tt.why) {
				t.Errorf("got  %v\nwant %d to %d: %s", bad, tt.first, tt.last, tt.why)
			}
			if named := fmt.Sprint(tt.first); !strings.Contains(err.Error(), named) {
				t.Errorf("%q does not name entry %s", err, named)
			}
		})
	}

	t.Run("entry and all tiles, with an earlier checkpoint", func(t *testing.T) {
		dir := k.write(t, entries)
		earlier := checkpointOf(t, k.write(t, entries[:290]))
		rewrite(300, 2)(t, dir)
		_, err := Log(t.Context(), dir, k.verifier, earlier)
		var bad *BadEntry
		if !errors.As(err, &bad) || bad.Index != 290 || bad.Last != 599 {
			t.Fatalf("Log() = %v", err)
		}
	})
}

// Whichever byte of the entries is changed, it is its entry that is named.
func TestEveryByteOfAnEntryCounts(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, 5)
	dir := k.write(t, entries)
	const name = "tile/entries/000.p/5"
	good := get(t, dir, name)
	var flipped int
	for n := range entries {
		first := len(bundleOf(entries[:n]))
		for at := first; at < first+2+len(entries[n]); at++ {
			data := bytes.Clone(good)
			data[at] ^= 0x10
			put(t, dir, name, data)
			_, err := Log(t.Context(), dir, k.verifier, "")
			var bad *BadEntry
			if !errors.As(err, &bad) || bad.Index != uint64(n) || bad.Last != uint64(n) {
				t.Fatalf("byte %d, of entry %d: %v", at, n, err)
			}
			flipped++
		}
	}
	if flipped != len(good) {
		t.Fatalf("flipped %d of %d bytes", flipped, len(good))
	}
}

// A checkpoint with any byte changed is refused, unless it still says the same
// and has the same signature: base64 has bits that no decoder looks at.
func TestEveryByteOfACheckpointCounts(t *testing.T) {
	k := newKeeper(t)
	dir := k.write(t, someEntries(t, 5))
	good := get(t, dir, "checkpoint")
	var refused int
	for at := range good {
		data := bytes.Clone(good)
		data[at] ^= 1
		put(t, dir, "checkpoint", data)
		res, err := Log(t.Context(), dir, k.verifier, "")
		switch {
		case errors.Is(err, ErrCheckpoint):
			refused++
		case err != nil || res.Size != 5:
			t.Fatalf("byte %d: %+v, %v", at, res, err)
		}
	}
	if refused < len(good)-1 {
		t.Fatalf("refused %d of %d", refused, len(good))
	}
}

func TestLogThatWasSignedWithABadEntry(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, size)
	entries[300] = []byte(`{"kind":"decision","id":"free text, in a log that may have none"}`)
	_, err := Log(t.Context(), k.write(t, entries), k.verifier, "")
	var bad *BadEntry
	if !errors.As(err, &bad) || bad.Index != 300 || bad.Last != 300 || !strings.Contains(bad.Why, "id: byte 4") {
		t.Fatalf("Log() = %v", err)
	}
}

func TestLogAgainstAnEarlierCheckpoint(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, size)
	other := slices.Clone(entries)
	other[300] = bytes.Replace(other[300], []byte("case-1"), []byte("case-2"), 1)
	dir := k.write(t, entries)
	tests := []struct {
		name, previous string
		want           error
	}{
		{"the same", checkpointOf(t, dir), nil},
		{"empty", checkpointOf(t, k.write(t, nil)), nil},
		{"one entry", checkpointOf(t, k.write(t, entries[:1])), nil},
		{"a full tile", checkpointOf(t, k.write(t, entries[:256])), nil},
		{"one less", checkpointOf(t, k.write(t, entries[:599])), nil},
		{"another history before what changed", checkpointOf(t, k.write(t, other[:300])), nil},
		{"another history just after it", checkpointOf(t, k.write(t, other[:301])), ErrForked},
		{"another history of the same size", checkpointOf(t, k.write(t, other)), ErrForked},
		{"a longer log", checkpointOf(t, k.write(t, someEntries(t, size+1))), ErrRolledBack},
		{"another key", checkpointOf(t, newKeeper(t).write(t, entries[:1])), ErrCheckpoint},
		{"not a checkpoint", "x", ErrCheckpoint},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := Log(t.Context(), dir, k.verifier, tt.previous)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Log() = %+v, %v; want %v", res, err, tt.want)
			}
		})
	}
}

func TestLogOfAnotherKey(t *testing.T) {
	k := newKeeper(t)
	dir := k.write(t, someEntries(t, 3))
	if _, err := Log(t.Context(), dir, newKeeper(t).verifier, ""); !errors.Is(err, ErrCheckpoint) {
		t.Fatalf("Log() = %v", err)
	}
}

// While the log grows, what was partial when the checkpoint was signed fills
// up, and is then removed.
func TestLogThatHasGrownSince(t *testing.T) {
	k := newKeeper(t)
	entries := someEntries(t, 1100)
	dir, grown := k.write(t, entries[:size]), k.write(t, entries)
	for _, name := range []string{"tile/entries/002", "tile/0/002"} {
		put(t, dir, name, get(t, grown, name))
		if err := os.RemoveAll(filepath.Join(dir, name+".p")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Log(t.Context(), dir, k.verifier, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Prove(dir, k.verifier, size-1); err != nil {
		t.Fatal(err)
	}
}

func TestLogStopsWhenTold(t *testing.T) {
	k := newKeeper(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Log(ctx, k.write(t, someEntries(t, 1)), k.verifier, ""); !errors.Is(err, context.Canceled) {
		t.Fatalf("Log() = %v", err)
	}
}

func TestTilePath(t *testing.T) {
	for want, tile := range map[string]tlog.Tile{
		"tile/0/000":                  {H: 8, L: 0, N: 0, W: 256},
		"tile/2/x001/x234/067.p/8":    {H: 8, L: 2, N: 1234067, W: 8},
		"tile/entries/x001/234.p/255": {H: 8, L: -1, N: 1234, W: 255},
		"tile/entries/007":            {H: 8, L: -1, N: 7, W: 256},
	} {
		if got := tilePath(tile); got != want {
			t.Errorf("tilePath(%+v) = %s, want %s", tile, got, want)
		}
	}
}
