package review

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

// ImageReasons are why a person may want to see an image in the clear.
var ImageReasons = []string{"compare-with-entry", "tell-age", "tell-what-happens", "second-opinion", "find-victim"}

// An ImageView is that a person saw an image of a case in the clear.
type ImageView struct {
	Frame  string // SHA-256 of the picture as it was preserved, in hex
	Colour bool   // or in grey
	Reason string // of ImageReasons
	Viewer string
	At     time.Time
}

// Errors of views of images.
var (
	ErrImages      = errors.New("that is enough images for now")
	ErrImageReason = errors.New("say why you want to see the image: choose one of the reasons")
)

// Images returns a case as it stands, for a person who may see its images blurred. It is
// no view: they have the case in hand and so have opened it.
func (s *Store) Images(ctx context.Context, id string, who Person) (c Case, err error) {
	err = s.act(ctx, id, who, Glimpse, func(tx *sql.Tx, f facts) error {
		c, err = loadRecord(ctx, tx, f.current)
		return err
	})
	return c, err
}

// SeeImage notes that a person sees an image of a case in the clear, and for the audit log
// too, before it is shown; or returns which rule stands against it. Viewer and At are the
// store's to say.
func (s *Store) SeeImage(ctx context.Context, id string, who Person, v ImageView) error {
	if sum, err := hex.DecodeString(v.Frame); err != nil || len(sum) != 32 {
		return fmt.Errorf("see image: %q is no SHA-256", v.Frame)
	}
	if !slices.Contains(ImageReasons, v.Reason) {
		return ErrImageReason
	}
	return s.act(ctx, id, who, SeeImages, func(tx *sql.Tx, f facts) error {
		var sequence int
		if err := tx.QueryRowContext(ctx, `SELECT 1 + count(*) FROM image_views WHERE case_id = ?`, id).Scan(&sequence); err != nil {
			return err
		}
		view := signal.ID("image-view", id, strconv.Itoa(sequence))
		colour := 0
		if v.Colour {
			colour = 1
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO image_views (id, case_id, sequence, frame, colour, reason, viewer, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			view, id, sequence, v.Frame, colour, v.Reason, who.ID, f.now.UnixMicro())
		if err != nil {
			return err
		}
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindImage, ID: view, Digest: v.Frame, At: f.now, Refs: []string{id, "reviewer/" + who.ID, "reason/" + v.Reason},
		})
	})
}

// OpenWindow notes, for the audit log, that a person takes the pictures of a window that a
// case keeps out in the clear; it is to be called before they do. The window is named by the
// SHA-256 of its ciphertext.
func (s *Store) OpenWindow(ctx context.Context, k Keeper, who Person, reason string) error {
	if !slices.Contains(ImageReasons, reason) {
		return ErrImageReason
	}
	return s.act(ctx, k.CaseID, who, TakeOut, func(tx *sql.Tx, f facts) error {
		return enqueueEntry(ctx, tx, audit.Entry{
			Kind: audit.KindImage, ID: signal.ID("open-window", k.CaseID, k.SHA256, who.ID, strconv.FormatInt(f.now.UnixMicro(), 10)),
			Digest: k.SHA256, At: f.now, Refs: []string{k.CaseID, "reviewer/" + who.ID, "reason/" + reason},
		})
	})
}

// ImageViews returns who saw which images of a case, for who oversees the work.
func (s *Store) ImageViews(ctx context.Context, id string, who Person) (list []ImageView, err error) {
	if !who.May(Supervise) {
		return nil, fmt.Errorf("image views: %w %s", ErrDenied, Supervise)
	}
	rows, err := s.read.QueryContext(ctx, `SELECT frame, colour, reason, viewer, at FROM image_views WHERE case_id = ? ORDER BY sequence`, id)
	if err != nil {
		return nil, fmt.Errorf("image views: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v ImageView
		var colour int
		var at int64
		if err := rows.Scan(&v.Frame, &colour, &v.Reason, &v.Viewer, &at); err != nil {
			return nil, fmt.Errorf("image views: %w", err)
		}
		v.Colour, v.At = colour == 1, fromMicros(at)
		list = append(list, v)
	}
	return list, rows.Err()
}

// imagesSeen returns when a person saw images in the last day, ascending.
func imagesSeen(ctx context.Context, q querier, who string, now time.Time) (seen []time.Time, err error) {
	rows, err := q.QueryContext(ctx, `SELECT at FROM image_views WHERE viewer = ? AND at > ? ORDER BY at`, who, now.Add(-24*time.Hour).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("images seen: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("images seen: %w", err)
		}
		seen = append(seen, fromMicros(at))
	}
	return seen, rows.Err()
}

// SeenWhole returns the images of a case that somebody saw in the clear and in colour, by the
// SHA-256 of the preserved picture: of each the id of the first such entry in the audit log.
// Like Decided, it is for a machine.
func (s *Store) SeenWhole(ctx context.Context, id string) (seen map[string]string, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT frame, id FROM image_views WHERE case_id = ? AND colour = 1 ORDER BY sequence DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("seen images: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	seen = map[string]string{}
	for rows.Next() {
		var frame, entry string
		if err := rows.Scan(&frame, &entry); err != nil {
			return nil, fmt.Errorf("seen images: %w", err)
		}
		seen[frame] = entry
	}
	return seen, rows.Err()
}
