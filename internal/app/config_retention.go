package app

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/review"
)

// RetentionConfig is for how many days things are kept. A legal hold keeps them longer.
type RetentionConfig struct {
	// Reported is for what a centre was told of, counted from the report: 365 at least.
	Reported int `yaml:"reported_days"`
	// Centres is the same by centre, where the law under which it is told wants longer.
	Centres map[string]int `yaml:"centres"`
	// Dismissed is for the windows of what was dismissed or withdrawn, Records for what the
	// case store says of it.
	Dismissed int `yaml:"dismissed_days"`
	Records   int `yaml:"record_days"`
	// Unclaimed is for windows that no case asked for.
	Unclaimed int `yaml:"unclaimed_days"`
}

const aDay = 24 * time.Hour

func (r *RetentionConfig) fill() {
	d := review.DefaultRetention()
	for days, of := range map[*int]time.Duration{&r.Reported: d.Reported, &r.Dismissed: d.Dismissed, &r.Records: d.Records, &r.Unclaimed: d.Dismissed} {
		if *days == 0 {
			*days = int(of / aDay)
		}
	}
}

func (r RetentionConfig) validate() error {
	var errs []error
	if err := r.retention(nil).Validate(); err != nil {
		errs = append(errs, err)
	}
	for id, days := range r.Centres {
		if days < r.Reported {
			errs = append(errs, fmt.Errorf("centres.%s: %d days are less than reported_days, %d", id, days, r.Reported))
		}
	}
	if r.Unclaimed < 1 || r.Unclaimed > r.Reported {
		errs = append(errs, fmt.Errorf("unclaimed_days: %d is not from 1 to reported_days, %d", r.Unclaimed, r.Reported))
	}
	return errors.Join(errs...)
}

func (r RetentionConfig) retention(law func(review.Decision) time.Duration) review.Retention {
	days := func(n int) time.Duration { return time.Duration(n) * aDay }
	return review.Retention{Reported: days(r.Reported), Dismissed: days(r.Dismissed), Records: days(r.Records), Law: law}
}

// retention is the configured one, with the laws under which a directory's centres are told.
func (c *Config) retention(centres route.Directory) (review.Retention, error) {
	r := c.Review.Retention
	for id := range r.Centres {
		if !slices.ContainsFunc(centres.Centres, func(c route.Centre) bool { return c.ID == id }) {
			return review.Retention{}, fmt.Errorf("review.retention.centres: no centre is called %q", id)
		}
	}
	return r.retention(func(d review.Decision) (longest time.Duration) {
		for _, told := range centres.Route(d).Told {
			longest = max(longest, time.Duration(r.Centres[told.Centre.ID])*aDay)
		}
		return longest
	}), nil
}
