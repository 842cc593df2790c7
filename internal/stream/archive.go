package stream

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// A checkpoint is a zstd-compressed tar of plain files, followed by the SHA-256
// of all bytes before it. It is checked whole before any of it is used.

// pack writes the files of dir, which has no folders, to w.
func pack(w io.Writer, dir string) error {
	digest := sha256.New()
	z, err := zstd.NewWriter(io.MultiWriter(w, digest), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	t := tar.NewWriter(z)
	err = packFiles(t, dir)
	if err := errors.Join(err, t.Close(), z.Close()); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	if _, err := w.Write(digest.Sum(nil)); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

func packFiles(t *tar.Writer, dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := packFile(t, root, entry.Name()); err != nil {
			return err
		}
	}
	return nil
}

func packFile(t *tar.Writer, root *os.Root, name string) (err error) {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no plain file", name)
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// unpack makes dir from what pack wrote. Bytes that pack did not write are
// errDamaged.
func unpack(r io.Reader, dir string) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()

	const name = "checkpoint.download" // no name of Pebble's
	whole, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer func() { err = errors.Join(err, whole.Close(), root.Remove(name)) }()
	size, err := io.Copy(whole, r)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	content := io.NewSectionReader(whole, 0, size-sha256.Size)
	if size < sha256.Size {
		return fmt.Errorf("unpack: %w: %d bytes", errDamaged, size)
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, content); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	want := make([]byte, sha256.Size)
	if _, err := whole.ReadAt(want, content.Size()); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if !bytes.Equal(digest.Sum(nil), want) {
		return fmt.Errorf("unpack: %w: its checksum is wrong", errDamaged)
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return unpackFiles(content, root)
}

func unpackFiles(r io.Reader, root *os.Root) error {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer z.Close()
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack: %w: %w", errDamaged, err)
		}
		if h.Typeflag != tar.TypeReg {
			return fmt.Errorf("unpack: %w: it holds what is no plain file", errDamaged)
		}
		if err := unpackFile(t, root, h.Name); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
}

// unpackFile writes within root and nowhere else: os.Root sees to that.
func unpackFile(t *tar.Reader, root *os.Root, name string) (err error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, t); err != nil {
		return err
	}
	return f.Sync()
}
