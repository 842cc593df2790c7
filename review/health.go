package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Limits keep the work bearable: how many cases a person opens in a day, how many images
// they see in the clear, and after how much of it they pause. 0 leaves it open.
type Limits struct {
	CasesADay    int
	PauseAfter   time.Duration
	PauseFor     time.Duration
	ImagesAnHour int
	ImagesADay   int
}

// DefaultLimits are what holds until an organisation sets its own. [A] assumed: there is
// no number that is right for everybody, which is why a person may choose a stricter one.
func DefaultLimits() Limits {
	return Limits{CasesADay: 120, PauseAfter: 50 * time.Minute, PauseFor: 10 * time.Minute, ImagesAnHour: 20, ImagesADay: 60}
}

// Stricter is what holds where both hold.
func (l Limits) Stricter(own Limits) Limits {
	least := func(a, b int64) int64 {
		if a == 0 || b != 0 && b < a {
			return b
		}
		return a
	}
	return Limits{
		CasesADay:  int(least(int64(l.CasesADay), int64(own.CasesADay))),
		PauseAfter: time.Duration(least(int64(l.PauseAfter), int64(own.PauseAfter))),
		PauseFor:   max(l.PauseFor, own.PauseFor),

		ImagesAnHour: int(least(int64(l.ImagesAnHour), int64(own.ImagesAnHour))),
		ImagesADay:   int(least(int64(l.ImagesADay), int64(own.ImagesADay))),
	}
}

// Validate returns what is wrong with limits.
func (l Limits) Validate() error {
	if l.ImagesAnHour < 0 || l.ImagesAnHour > 10_000 || l.ImagesADay < 0 || l.ImagesADay > 10_000 {
		return errors.New("limits: images are from 0 to 10000 an hour and a day")
	}
	if l.CasesADay < 0 || l.CasesADay > 10_000 || l.PauseAfter < 0 || l.PauseAfter > 24*time.Hour || l.PauseFor < 0 || l.PauseFor > 4*time.Hour {
		return errors.New("limits: cases are from 0 to 10000 a day, work until a pause from 0 to 24h, a pause from 0 to 4h")
	}
	return nil
}

// An Exposure is what a person has seen today, and whether they should pause.
type Exposure struct {
	Cases   int // different ones opened since midnight UTC
	Limits  Limits
	Rest    time.Time // until when they pause; zero where they need not
	Reached bool      // the day's number is reached

	Images, ImagesHour int  // seen in the clear since midnight UTC, and within the last hour
	NoImages           bool // a number of images is reached
}

// seeing adds the images that were seen at some times of the last day.
func (e *Exposure) seeing(now time.Time, images []time.Time) {
	for _, at := range images {
		if !at.Before(now.Truncate(24 * time.Hour)) {
			e.Images++
		}
		if now.Sub(at) < time.Hour {
			e.ImagesHour++
		}
	}
	over := func(seen, limit int) bool { return limit > 0 && seen >= limit }
	e.NoImages = over(e.Images, e.Limits.ImagesADay) || over(e.ImagesHour, e.Limits.ImagesAnHour)
}

// exposureOf is what views at some times, ascending, of the last day, make of a person.
// Work goes on until there was a gap as long as a pause.
func exposureOf(now time.Time, cases int, seen []time.Time, l Limits) Exposure {
	e := Exposure{Cases: cases, Limits: l, Reached: l.CasesADay > 0 && cases >= l.CasesADay}
	if len(seen) == 0 || l.PauseAfter == 0 || l.PauseFor == 0 {
		return e
	}
	began := seen[0]
	for i := 1; i < len(seen); i++ {
		if seen[i].Sub(seen[i-1]) >= l.PauseFor {
			began = seen[i]
		}
	}
	last := seen[len(seen)-1]
	if rest := last.Add(l.PauseFor); last.Sub(began) >= l.PauseAfter && now.Before(rest) {
		e.Rest = rest
	}
	return e
}

// Exposure returns what a person has seen today.
func (s *Store) Exposure(ctx context.Context, who string) (Exposure, error) {
	return loadExposure(ctx, s.read, who, s.now())
}

func loadExposure(ctx context.Context, q querier, who string, now time.Time) (e Exposure, err error) {
	l, own, err := loadLimits(ctx, q, who)
	if err != nil {
		return e, err
	}
	midnight := now.Truncate(24 * time.Hour).UnixMicro()
	rows, err := q.QueryContext(ctx, `
		SELECT at, case_id FROM views WHERE viewer = ? AND at > ? ORDER BY at`, who, now.Add(-24*time.Hour).UnixMicro())
	if err != nil {
		return e, fmt.Errorf("exposure: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var seen []time.Time
	today := map[string]bool{}
	for rows.Next() {
		var at int64
		var id string
		if err := rows.Scan(&at, &id); err != nil {
			return e, fmt.Errorf("exposure: %w", err)
		}
		seen = append(seen, fromMicros(at))
		if at >= midnight {
			today[id] = true
		}
	}
	if err := rows.Err(); err != nil {
		return e, fmt.Errorf("exposure: %w", err)
	}
	images, err := imagesSeen(ctx, q, who, now)
	if err != nil {
		return e, err
	}
	// Looking at an image is work as opening a case is.
	seen = append(seen, images...)
	slices.SortFunc(seen, time.Time.Compare)
	e = exposureOf(now, len(today), seen, l.Stricter(own))
	e.seeing(now, images)
	return e, nil
}

// loadLimits returns the organisation's limits and a person's own.
func loadLimits(ctx context.Context, q querier, who string) (org, own Limits, err error) {
	org = DefaultLimits()
	rows, err := q.QueryContext(ctx, `SELECT person, cases_a_day, pause_after, pause_for, images_an_hour, images_a_day FROM limits WHERE person IN ('', ?)`, who)
	if err != nil {
		return org, own, fmt.Errorf("limits: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var person string
		var l Limits
		if err := rows.Scan(&person, &l.CasesADay, &l.PauseAfter, &l.PauseFor, &l.ImagesAnHour, &l.ImagesADay); err != nil {
			return org, own, fmt.Errorf("limits: %w", err)
		}
		l.PauseAfter, l.PauseFor = l.PauseAfter*time.Minute, l.PauseFor*time.Minute
		if person == "" {
			org = l
		} else {
			own = l
		}
	}
	return org, own, rows.Err()
}

// Limits returns the organisation's limits and a person's own.
func (s *Store) Limits(ctx context.Context, who string) (org, own Limits, err error) {
	return loadLimits(ctx, s.read, who)
}

// SetLimits sets a person's own limits, which count where they are stricter than the
// organisation's, or, by an administrator, the organisation's.
func (s *Store) SetLimits(ctx context.Context, by Person, organisation bool, l Limits) error {
	if err := errors.Join(by.check(), l.Validate()); err != nil {
		return err
	}
	whose, action := by.ID, List
	if organisation {
		whose, action = "", Administer
	}
	if err := allow(action, facts{who: by}); err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO limits (person, cases_a_day, pause_after, pause_for, images_an_hour, images_a_day, set_by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (person) DO UPDATE SET cases_a_day = excluded.cases_a_day, pause_after = excluded.pause_after,
				pause_for = excluded.pause_for, images_an_hour = excluded.images_an_hour, images_a_day = excluded.images_a_day, set_by = excluded.set_by, at = excluded.at`,
			whose, l.CasesADay, int(l.PauseAfter.Minutes()), int(l.PauseFor.Minutes()), l.ImagesAnHour, l.ImagesADay, by.ID, s.now().UnixMicro())
		if err != nil {
			return fmt.Errorf("set limits: %w", err)
		}
		return nil
	})
}
