package all

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// Lists are the lists that are kept in step; a *hashdb.DB.
type Lists interface {
	Lists() []hashdb.ListInfo
	Entries(ctx context.Context, id hashdb.ListID) iter.Seq2[hashdb.Entry, error]
}

// Opener opens exchanges.
type Opener struct {
	Lists Lists
	Now   func() time.Time
	// UserAgent says who asks; default "vigil".
	UserAgent string
	// TempDir is where lists are kept while they are received; it should be as private
	// as they are. Empty is the system's own.
	TempDir string
	// Transport is used in place of net/http's own; for tests.
	Transport http.RoundTripper
}

// Open opens an exchange that hands out lists. It fits exchange.SyncerOptions.
func (o Opener) Open(c exchange.SourceConfig, report func(error)) (exchange.Source, error) {
	s := &secrets{of: c.Credentials}
	source, err := o.source(c, s, report)
	if err = errors.Join(s.err(), err); err != nil {
		return nil, fmt.Errorf("open exchange %s: %w", c.Exchange, err)
	}
	return source, nil
}

// OpenMatcher opens an exchange that answers look-ups.
func (o Opener) OpenMatcher(c exchange.SourceConfig) (exchange.RemoteMatcher, error) {
	s := &secrets{of: c.Credentials}
	m, err := o.matcher(c, s)
	if err = errors.Join(s.err(), err); err != nil {
		return nil, fmt.Errorf("open exchange %s: %w", c.Exchange, err)
	}
	return m, nil
}

// OpenFeedback opens an exchange that takes verdicts back.
func (o Opener) OpenFeedback(c exchange.SourceConfig) (exchange.Feedbacker, error) {
	source, err := o.Open(c, func(error) {})
	if err != nil {
		return nil, err
	}
	f, ok := source.(exchange.Feedbacker)
	if !ok {
		return nil, fmt.Errorf("exchange %s: %w", c.Exchange, exchange.ErrTakesNone)
	}
	return f, nil
}

// Check reports every fault of the options and of the credentials' names at once,
// without reading a credential or asking anybody.
func (o Opener) Check(all exchange.SourceConfigs) error {
	var faults []error
	for i := range all {
		c := all[i]
		s := &secrets{of: c.Credentials, unread: true}
		var err error
		if c.Remote() {
			_, err = o.matcher(c, s)
		} else {
			_, err = o.source(c, s, func(error) {})
		}
		if err = errors.Join(s.err(), err); err != nil {
			faults = append(faults, fmt.Errorf("line %d: source %s: %w", c.Line, c.Source, err))
		}
	}
	return errors.Join(faults...)
}

// client says how to speak to the exchange's host.
func (o Opener) client(c exchange.SourceConfig) exchange.ClientOptions {
	return exchange.ClientOptions{URL: c.URL, Insecure: c.Insecure, UserAgent: o.UserAgent, Now: o.Now, Transport: o.Transport}
}

// known yields the entries that the store has of a source.
func (o Opener) known(source string) func(context.Context) iter.Seq2[hashdb.Entry, error] {
	return func(ctx context.Context) iter.Seq2[hashdb.Entry, error] {
		return func(yield func(hashdb.Entry, error) bool) {
			for _, l := range o.Lists.Lists() {
				if l.Source != source {
					continue
				}
				for e, err := range o.Lists.Entries(ctx, l.ID()) {
					if !yield(e, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// secrets reads credentials and gathers what is wrong with them.
type secrets struct {
	of     exchange.Credentials
	unread bool // Only their names count.
	names  []string
	faults []error
}

// need returns a secret that must be there.
func (s *secrets) need(name string) exchange.Secret {
	if _, ok := s.of[name]; !ok {
		s.names = append(s.names, name)
		s.faults = append(s.faults, fmt.Errorf("credentials have no %q", name))
		return exchange.Secret{}
	}
	return s.may(name)
}

// may returns a secret, and an empty one when there is none of that name.
func (s *secrets) may(name string) exchange.Secret {
	s.names = append(s.names, name)
	if _, ok := s.of[name]; !ok {
		return exchange.Secret{}
	}
	if s.unread {
		return exchange.NewSecret("unread")
	}
	secret, err := s.of.Load(name)
	if err != nil {
		s.faults = append(s.faults, err)
	}
	return secret
}

func (s *secrets) err() error {
	for _, name := range slices.Sorted(maps.Keys(s.of)) {
		if !slices.Contains(s.names, name) {
			s.faults = append(s.faults, fmt.Errorf("credentials: %q is not one of %q", name, s.names))
		}
	}
	return errors.Join(s.faults...)
}
