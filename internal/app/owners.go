package app

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
)

// listOwners tells the owners of lists what came of their entries, each in its own time: one
// that is away holds up no other.
type listOwners struct {
	store   exchange.Store
	db      *hashdb.DB
	open    func(source string) (exchange.Feedbacker, error) // nil, nil: the owner takes none
	pause   func(context.Context, time.Duration)
	reasons map[string]string
	own     string // the deployment's own list
	log     *zap.Logger
	sent    *prometheus.CounterVec
	waiting *prometheus.GaugeVec

	ctx    context.Context // of the workers, one an owner
	g      *errgroup.Group
	mu     sync.Mutex
	queues map[string]*ownerQueue // by the source of lists
}

// newListOwners returns them; their workers are of the group, until ctx ends.
func newListOwners(ctx context.Context, g *errgroup.Group, c Config, store exchange.Store, db *hashdb.DB, reg prometheus.Registerer, log *zap.Logger) *listOwners {
	o := &listOwners{
		store: store, db: db, pause: pauseFor, reasons: c.Flood.Reasons, own: c.OwnList, log: log, ctx: ctx, g: g, queues: map[string]*ownerQueue{},
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_list_feedback_total", Help: "Attempts to tell owners of lists about their entries, by result.",
		}, []string{"source", "result"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vigil_list_feedback_waiting", Help: "Words that owners of lists are still to be told about their entries.",
		}, []string{"source"}),
	}
	o.open = func(source string) (exchange.Feedbacker, error) {
		for _, conf := range c.Exchanges {
			if conf.Source == source && !conf.Remote() {
				return c.opener(db).OpenFeedback(conf)
			}
		}
		return nil, nil
	}
	reg.MustRegister(o.sent, o.waiting)
	return o
}

// tell has an owner told, whatever becomes of the owner and of this process: the word is
// said again until the owner took it or refused it for good, and only then is that kept, so
// that whoever reads the word's record after a start says it again.
func (o *listOwners) tell(w word) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q := o.queues[w.list]
	if q == nil {
		q = newOwnerQueue()
		o.queues[w.list] = q
		o.g.Go(func() error { o.deliver(o.ctx, w.list, q); return nil })
	}
	q.put(w)
}

// run follows the topic on which review says which entries a reversal blames, until ctx
// ends. What it reads again after a start it does not tell again.
func (o *listOwners) run(ctx context.Context, client *stream.Client) error {
	return client.Follow(ctx, topicFeedback, func(m stream.Message) error {
		var f review.Feedback
		if err := json.Unmarshal(m.Data, &f); err != nil || f.ID == "" || (f.Case == "") == (f.List == "") {
			o.log.Error("passed over a record of feedback", zap.Int64("offset", m.Offset), zap.Error(err))
			return nil
		}
		return o.take(ctx, f)
	})
}

func (o *listOwners) take(ctx context.Context, f review.Feedback) error {
	told := hashdb.Checkpoint{Name: "feedback/" + f.ID, Value: []byte("told")}
	if len(o.store.Checkpoint(told.Name)) > 0 {
		return nil
	}
	switch {
	case f.Case == "":
		verdict := exchange.Disputed
		if f.Right {
			verdict = exchange.Affirmed
		}
		o.tell(word{list: f.List, hashKind: f.HashKind, entry: f.Entry, verdict: verdict, told: told})
		return nil
	case o.own == "none":
		return nil
	}
	// What was taken from the case as an entry of our own would go on matching.
	refs, err := o.ownRefs(ctx, f.Case)
	if err != nil {
		return err
	}
	_, err = o.store.Apply(ctx, hashdb.Batch{Source: o.own, RetractRefs: refs, Checkpoint: told})
	if err == nil {
		o.log.Info("entries of a case that was reversed are taken off our own list", zap.String("case", f.Case), zap.Int("entries", len(refs)))
	}
	return err
}

// ownRefs are the names of the entries that came from a case.
func (o *listOwners) ownRefs(ctx context.Context, caseID string) (refs []string, err error) {
	if len(chosen(o.db.Lists(), o.own, hashdb.KindPDQ)) == 0 {
		return nil, nil
	}
	for e, err := range o.db.Entries(ctx, hashdb.ListID{Source: o.own, Kind: hashdb.KindPDQ}) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(e.Ref, "case/"+caseID+"#") {
			refs = append(refs, e.Ref)
		}
	}
	return refs, nil
}
