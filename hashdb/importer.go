package hashdb

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/vigil-stream/vigil/hashdb/segment"
)

// ErrBusy is wrapped by the error for an import that is already under way elsewhere.
var ErrBusy = errors.New("it is being imported already")

// importer is an import under way.
type importer struct {
	db     *DB
	req    ImportRequest
	digest hash.Hash // Over the records so far.
	buffer []byte
	res    ImportResult

	records int
	entries [kindSlots]int // Those of good records, by kind.
	// retracted are the ids that were taken back, and when last.
	retracted map[string]moment
	gathered  []kindRow // The entries since the last stage.
	// stages are what is written down, of which the first verified are known to hold
	// what this reader gave, too. The others are an interrupted import's.
	stages   []stage
	verified int
	known    bool // Whether the manifest tells of the import.
}

// moment is a place among the entries: a stage, and how many of it came before.
type moment struct{ stage, entries int }

// maxRetracted bounds the ids that one import retracts, which are kept in memory.
const maxRetracted = 1 << 23

// next takes in a record. It returns io.EOF when there is none.
func (im *importer) next(ctx context.Context, r RecordReader) error {
	if im.records%1024 == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if im.req.Progress != nil {
			im.req.Progress(im.records)
		}
	}
	rec, err := r.Next()
	if err == nil {
		if err = rec.check(); err != nil {
			err = &RecordError{rec.Number, err}
		}
	}
	var bad *RecordError
	switch {
	case errors.As(err, &bad):
		im.skip(bad)
	case err != nil:
		return errors.Join(err, ctx.Err())
	default:
		if err := im.add(rec); err != nil {
			return err
		}
	}
	im.records++
	return im.pass(ctx)
}

func (rec *Record) check() error {
	var errs []error
	for i := range rec.Entries {
		errs = append(errs, rec.Entries[i].Check())
	}
	if len(rec.RetractRef) > maxRef {
		errs = append(errs, fmt.Errorf("id to retract has %d bytes, want at most %d", len(rec.RetractRef), maxRef))
	}
	return errors.Join(errs...)
}

func (im *importer) skip(bad *RecordError) {
	im.res.BadCount++
	if len(im.res.Bad) < maxBad {
		im.res.Bad = append(im.res.Bad, *bad)
	}
	im.absorb(0)
}

// add gathers a record's entries. An id that it retracts is one of before.
func (im *importer) add(rec Record) error {
	if rec.RetractRef != "" {
		if len(im.retracted) >= maxRetracted {
			return fmt.Errorf("record %d: more than %d ids are retracted at once", rec.Number, maxRetracted)
		}
		im.retracted[rec.RetractRef] = moment{im.stage(), len(im.gathered)}
	}
	im.absorb(1, rec.RetractRef)
	for i := range rec.Entries {
		e := &rec.Entries[i]
		k := e.Hash.Kind
		if im.entries[k]++; im.entries[k] == 1 {
			if err := im.req.over(k); err != nil {
				return err
			}
		}
		var before *segment.Row
		if n := len(im.gathered); n > 0 {
			before = &im.gathered[n-1].Row
		}
		r := rowOf(e, before)
		im.gathered = append(im.gathered, kindRow{k, r})
		im.entryDigest(e.Status, k, &r)
	}
	return nil
}

// absorb takes part of a record into the digest, so that nothing else gives the same.
func (im *importer) absorb(what byte, parts ...string) {
	b := append(im.buffer[:0], what)
	for _, p := range parts {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(p))), p...)
	}
	im.digest.Write(b)
	im.buffer = b
}

// entryDigest takes an entry into the digest.
func (im *importer) entryDigest(s Status, k Kind, r *segment.Row) {
	h := bitsOf(r.Code)
	b := append(im.buffer[:0], 2+byte(s), byte(k), byte(len(r.Ref)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Attrs)))
	b = append(append(append(b, h[:]...), r.Ref...), r.Attrs...)
	im.digest.Write(b)
	im.buffer = b
}

// stage returns the number of the stage to which the entries belong that are gathered.
func (im *importer) stage() int { return im.verified }

// pass ends a stage when it is full, or where an interrupted import ended it.
func (im *importer) pass(ctx context.Context) error {
	if im.verified == len(im.stages) {
		if len(im.gathered) < im.db.options.ImportRows {
			return nil
		}
		return im.write(ctx)
	}
	old := &im.stages[im.verified]
	switch {
	case im.records < old.Records && len(im.gathered) <= old.Entries:
	case im.records == old.Records && hex.EncodeToString(im.digest.Sum(nil)) == old.Digest:
		im.verified++
		im.gathered = im.gathered[:0]
		im.res.Resumed = im.records
	default:
		// The input is not what it was. What is gathered begins where it still was.
		return im.drop()
	}
	return nil
}

// drop forgets the stages that the input does not bear out.
func (im *importer) drop() error {
	gone := im.stages[im.verified:]
	im.stages = slices.Clip(im.stages[:im.verified])
	if len(gone) == 0 {
		return nil
	}
	err := im.db.write(context.Background(), func() error {
		owner, err := im.db.worker.owner(&im.db.disk)
		if err != nil {
			return err
		}
		return im.note(owner)
	})
	if err != nil {
		return err
	}
	return im.db.removeRuns(gone)
}

// write ends a stage by writing down what was gathered.
func (im *importer) write(ctx context.Context) error {
	if len(im.stages) >= maxStages {
		return fmt.Errorf("more than %d times %d entries at once", maxStages, im.db.options.ImportRows)
	}
	im.retractGathered()
	s := stage{Records: im.records, Digest: hex.EncodeToString(im.digest.Sum(nil)), Entries: len(im.gathered)}
	for _, k := range Kinds() {
		b, err := im.db.writeRun(ctx, k, im.gathered)
		if err != nil {
			return errors.Join(err, im.db.removeRuns([]stage{s}))
		}
		if b.ref.Rows > 0 {
			s.Runs = append(s.Runs, run{b.file, b.ref})
		}
	}
	im.stages = append(im.stages, s)
	im.verified++
	im.gathered = im.gathered[:0]
	if im.req.File == "" {
		return nil
	}
	return im.db.write(ctx, func() error {
		owner, err := im.db.worker.owner(&im.db.disk)
		if err != nil {
			return err
		}
		if i := im.db.manifest.find(im.req.Source, im.req.File); i >= 0 && !im.known {
			return ErrBusy // Somebody else began it after this one did, and was faster.
		}
		im.known = true // Also when this fails, for it may have got into the manifest.
		return im.note(owner)
	})
}

// retractGathered makes tombstones of what was gathered and then retracted by id.
func (im *importer) retractGathered() {
	if len(im.retracted) == 0 {
		return
	}
	for i := range im.gathered {
		r := &im.gathered[i]
		if r.Ref == "" {
			continue
		}
		if m, ok := im.retracted[r.Ref]; ok && m.stage == im.stage() && i < m.entries {
			r.Dead, r.Attrs = true, nil
		}
	}
}
