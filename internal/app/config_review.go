package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
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
	// Again is the share of closed cases, in percent, that come back blind for another
	// person's opinion, and Golden that upon which a golden case comes, where some are
	// loaded; 0 is none.
	Again  *int `yaml:"again"`
	Golden *int `yaml:"golden"`
	// Claim is how long a case stays in one person's hands without a sign of life.
	Claim time.Duration `yaml:"claim"`
	// Listen is host:port of the console; "none" for none. Without OpenID the console is in
	// development mode and so on loopback only.
	Listen string `yaml:"listen"`
	// EvidenceIdentity is a file of age identities with which the console opens preserved
	// windows; without it no image is shown.
	EvidenceIdentity string `yaml:"evidence_identity"`
	// OpenID is the provider with which people sign in.
	OpenID *OpenIDConfig `yaml:"openid"`
	// SessionIdle and SessionLongest are after how long without a request, and in any case,
	// somebody has to sign in again; StepUp is for how long a fresh authentication holds.
	SessionIdle    time.Duration `yaml:"session_idle"`
	SessionLongest time.Duration `yaml:"session_longest"`
	StepUp         time.Duration `yaml:"step_up"`
	// Store is the postgres:// URL of the database that cases are kept in, without a
	// password; empty means a file under Data.
	Store string `yaml:"store"`
	// StorePassword says where the password is; without it libpq's variables and password
	// file are looked at.
	StorePassword exchange.Credential `yaml:"store_password"`
	// Retention is for how long evidence is kept.
	Retention RetentionConfig `yaml:"retention"`
	// Appeal is how long an account should wait at most for an answer to its objection.
	Appeal time.Duration `yaml:"appeal"`
	// AtOnce holds or blurs streams that match closely until a person has looked: none
	// unless it is written here.
	AtOnce []AtOnceConfig `yaml:"at_once"`
}

// AtOnceConfig is one such policy.
type AtOnceConfig struct {
	Lists    []string      `yaml:"lists"`    // whose matches count
	Distance int           `yaml:"distance"` // in bits, at most
	Action   action.Kind   `yaml:"action"`   // hold or blur
	For      time.Duration `yaml:"for"`      // after which it ends by itself
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
	for _, share := range []**int{&r.Again, &r.Golden} {
		if *share == nil {
			few := 5
			*share = &few
		}
	}
	if r.Claim == 0 {
		r.Claim = d.Claim
	}
	if r.Appeal == 0 {
		r.Appeal = d.Appeal
	}
	if r.Listen == "" {
		r.Listen = "127.0.0.1:9620"
	}
	if r.OpenID != nil {
		r.OpenID.fill()
	}
	life := signin.DefaultLifetimes()
	r.SessionIdle = cmp.Or(r.SessionIdle, life.Idle)
	r.SessionLongest = cmp.Or(r.SessionLongest, life.Longest)
	r.StepUp = cmp.Or(r.StepUp, life.StepUp)
	r.Retention.fill()
}

func (r ReviewConfig) policy() review.Policy {
	p := review.Policy{
		Persons: r.Persons, Undo: *r.Undo, Claim: r.Claim, SecondLook: *r.SecondLook, Appeal: r.Appeal, Again: *r.Again, Golden: *r.Golden,
	}
	for _, a := range r.AtOnce {
		p.AtOnce = append(p.AtOnce, review.AtOnce(a))
	}
	return p
}

func (r ReviewConfig) life() signin.Lifetimes {
	return signin.Lifetimes{Idle: r.SessionIdle, Longest: r.SessionLongest, StepUp: r.StepUp}
}

// onePerson is for the demo and for tests: one decides, for good and at once.
func (r *ReviewConfig) onePerson() {
	var none time.Duration
	no := 0
	r.Persons, r.Undo, r.Again, r.Golden = 1, &none, &no, &no
}

// storePlace is where cases are kept, for review.Open: it may hold a password.
func (c *Config) storePlace() (string, error) {
	r := c.Review
	if r.Store == "" {
		return c.storeFile(), nil
	}
	if r.StorePassword == (exchange.Credential{}) {
		return r.Store, nil
	}
	secret, err := r.StorePassword.Load()
	if err != nil {
		return "", fmt.Errorf("review.store_password: %w", err)
	}
	u, err := url.Parse(r.Store)
	if err != nil {
		return "", errStoreURL
	}
	u.User = url.UserPassword(u.User.Username(), secret.Reveal())
	return u.String(), nil
}

// openStore opens the case store under the organisation's policy.
func (c *Config) openStore(ctx context.Context) (*review.Store, error) {
	where, err := c.storePlace()
	if err != nil {
		return nil, err
	}
	return review.Open(ctx, where, time.Now, c.Review.policy())
}

// Errors about the store's URL do not repeat it: it may hold a password.
var (
	errStoreURL    = errors.New("review.store: not a URL of the form postgres://user@host/database")
	errStoreSecret = errors.New("review.store: holds a password, which belongs into a file or the environment: review.store_password")
)

func (r ReviewConfig) validateStore() error {
	if r.Store == "" {
		if r.StorePassword != (exchange.Credential{}) {
			return errors.New("review.store_password: there is no review.store to use it for")
		}
		return nil
	}
	u, err := url.Parse(r.Store)
	if err != nil || !review.IsPostgres(r.Store) {
		return errStoreURL
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return errStoreSecret
	}
	if p := r.StorePassword; p != (exchange.Credential{}) && (p.File == "") == (p.Env == "") {
		return errors.New("review.store_password: give either file or env")
	} else if p != (exchange.Credential{}) && u.User.Username() == "" {
		return errors.New("review.store: names no user, whose password review.store_password is")
	}
	return nil
}

func (r ReviewConfig) validate() error {
	var faults []error
	if err := r.policy().Validate(); err != nil {
		faults = append(faults, fmt.Errorf("review: %w", err))
	}
	if err := r.life().Validate(); err != nil {
		faults = append(faults, fmt.Errorf("review.session_idle, session_longest, step_up: %w", err))
	}
	if err := r.Retention.validate(); err != nil {
		faults = append(faults, fmt.Errorf("review.retention: %w", err))
	}
	switch {
	case r.Listen == "none":
	case r.OpenID != nil:
		if _, _, err := net.SplitHostPort(r.Listen); err != nil {
			faults = append(faults, fmt.Errorf("review.listen: %q is not host:port, nor none", r.Listen))
		}
	default:
		if err := signin.CheckLoopback(r.Listen); err != nil {
			faults = append(faults, fmt.Errorf("review.listen: %q: %w; review.openid lets people sign in", r.Listen, err))
		}
	}
	if r.OpenID != nil {
		faults = append(faults, r.OpenID.validate("review.openid.", texts(review.Roles))...)
	}
	return errors.Join(append(faults, r.validateStore())...)
}
