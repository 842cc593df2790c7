package verify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A folder reads the files of a log. It believes nothing of what it reads: a
// file may be missing, short, huge, a pipe, or a link out of the folder.
type folder struct {
	root *os.Root
}

func openFolder(dir string) (folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return folder{}, fmt.Errorf("open the log's folder: %w", err)
	}
	return folder{root}, nil
}

func (f folder) Close() error { return f.root.Close() }

func (f folder) checkpoint(verifierKey string) (Checkpoint, error) {
	text, err := f.read("checkpoint", maxCheckpoint)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	return OpenCheckpoint(string(text), verifierKey)
}

// entries reads bundle n of a tree in which it has width entries. On an error
// it returns the entries before the fault with it.
func (f folder) entries(n int64, width int) ([][]byte, error) {
	data, name, err := f.tile(tlog.Tile{H: tileHeight, L: -1, N: n, W: width}, maxBundle)
	if err != nil {
		return nil, err
	}
	entries, rest, err := parseBundle(data, width)
	if err != nil {
		return entries, fmt.Errorf("%s %w", name, err)
	}
	// A bundle that has filled up since the checkpoint has more entries than
	// the checkpoint knows of. Any other has no more than it should.
	if len(rest) > 0 && name == tilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: width}) {
		return entries, fmt.Errorf("%s goes on after its last entry", name)
	}
	return entries, nil
}

// hashes reads the hash tile t, and returns the t.W hashes that belong to it,
// and the name of the file they are in.
func (f folder) hashes(t tlog.Tile) ([]byte, string, error) {
	data, name, err := f.tile(t, tileWidth*tlog.HashSize)
	if err != nil {
		return nil, name, err
	}
	want := t.W * tlog.HashSize
	if len(data) < want || len(data) > want && name == tilePath(t) {
		return nil, name, fmt.Errorf("%s has %d bytes, not %d", name, len(data), want)
	}
	return data[:want], name, nil
}

// tile reads the file of t. One that is not full may have filled up since the
// checkpoint was signed, and the log removes it some time after that.
func (f folder) tile(t tlog.Tile, limit int64) ([]byte, string, error) {
	name := tilePath(t)
	data, err := f.read(name, limit)
	if t.W < tileWidth && errors.Is(err, fs.ErrNotExist) {
		t.W = tileWidth
		if full, fullErr := f.read(tilePath(t), limit); !errors.Is(fullErr, fs.ErrNotExist) {
			return full, tilePath(t), fullErr
		}
	}
	return data, name, err
}

// read reads one file of at most limit bytes. Its errors name the file.
func (f folder) read(name string, limit int64) (data []byte, err error) {
	info, err := f.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing: %w", name, fs.ErrNotExist)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", name) // opening a pipe would wait for ever
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err = io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}

// tilePath names the file of a tile. The layout of tlog-tiles is that of tlog
// without the height, which is always 8, and with "entries" for "data".
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// Height, ReadTiles and SaveTiles make a folder a tlog.TileReader, whose
// readings tlog.TileHashReader holds against the signed root.
func (f folder) Height() int { return tileHeight }

// ReadTiles reads hash tiles.
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if data[i], _, err = f.hashes(t); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// SaveTiles does nothing: the folder is where the tiles came from.
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
