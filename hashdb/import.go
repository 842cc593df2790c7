package hashdb

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ImportRequest says into which lists records go.
type ImportRequest struct {
	// Source names the lists, of which there is one for each kind: 1 to 64 letters,
	// digits, '.', '_' and '-'.
	Source string
	// File names the input, at most 1,000 bytes. An import that is interrupted is gone on
	// with when the same file is imported into the same source again; with an empty File
	// it begins anew.
	File string
	// List is what to say of the lists into which the import puts entries: what is zero
	// in it stays as it is. Source is not used. With a Kind it is said of the list of
	// that kind alone, which is made even if there is no entry for it; without one, of
	// all, and the radius only of kinds that have one.
	List List
	// Progress, when not nil, is told now and then how many records were read.
	Progress func(records int)
}

// ImportResult says what an import did.
type ImportResult struct {
	// Applied counts entries. Of entries that name the same the last counts, and the
	// others count as Known; so do retracted entries that the list did not have, and
	// entries that differ only in how they came here.
	Applied
	Bad      []RecordError // The first 20 records that were skipped.
	BadCount int           // All of them.
	// Resumed is how many of the records were taken from what an interrupted import of
	// the same file had written down.
	Resumed int
	// Lists are the lists of the kinds that the input has, as they are afterwards.
	Lists []ListInfo
}

// maxBad is how many bad records are kept: enough to see what is wrong.
const maxBad = 20

// Import takes the records that r gives into a source's lists, in their order, and makes
// the lists that are not there: live, with the kind's own radius, unless req.List says
// otherwise. Bad records are skipped and counted.
//
// It is all or nothing: look-ups see none of it until r has ended as its format wants
// and all is on disk, and then all at once. When r fails, nothing has changed and
// nothing is kept. When ctx ends or the process dies, nothing has changed, but what was
// written down is kept for the same import to go on with: it reads r from the
// beginning, and does not sort and write again what is the same as before.
//
// Memory does not grow with the input, the ids that it retracts aside, and others may
// import and apply meanwhile. The error holds nothing of a record, unless r's own does.
func (db *DB) Import(ctx context.Context, req ImportRequest, r RecordReader) (ImportResult, error) {
	res, err := db.importRecords(ctx, req, r)
	if err != nil {
		if req.File != "" {
			err = fmt.Errorf("%.200s: %w", req.File, err)
		}
		return ImportResult{}, fmt.Errorf("import: %w", err)
	}
	db.relieve(ctx)
	return res, nil
}

func (db *DB) importRecords(ctx context.Context, req ImportRequest, r RecordReader) (res ImportResult, err error) {
	if err := req.check(); err != nil {
		return ImportResult{}, err
	}
	im, err := db.beginImport(ctx, req)
	if err != nil {
		return ImportResult{}, err
	}
	defer im.end()
	defer func() {
		if err != nil {
			err = errors.Join(err, im.giveUp(ctx))
		}
	}()
	for err == nil {
		err = im.next(ctx, r)
	}
	if !errors.Is(err, io.EOF) {
		return ImportResult{}, err
	}
	return im.finish(ctx)
}

func (req *ImportRequest) check() error {
	if len(req.File) > maxText {
		return fmt.Errorf("the file's name has %d bytes, want at most %d", len(req.File), maxText)
	}
	k := req.List.Kind
	if k == 0 {
		k = KindPDQ
		if req.List.Radius < 0 || req.List.Radius > k.MaxRadius() {
			return fmt.Errorf("radius %d, want 0 to %d", req.List.Radius, k.MaxRadius())
		}
		return (&ImportRequest{Source: req.Source, List: List{Owner: req.List.Owner, Category: req.List.Category, Severity: req.List.Severity, Jurisdiction: req.List.Jurisdiction, Terms: req.List.Terms, State: req.List.State}}).over(k)
	}
	return req.over(k)
}

// over reports what would be wrong with the source's list of kind k.
func (req *ImportRequest) over(k Kind) error {
	return req.say(List{Source: req.Source, Kind: k, Radius: k.DefaultRadius(), State: StateLive}).Check()
}

// say returns l with what the request says of it.
func (req *ImportRequest) say(l List) List {
	set := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	if req.List.Kind != 0 && req.List.Kind != l.Kind {
		return l
	}
	set(&l.Owner, req.List.Owner)
	set(&l.Category, req.List.Category)
	set(&l.Severity, req.List.Severity)
	set(&l.Jurisdiction, req.List.Jurisdiction)
	set(&l.Terms, req.List.Terms)
	if req.List.Radius != 0 && (req.List.Kind != 0 || !l.Kind.Exact()) {
		l.Radius = req.List.Radius
	}
	if req.List.State != "" {
		l.State = req.List.State
	}
	l.Allow = l.Allow || req.List.Allow
	return l
}
