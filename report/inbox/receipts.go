package inbox

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/seal"
)

// maxManifest limits a manifest, in bytes.
const maxManifest = 1 << 20

// notYet are the steps at which a record may have failed for want of a key of the centre's:
// a delivery of which one failed there gets no receipt yet.
var notYet = []string{string(seal.StepDecrypt), string(seal.StepSignature), "log"}

// Receipts answers the deliveries of a file drop that lie in the folder from, by receipts in
// the folder to: filed where every record of one passed, refused where one can never pass.
// It returns how many it wrote. One that is there stays.
func (s *Store) Receipts(ctx context.Context, from, to string) (written int, err error) {
	entries, err := os.ReadDir(from)
	if err != nil {
		return 0, fmt.Errorf("receipts: %w", err)
	}
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), drop.ManifestName)
		if !ok || strings.HasPrefix(id, ".") {
			continue
		}
		name := filepath.Join(to, id+drop.ReceiptName)
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		r, ok, err := s.receipt(ctx, from, id)
		if err == nil && ok {
			err = putReceipt(to, name, r)
			written++
		}
		if err != nil {
			return written, fmt.Errorf("receipt of %.64s: %w", id, err)
		}
	}
	return written, nil
}

// receipt is what can be said of a delivery, if anything yet.
func (s *Store) receipt(ctx context.Context, from, id string) (r drop.Receipt, ok bool, err error) {
	data, err := plainFile(filepath.Join(from, id+drop.ManifestName), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil // taken away
	}
	if err != nil {
		return r, false, err
	}
	var m drop.Manifest
	if json.Unmarshal(data, &m) != nil || m.ID != id || len(m.Files) > drop.MaxFiles {
		return r, false, nil // not one of a drop: nobody waits for an answer
	}
	r = drop.Receipt{ID: id, Manifest: digest(data), State: "filed"}
	var seqs []string
	for _, f := range m.Files {
		if !strings.HasSuffix(f.Name, "json") && !strings.HasSuffix(f.Name, "age") {
			continue // no record
		}
		var seq int64
		var failed string
		err := s.read.QueryRowContext(ctx, `SELECT seq, failed FROM received WHERE digest = ?`, strings.ToLower(f.SHA256)).Scan(&seq, &failed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return r, false, nil // not read yet
		case err != nil:
			return r, false, err
		case slices.Contains(notYet, failed):
			return r, false, nil
		case failed != "":
			r.State = "refused"
		}
		seqs = append(seqs, fmt.Sprintf("%s-%d", s.keys.Centre, seq))
	}
	r.Receipt = strings.Join(seqs, " ")
	return r, len(seqs) > 0, nil
}

func plainFile(name string, limit int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s: must be a plain file of at most %d bytes", filepath.Base(name), limit)
	}
	return os.ReadFile(name)
}

// putReceipt writes a receipt, whole or not at all, readable to the sender's group.
func putReceipt(dir, name string, r drop.Receipt) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(r); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".receipt-")
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
