package hashdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"time"
)

// beginImport takes up what an interrupted import of the same file left.
func (db *DB) beginImport(ctx context.Context, req ImportRequest) (*importer, error) {
	im := &importer{db: db, req: req, digest: sha256.New(), retracted: map[string]moment{}}
	if req.File == "" {
		return im, nil
	}
	owner, err := db.worker.owner(&db.disk)
	if err != nil {
		return nil, err
	}
	err = db.write(ctx, func() error {
		if db.importing[im.name()] {
			return ErrBusy
		}
		if err := im.takeOver(owner); err != nil {
			return err
		}
		db.importing[im.name()] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return im, nil
}

func (im *importer) name() [2]string { return [2]string{im.req.Source, im.req.File} }

// end lets the same import begin again.
func (im *importer) end() {
	im.db.mu.Lock()
	defer im.db.mu.Unlock()
	delete(im.db.importing, im.name())
}

// takeOver takes up what an interrupted import left, if nobody else is at it. The
// caller holds the writer's lock.
func (im *importer) takeOver(owner string) error {
	i := im.db.manifest.find(im.req.Source, im.req.File)
	if i < 0 {
		return nil
	}
	old := im.db.manifest.Pending[i]
	if old.Owner != "" && old.Owner != owner {
		lives, err := im.db.disk.lives(old.Owner)
		if err != nil {
			return err
		}
		if lives {
			return ErrBusy
		}
	}
	im.known = true
	for _, s := range old.Stages {
		if !im.db.there(s) {
			break
		}
		im.stages = append(im.stages, s)
	}
	return im.note(owner)
}

// there reports whether the files of a stage are there.
func (db *DB) there(s stage) bool {
	for _, r := range s.Runs {
		if info, err := os.Stat(db.disk.Path(r.File)); err != nil || info.Size() != r.Bytes {
			return false
		}
	}
	return true
}

// note writes down what stages there are. The caller holds the writer's lock.
func (im *importer) note(owner string) error {
	m := im.db.manifest.clone()
	if err := m.setPending(im.req.Source, im.req.File, &pending{im.req.Source, im.req.File, owner, slices.Clone(im.stages)}); err != nil {
		return err
	}
	return im.db.replace(m)
}

// giveUp forgets the import, or, when it was merely interrupted, leaves it to be gone on
// with.
func (im *importer) giveUp(ctx context.Context) error {
	keep := ctx.Err() != nil && im.req.File != "" && len(im.stages) > 0
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var err error
	if im.known || keep {
		err = im.db.write(short, func() error {
			if i := im.db.manifest.find(im.req.Source, im.req.File); i >= 0 && !im.known {
				keep = false // It is somebody else's.
				return nil
			}
			if keep {
				return im.note("")
			}
			m := im.db.manifest.clone()
			if err := m.setPending(im.req.Source, im.req.File, nil); err != nil {
				return err
			}
			return im.db.replace(m)
		})
	}
	if keep {
		return err
	}
	return errors.Join(err, im.db.removeRuns(im.stages))
}

// removeRuns removes the files of stages that are not needed any more.
func (db *DB) removeRuns(stages []stage) error {
	var errs []error
	for _, s := range stages {
		for _, r := range s.Runs {
			if err := db.disk.Remove(r.File); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
