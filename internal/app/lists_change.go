package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/signal"
)

// withLists opens the deployment's lists for a command.
func (c *Config) withLists(use func(db *hashdb.DB) error) error {
	db, err := c.openLists(nil)
	if err != nil {
		return err
	}
	return errors.Join(use(db), db.Close())
}

// openLists opens the deployment's lists and tells report of errors that stop nothing.
func (c *Config) openLists(report func(error)) (*hashdb.DB, error) {
	return hashdb.Open(c.hashesDir(), hashdb.Options{RequireEncrypted: c.RequireEncrypted, Report: report})
}

// A listChange is what changing lists takes.
type listChange struct {
	db      *hashdb.DB
	store   exchange.Store // db, whose changes the other processes get too
	publish *listPublisher // nil where nobody else is there to be told
}

// changeLists opens what changing lists takes and puts the lists that do has changed
// into the audit log, also where do failed in the end.
func (c *Config) changeLists(ctx context.Context, do func(listChange) error) error {
	return c.withLists(func(db *hashdb.DB) (err error) {
		ledger, _, err := c.openAudit(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ledger.Close(context.WithoutCancel(ctx))) }()
		publish, err := openPublisher(ctx, *c)
		if err != nil {
			return err
		}
		change := listChange{db: db, store: db}
		if publish != nil {
			defer func() { err = errors.Join(err, publish.close()) }()
			change.publish, change.store = publish, sharedStore{db, publish}
		}
		recorder, err := newListRecorder(ledger, db.Lists())
		if err != nil {
			return err
		}
		err = do(change)
		return errors.Join(err, recorder.record(context.WithoutCancel(ctx), db.Lists()))
	})
}

// A listRecorder puts changes of lists into the audit log.
type listRecorder struct {
	ledger *audit.Log
	mu     sync.Mutex
	known  map[hashdb.ListID][sha256.Size]byte
}

// newListRecorder knows the lists as they are.
func newListRecorder(ledger *audit.Log, lists []hashdb.ListInfo) (*listRecorder, error) {
	r := &listRecorder{ledger: ledger, known: map[hashdb.ListID][sha256.Size]byte{}}
	for _, l := range lists {
		digest, err := listDigest(l)
		if err != nil {
			return nil, err
		}
		r.known[l.ID()] = digest
	}
	return r, nil
}

// record records the lists that are not as they were, by ids and a digest: what is
// said of a list may be free text.
func (r *listRecorder) record(ctx context.Context, lists []hashdb.ListInfo) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lists {
		digest, err := listDigest(l)
		if err != nil {
			return err
		}
		if digest == r.known[l.ID()] {
			continue
		}
		if _, err := r.ledger.Append(ctx, audit.Entry{
			Kind: "list-change", ID: signal.ID("list", l.Source, l.Kind.String()), Digest: hex.EncodeToString(digest[:]),
			At: time.Now().UTC(), Refs: []string{l.Version},
		}); err != nil {
			return fmt.Errorf("list %s is changed, but not in the audit log: %w", l.ID(), err)
		}
		r.known[l.ID()] = digest
	}
	return nil
}

// listDigest is of what a list holds and of what is said of it.
func listDigest(l hashdb.ListInfo) ([sha256.Size]byte, error) {
	text, err := json.Marshal(struct {
		hashdb.List
		Version string
	}{l.List, l.Version})
	return sha256.Sum256(text), err
}

// openPublisher connects to the topic of lists: to the configured brokers, or to
// the embedded one of a running `vigil run`. Where there is neither, nobody else
// is there to be told, and the publisher is nil.
func openPublisher(ctx context.Context, c Config) (*listPublisher, error) {
	if len(c.Brokers) == 0 {
		if _, err := os.Stat(c.path("broker.addr")); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}
	client, err := dial(ctx, c, topicHashes)
	if err != nil {
		return nil, fmt.Errorf("tell other processes of lists: %w", err)
	}
	return &listPublisher{client: client}, nil
}
