package app

import (
	"context"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console"
)

// ReviewConfig is what the organisation has written down about how it decides.
type ReviewConfig struct {
	// Persons is how many it takes to name a person to a centre: 2, or 1 for development
	// and demonstrations, which the alert then says.
	Persons int `yaml:"persons"`
	// Undo is for how long a word can be taken back; nothing leaves before it is over.
	Undo *time.Duration `yaml:"undo"`
	// SecondLook is the share of first dismissals, in percent, that a second person looks
	// at; 0 is none.
	SecondLook *int `yaml:"second_look"`
	// Claim is how long a case stays in one person's hands without a sign of life.
	Claim time.Duration `yaml:"claim"`
	// Listen is host:port of the console, which is in development mode and so on loopback
	// only; "none" for none.
	Listen string `yaml:"listen"`
}

func (r *ReviewConfig) fill() {
	d := review.DefaultPolicy()
	if r.Persons == 0 {
		r.Persons = d.Persons
	}
	if r.Undo == nil {
		r.Undo = &d.Undo
	}
	if r.SecondLook == nil {
		share := 10
		r.SecondLook = &share
	}
	if r.Claim == 0 {
		r.Claim = d.Claim
	}
	if r.Listen == "" {
		r.Listen = "127.0.0.1:9620"
	}
}

func (r ReviewConfig) policy() review.Policy {
	return review.Policy{Persons: r.Persons, Undo: *r.Undo, Claim: r.Claim, SecondLook: *r.SecondLook}
}

// onePerson is for the demo and for tests: one decides, for good and at once.
func (r *ReviewConfig) onePerson() {
	var none time.Duration
	r.Persons, r.Undo = 1, &none
}

// openStore opens the case store under the organisation's policy.
func (c *Config) openStore(ctx context.Context) (*review.Store, error) {
	return review.Open(ctx, c.storeFile(), time.Now, c.Review.policy())
}

func (r ReviewConfig) validate() error {
	if err := r.policy().Validate(); err != nil {
		return fmt.Errorf("review: %w", err)
	}
	if r.Listen != "none" {
		if err := console.CheckLoopback(r.Listen); err != nil {
			return fmt.Errorf("review.listen: %q: %w", r.Listen, err)
		}
	}
	return nil
}
