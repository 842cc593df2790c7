package drop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/review"
)

const (
	// Part ends the name of a file that is not whole.
	Part = ".part"
	// ManifestName ends the name of a delivery's manifest, ReceiptName that of its receipt.
	ManifestName = ".manifest.json"
	ReceiptName  = ".receipt.json"

	// MaxBytes limits a delivery, MaxFiles the files in it.
	MaxBytes = 64 << 20
	MaxFiles = 64
	// fileMode lets a group of the centre's account read.
	fileMode, markMode = 0o640, 0o600

	maxReceipt  = 64 << 10
	maxManifest = 256 << 10
)

// Settings are where deliveries go. The folders must be there.
type Settings struct {
	Outgoing string // where files are put
	Receipts string // where the centre puts receipts; empty: it gives none
	// Marks is a folder of Vigil's own, on any disk, that nobody else writes to.
	Marks string
	Gate  report.Gate
}

// A File is one of a delivery.
type File struct {
	Name string // without the id, which is put before it: "alert.json", "report.zip"
	Data []byte
}

// A Manifest says what a delivery is.
type Manifest struct {
	ID    string         `json:"id"`
	Files []ManifestFile `json:"files"`
}

// A ManifestFile is one file of a delivery.
type ManifestFile struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// A Receipt is what a centre answers, as the file <id>.receipt.json.
type Receipt struct {
	ID string `json:"id"`
	// Manifest is the SHA-256 of the manifest that was read, by which the receipt is of
	// this delivery.
	Manifest string `json:"manifest_sha256"`
	State    string `json:"state"`   // "filed" or "refused"
	Receipt  string `json:"receipt"` // the centre's own reference
}

// A Folder delivers to one centre. One process at a time may put a delivery.
type Folder struct {
	set                       Settings
	outgoing, receipts, marks *os.Root
}

// Open opens the folders of a centre, or says all that is wrong with them.
func Open(s Settings) (*Folder, error) {
	f := &Folder{set: s}
	var faults []error
	for _, one := range []struct {
		name, path string
		to         **os.Root
	}{{"outgoing", s.Outgoing, &f.outgoing}, {"receipts", s.Receipts, &f.receipts}, {"marks", s.Marks, &f.marks}} {
		if one.path == "" && one.name == "receipts" {
			continue
		}
		root, err := os.OpenRoot(one.path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", one.name, err))
			continue
		}
		*one.to = root
	}
	for _, fault := range s.Gate.Faults() {
		faults = append(faults, errors.New("quality."+fault))
	}
	if s.Marks != "" && filepath.Clean(s.Marks) == filepath.Clean(s.Outgoing) {
		faults = append(faults, errors.New("marks: must be another folder than outgoing"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(fmt.Errorf("file drop of a centre: %w", errors.Join(faults...)), f.Close())
	}
	return f, nil
}

// Close closes the folders.
func (f *Folder) Close() error {
	var errs []error
	for _, r := range []*os.Root{f.outgoing, f.receipts, f.marks} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// Send delivers an alert as one file. The error is a *report.Held where the alert says too
// little; any other means that nothing can be told, and the same call may be made again. What
// was filed earlier the alert names itself, by the id that all alerts of its case share.
func (f *Folder) Send(ctx context.Context, a report.Alert, _ []review.Filing) (report.Answer, error) {
	if err := f.set.Gate.Pass(a); err != nil {
		return report.Answer{}, err
	}
	body, err := report.Encode(a)
	if err != nil {
		return report.Answer{}, err
	}
	return f.Put(ctx, a.ID, File{"alert.json", body})
}

// Correct delivers a correction as one file, which names its alert.
func (f *Folder) Correct(ctx context.Context, c report.Correction, _ []review.Filing) (report.Answer, error) {
	body, err := report.EncodeCorrection(c)
	if err != nil {
		return report.Answer{}, err
	}
	return f.Put(ctx, c.ID, File{"correction.json", body})
}

var (
	validID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[A-Za-z0-9]{1,8}){1,2}$`)
)

// manifest checks a delivery and describes it.
func manifest(id string, files []File) ([]byte, error) {
	m := Manifest{ID: id}
	if !validID.MatchString(id) {
		return nil, errors.New("id: must be 1 to 64 letters, digits, dashes and underscores")
	}
	if len(files) == 0 || len(files) > MaxFiles {
		return nil, fmt.Errorf("files: %d, and there must be 1 to %d", len(files), MaxFiles)
	}
	total, names := 0, map[string]bool{}
	for i, file := range files {
		name := id + "." + file.Name
		ends := filepath.Ext(file.Name)
		switch {
		case !validName.MatchString(file.Name) || ends == Part || "."+file.Name == ManifestName || "."+file.Name == ReceiptName:
			return nil, fmt.Errorf("files[%d].name: must be like report.zip, and neither .part nor the manifest or a receipt", i)
		case names[name]:
			return nil, fmt.Errorf("files[%d].name: is there twice", i)
		case len(file.Data) == 0:
			return nil, fmt.Errorf("files[%d]: is empty", i)
		}
		names[name] = true
		if total += len(file.Data); total > MaxBytes {
			return nil, fmt.Errorf("files: more than %d bytes together", MaxBytes)
		}
		m.Files = append(m.Files, ManifestFile{Name: name, Bytes: len(file.Data), SHA256: digest(file.Data)})
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Put delivers files under an id, once: called again it says how far the delivery came.
// Other files under an id that was put are refused, unless the centre's receipt refused those;
// what never appeared they take the place of.
func (f *Folder) Put(_ context.Context, id string, files ...File) (report.Answer, error) {
	m, err := manifest(id, files)
	if err != nil {
		return report.Answer{}, fmt.Errorf("drop: %w", err)
	}
	lock := flock.New(filepath.Join(f.set.Marks, id+".lock"), flock.SetPermissions(markMode))
	held, err := lock.TryLock()
	if err != nil {
		return report.Answer{}, fmt.Errorf("drop %s: lock: %w", id, err)
	}
	if !held {
		return report.Answer{State: report.Later, After: time.Minute, Says: "Another process is putting it."}, nil
	}
	defer func() { _ = lock.Unlock() }()

	said, err := f.again(id, m)
	if err != nil {
		return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
	}
	switch said {
	case putAnew:
		if err := f.prepare(id, m, files); err != nil {
			return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
		}
		fallthrough
	case putOn:
		if err := f.appear(id, m, files); err != nil {
			return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
		}
	case putOthers:
		return report.Answer{State: report.Refused, Says: "Other files were put under this id before."}, nil
	}
	return f.Ask(context.Background(), id)
}

// How far a delivery is that is put.
type progress int

const (
	putAnew   progress = iota // it never appeared, or was refused
	putOn                     // it is whole under its .part names
	putDone                   // it appeared
	putOthers                 // other files appeared under its id
)

// again finds out how far a delivery is. What is marked was whole under its .part names by
// then: where the manifest's is still there it never appeared, else it did.
func (f *Folder) again(id string, m []byte) (progress, error) {
	marked, err := read(f.marks, id, sha256.Size*2)
	if errors.Is(err, fs.ErrNotExist) {
		return putAnew, nil
	} else if err != nil {
		return 0, fmt.Errorf("mark: %w", err)
	}
	waits, err := read(f.outgoing, id+ManifestName+Part, maxManifest)
	switch {
	case err == nil && string(marked) == digest(m) && digest(waits) == digest(m):
		return putOn, nil
	case err == nil:
		return putAnew, nil
	case !errors.Is(err, fs.ErrNotExist):
		return 0, err
	case string(marked) == digest(m):
		return putDone, nil
	}
	if a, err := f.Ask(context.Background(), id); err != nil || a.State != report.Refused {
		return putOthers, err
	}
	return putAnew, nil
}

// Withdraw takes away what was begun under an id and never appeared. What did may be with the
// centre: the answer is then that of Ask.
func (f *Folder) Withdraw(ctx context.Context, id string, _ bool) (report.Answer, error) {
	a, err := f.Ask(ctx, id)
	if err != nil || (a.State != report.Absent && a.State != report.Refused) {
		return a, err
	}
	gone := report.Answer{State: report.Withdrawn}
	if a.State == report.Refused {
		return gone, nil
	}
	// The mark first: without it nothing was put.
	if err := f.marks.Remove(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
	}
	if err := syncFolder(f.marks); err != nil {
		return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
	}
	names, err := fs.Glob(f.outgoing.FS(), id+".*")
	if err != nil {
		return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
	}
	for _, name := range names {
		if err := f.outgoing.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return report.Answer{}, fmt.Errorf("drop %s: %w", id, err)
		}
	}
	return gone, nil
}

// prepare writes all files under their .part names, and then the mark.
func (f *Folder) prepare(id string, m []byte, files []File) error {
	for _, file := range files {
		if err := write(f.outgoing, id+"."+file.Name+Part, file.Data, fileMode); err != nil {
			return err
		}
	}
	if err := write(f.outgoing, id+ManifestName+Part, m, fileMode); err != nil {
		return err
	}
	if err := syncFolder(f.outgoing); err != nil {
		return err
	}
	// The mark is moved into place, so that half a mark is none.
	if err := write(f.marks, id+Part, []byte(digest(m)), markMode); err != nil {
		return err
	}
	if err := f.marks.Rename(id+Part, id); err != nil {
		return err
	}
	return syncFolder(f.marks)
}

// appear gives the files their names, the manifest last. Nobody touches them before that,
// since readers begin with manifests; what is there is made again where it is not whole.
func (f *Folder) appear(id string, m []byte, files []File) error {
	for _, file := range files {
		name := id + "." + file.Name
		have, err := read(f.outgoing, name, len(file.Data))
		if err == nil && digest(have) == digest(file.Data) {
			continue
		}
		have, err = read(f.outgoing, name+Part, len(file.Data))
		if err != nil || digest(have) != digest(file.Data) {
			if err := write(f.outgoing, name+Part, file.Data, fileMode); err != nil {
				return err
			}
		}
		if err := f.outgoing.Rename(name+Part, name); err != nil {
			return err
		}
	}
	if err := syncFolder(f.outgoing); err != nil {
		return err
	}
	if err := f.outgoing.Rename(id+ManifestName+Part, id+ManifestName); err != nil {
		return err
	}
	return syncFolder(f.outgoing)
}

// write makes a file and brings it to the disk.
func write(in *os.Root, name string, data []byte, mode fs.FileMode) (err error) {
	// What is there may be half a file of before, or a link somewhere.
	if err := in.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := in.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := file.Chmod(mode); err != nil { // whatever the umask
		return err
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}

// read returns a plain file of at most so many bytes.
func read(in *os.Root, name string, limit int) (data []byte, err error) {
	info, err := in.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > int64(limit) {
		return nil, fmt.Errorf("%s: must be a plain file of at most %d bytes", name, limit)
	}
	file, err := in.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, int64(limit)))
}

func syncFolder(r *os.Root) (err error) {
	folder, err := r.Open(".")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	return folder.Sync()
}
