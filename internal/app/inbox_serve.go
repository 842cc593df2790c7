package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/report/inbox/pages"
	"github.com/vigil-stream/vigil/report/route"
)

// ServeInboxOptions say where an inbox's records come from, and where outcomes go.
type ServeInboxOptions struct {
	Desk DeskOptions
	// Brokers and Prefix are of the queue; From is a file or folder in their place.
	Brokers []string
	Prefix  string
	From    string
	// Receipts is the folder for answers to a file drop in From; empty: it gets none.
	Receipts string
	// Outcomes is the folder that outcomes go into; empty: the topic receipts, or, where
	// there are no brokers, the folder outcomes in the inbox's.
	Outcomes string
	Known    string // file of blinded identifiers, followed while it changes; may be empty
	// Listen is host:port of the pages, on loopback where nobody signs people in.
	Listen string
	// OpenID is the file that says how people sign in; empty for development mode.
	OpenID string
	Zone   string // IANA name, in which times stand beside UTC
}

// pollEvery is how often files are looked at, and what waits to leave.
const pollEvery = 2 * time.Second

// ServeInbox runs a centre's inbox until ctx ends: it reads, serves the pages, and lets
// outcomes out. It needs no other part of Vigil.
func ServeInbox(ctx context.Context, o ServeInboxOptions) (err error) {
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return fmt.Errorf("%w: --zone: %w", ErrUsage, err)
	}
	if (len(o.Brokers) == 0) == (o.From == "") {
		return fmt.Errorf("%w: give either --brokers or --from", ErrUsage)
	}
	if o.Receipts != "" && o.From == "" {
		return fmt.Errorf("%w: --receipts answers a file drop: give its folder with --from", ErrUsage)
	}
	signIn, err := o.signIn()
	if err != nil {
		return err
	}
	log, err := newLogger("console", "info")
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	store, err := o.Desk.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &inboxServer{ServeInboxOptions: o, store: store, log: log, said: make(chan struct{}, 1), how: map[string]pages.Source{}}
	if s.Outcomes == "" && o.From != "" {
		s.Outcomes = filepath.Join(o.Desk.data(), "outcomes")
	}
	p := pages.Options{
		Store: store, Name: centreName(o.Desk.Centre), Zone: zone, Sources: s.sources, Now: time.Now,
		Said: func() {
			select {
			case s.said <- struct{}{}:
			default:
			}
		},
		Fault: func(err error) { log.Error("inbox", zap.Error(err)) },
	}
	if signIn != nil {
		if p.OpenID, err = signIn.provider(); err != nil {
			return fmt.Errorf("%w: --openid: %w", ErrUsage, err)
		}
		p.Address, p.Life = signIn.Address, signIn.life()
	} else if p.Code, err = s.code(); err != nil {
		return err
	}
	handler, err := pages.New(p)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if p.OpenID != nil {
		g.Go(func() error { return askProvider(ctx, p.OpenID, "inbox", log) })
	}
	g.Go(func() error { return serveHTTP(ctx, o.Listen, "the inbox's pages", handler, log) })
	if o.Known != "" {
		g.Go(func() error { return s.followKnown(ctx) })
	}
	if o.From != "" {
		g.Go(func() error { return s.followFiles(ctx) })
		g.Go(func() error { return s.letOut(ctx, nil) })
	} else {
		g.Go(func() error { return s.followQueue(ctx, g) })
	}
	return g.Wait()
}

// An inboxServer is an inbox that runs.
type inboxServer struct {
	ServeInboxOptions
	store *inbox.Store
	log   *zap.Logger
	said  chan struct{}

	mu  sync.Mutex
	how map[string]pages.Source // how it stands, by name
}

// tell notes how it stands with a source, for the pages, and logs what is wrong.
func (s *inboxServer) tell(name, says string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := pages.Source{Name: name, OK: err == nil, Says: says}
	if err != nil {
		one.Says = says + ": " + err.Error()
	}
	if err != nil && s.how[name] != one {
		s.log.Error("inbox: "+name, zap.Error(err))
	}
	s.how[name] = one
}

func (s *inboxServer) sources() (all []pages.Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{"queue", "files", "receipts", "known", "out"} {
		if one, ok := s.how[name]; ok {
			all = append(all, one)
		}
	}
	return all
}

// followQueue reads the centre's queue. A broker that is away is waited for, with the pages
// there all the while.
func (s *inboxServer) followQueue(ctx context.Context, g *errgroup.Group) (err error) {
	topic := report.Centre{ID: s.Desk.Centre}.Topic()
	var client *stream.Client
	for client == nil {
		s.tell("queue", "Asking for "+strings.Join(s.Brokers, ", ")+".", nil)
		client, err = stream.Connect(ctx, stream.Config{Brokers: s.Brokers, Prefix: s.Prefix, ClientID: "vigil-inbox", Logger: s.log})
		if ctx.Err() != nil {
			return errors.Join(closeClient(client))
		}
		if err != nil {
			s.tell("queue", "No broker answers; it is tried again", err)
		}
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	done := make(chan struct{})
	g.Go(func() error { defer close(done); return s.letOut(ctx, client) })
	defer func() { <-done }() // it uses the client
	s.tell("queue", fmt.Sprintf("Following %s%s at %s.", s.Prefix, topic, strings.Join(s.Brokers, ", ")), nil)
	from := func(partition int) int64 {
		next, e := s.store.Next(ctx, topic, partition)
		err = errors.Join(err, e)
		return next
	}
	return errors.Join(client.FollowFrom(ctx, topic, from, func(m stream.Message) error {
		next := &inbox.Offset{Topic: topic, Partition: m.Partition, Next: m.Offset + 1}
		r := inbox.Record{Data: m.Data, Source: fmt.Sprintf("%s/%d", topic, m.Partition), Place: m.Offset, Type: m.Type}
		if err := s.store.Take(ctx, r, next); err != nil {
			s.tell("queue", "The inbox cannot be written", err)
			return err
		}
		s.tell("queue", fmt.Sprintf("Following %s%s at %s, read up to record %d.", s.Prefix, topic, strings.Join(s.Brokers, ", "), m.Offset), nil)
		return nil
	}), err)
}

func closeClient(c *stream.Client) error {
	if c == nil {
		return nil
	}
	return c.Close()
}

// followFiles reads a file or a folder again and again. One that is away is waited for.
func (s *inboxServer) followFiles(ctx context.Context) error {
	files, err := inbox.NewFiles(s.From, time.Now)
	if err != nil {
		return err
	}
	total, answered := 0, 0
	return every(ctx, pollEvery, nil, func() error {
		n, err := files.Poll(func(r inbox.Record) error { return s.store.Take(ctx, r, nil) })
		total += n
		if err != nil && ctx.Err() == nil {
			s.tell("files", "Cannot be read or kept, and is tried again", err)
			return nil
		}
		s.tell("files", fmt.Sprintf("Following %s, %d files read since the start.", s.From, total), nil)
		if s.Receipts != "" {
			n, err := s.store.Receipts(ctx, s.From, s.Receipts)
			answered += n
			s.tell("receipts", fmt.Sprintf("Receipts go to %s, %d since the start.", s.Receipts, answered), err)
		}
		return nil
	})
}

// followKnown takes the set of what the centre has, whenever its file changes.
func (s *inboxServer) followKnown(ctx context.Context) error {
	var last time.Time
	return every(ctx, pollEvery, nil, func() error {
		info, err := os.Stat(s.Known)
		if err == nil && info.ModTime().Equal(last) {
			return nil
		}
		if err == nil {
			err = s.takeKnown(ctx)
		}
		if err != nil {
			s.tell("known", "What you have already was not taken", err)
			return nil
		}
		last = info.ModTime()
		return nil
	})
}

func (s *inboxServer) takeKnown(ctx context.Context) error {
	set, err := blindedFile(s.Known)
	if err == nil {
		err = s.store.SetKnown(ctx, set)
	}
	if err == nil {
		s.tell("known", fmt.Sprintf("%d blinded identifiers of yours, from %s.", len(set.All), s.Known), nil)
		err = s.store.Log(ctx, "inbox", inbox.DidKnown, "", fmt.Sprintf("%d of key %s", len(set.All), set.Key))
	}
	return err
}

// every calls fn at once, then whenever so much time has passed or something is said.
func every(ctx context.Context, d time.Duration, said <-chan struct{}, fn func() error) error {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		if err := fn(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-said:
		}
	}
}

func (s *inboxServer) codeFile() string { return filepath.Join(s.Desk.data(), "code") }

// code is what the pages are signed in with: in a file that its owner alone can read, made
// at first use.
func (s *inboxServer) code() (string, error) {
	text, err := madeOnce(s.codeFile(), rand.Text())
	if err != nil {
		return "", fmt.Errorf("code of the inbox: %w", err)
	}
	s.log.Warn("the inbox is in development mode: who has the code can be anybody", zap.String("code", s.codeFile()))
	return text, nil
}

// centreName is the centre's name in the directory that comes with Vigil, empty where it
// has none there.
func centreName(id string) string {
	if table, err := route.Default(); err == nil {
		if c, err := table.Centre(id); err == nil {
			return c.Name
		}
	}
	return ""
}
