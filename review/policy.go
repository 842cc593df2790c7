package review

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// A Policy is what an organisation has written down about how it decides.
type Policy struct {
	// Persons is how many it takes to name a person to a centre: 2, or 1 for development
	// and demonstrations; the alert then says so.
	Persons int
	// Undo is for how long a word can be taken back, and for how long what it orders
	// stays here. 0 means that it cannot.
	Undo time.Duration
	// SecondLook is the share, in percent, of first dismissals that a second person looks at
	// before they count, chosen by the case and not by anybody. Since they wait beside the
	// confirmations, whoever is asked second cannot tell what the first one said.
	SecondLook int
	// Again is the share of closed cases, in percent, that come back blind for another
	// person's opinion, and Golden that upon which a golden case comes.
	Again, Golden int
	// Claim is how long a case stays in one person's hands without a sign of life.
	Claim time.Duration
	// Appeal is how long an account should wait at most for an answer to its objection.
	Appeal time.Duration
	// AtOnce holds or blurs streams that match, until a person has looked; none by default.
	AtOnce []AtOnce
}

// lookedAtTwice says whether a dismissal of a case, as its record of a digest shows it,
// is for a second person: the same answer whoever asks, however often.
func (p Policy) lookedAtTwice(digest string) bool {
	n, err := strconv.ParseUint(digest[:8], 16, 64)
	return p.Persons == 2 && err == nil && int(n%100) < p.SecondLook
}

// DefaultAppeal is the time for an answer to an appeal. [A] assumed: the law says without
// undue delay (DSA, article 20).
const DefaultAppeal = 72 * time.Hour

// DefaultPolicy takes two persons, who have a minute to think again.
func DefaultPolicy() Policy {
	return Policy{Persons: 2, Undo: time.Minute, Claim: 15 * time.Minute, Appeal: DefaultAppeal}
}

// OnePerson is for development and demonstrations: one person, or a program in a person's
// place, decides for good at once, and the alert says so.
func OnePerson() Policy {
	return Policy{Persons: 1, Claim: 15 * time.Minute, Appeal: DefaultAppeal}
}

// Validate returns all that is wrong with a policy.
func (p Policy) Validate() error {
	var errs []error
	if p.Persons != 1 && p.Persons != 2 {
		errs = append(errs, fmt.Errorf("persons: %d is neither 1 nor 2", p.Persons))
	}
	if p.SecondLook < 0 || p.SecondLook > 100 {
		errs = append(errs, fmt.Errorf("second_look: %d is not from 0 to 100 percent", p.SecondLook))
	}
	for name, share := range map[string]int{"again": p.Again, "golden": p.Golden} {
		if share < 0 || share > 100 {
			errs = append(errs, fmt.Errorf("%s: %d is not from 0 to 100 percent", name, share))
		}
	}
	if p.Undo < 0 || p.Undo > time.Hour {
		errs = append(errs, fmt.Errorf("undo: %s is not from 0 to 1h", p.Undo))
	}
	if p.Claim < time.Minute || p.Claim > 8*time.Hour {
		errs = append(errs, fmt.Errorf("claim: %s is not from 1m to 8h", p.Claim))
	}
	if p.Appeal < time.Hour || p.Appeal > 30*24*time.Hour {
		errs = append(errs, fmt.Errorf("appeal: %s is not from 1h to 720h", p.Appeal))
	}
	for i, a := range p.AtOnce {
		if err := a.Check(); err != nil {
			errs = append(errs, fmt.Errorf("at_once[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}
