package drop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"github.com/vigil-stream/vigil/report"
)

// Ask says how far a delivery came: Absent where it never appeared, Waiting where it did
// and there is no receipt, or one that is wrong, else what the receipt says. Where the
// centre gives no receipts, a delivery that appeared is Filed.
func (f *Folder) Ask(_ context.Context, id string) (report.Answer, error) {
	if !validID.MatchString(id) {
		return report.Answer{}, errors.New("drop: id: must be 1 to 64 letters, digits, dashes and underscores")
	}
	marked, err := read(f.marks, id, 64)
	if errors.Is(err, fs.ErrNotExist) {
		return report.Answer{State: report.Absent, Says: "It was never put."}, nil
	} else if err != nil {
		return report.Answer{}, fmt.Errorf("drop %s: mark: %w", id, err)
	}
	if _, err := f.outgoing.Lstat(id + ManifestName + Part); err == nil {
		return report.Answer{State: report.Absent, Says: "It is not whole yet: put it again."}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
	}
	if f.receipts == nil {
		return report.Answer{State: report.Filed, Says: "It was put where the centre takes it, and the centre gives no receipts."}, nil
	}
	data, err := read(f.receipts, id+ReceiptName, maxReceipt)
	if errors.Is(err, fs.ErrNotExist) {
		taken := "and was taken"
		if _, err := f.outgoing.Lstat(id + ManifestName); err == nil {
			taken = "and is still there"
		}
		return report.Answer{State: report.Waiting, Says: "It was put " + taken + "; there is no receipt."}, nil
	} else if err != nil {
		return report.Answer{State: report.Waiting, Says: "There is a receipt that cannot be read: it must be a plain file of at most 64 KiB."}, nil
	}
	r, err := DecodeReceipt(data)
	switch {
	case err != nil:
		return report.Answer{State: report.Waiting, Says: "There is a receipt that is wrong: " + err.Error()}, nil
	case r.ID != id || r.Manifest != string(marked):
		return report.Answer{State: report.Waiting, Says: "There is a receipt of another delivery: id and manifest_sha256 must be this one's."}, nil
	case r.State == "refused":
		return report.Answer{State: report.Refused, Receipt: r.Receipt, Says: "The centre's receipt refuses it."}, nil
	}
	return report.Answer{State: report.Filed, Receipt: r.Receipt, Says: "The centre gave a receipt."}, nil
}

// Other reads another file of the centre's about a delivery that appeared, <id>.<name> in the
// folder of receipts: fs.ErrNotExist where there is none.
func (f *Folder) Other(id, name string, limit int) ([]byte, error) {
	if f.receipts == nil || !validID.MatchString(id) || !validName.MatchString(name) {
		return nil, fs.ErrNotExist
	}
	return read(f.receipts, id+"."+name, limit)
}

// DecodeReceipt reads a receipt. The error names the member, and quotes nothing.
func DecodeReceipt(data []byte) (Receipt, error) {
	var r Receipt
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	if dec.Decode(&r) != nil || dec.More() {
		return Receipt{}, errors.New("it is not one JSON object of texts")
	}
	switch {
	case !validID.MatchString(r.ID):
		return Receipt{}, errors.New("id: must be the delivery's")
	case r.State != "filed" && r.State != "refused":
		return Receipt{}, errors.New("state: must be filed or refused")
	case len(r.Receipt) > 256 || strings.ContainsFunc(r.Receipt, func(c rune) bool { return !unicode.IsGraphic(c) }):
		return Receipt{}, errors.New("receipt: must be at most 256 bytes that can be printed")
	}
	r.Manifest = strings.ToLower(r.Manifest)
	return r, nil
}
