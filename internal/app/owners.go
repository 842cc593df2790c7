package app

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
)

// listOwners tells the owners of lists what came of their entries.
type listOwners struct {
	store   exchange.Store
	db      *hashdb.DB
	open    func(source string) (exchange.Feedbacker, error) // nil, nil: the owner takes none
	reasons map[string]string
	own     string // the deployment's own list
	log     *zap.Logger
	sent    *prometheus.CounterVec
}

func newListOwners(c Config, store exchange.Store, db *hashdb.DB, reg prometheus.Registerer, log *zap.Logger) *listOwners {
	o := &listOwners{
		store: store, db: db, reasons: c.Flood.Reasons, own: c.OwnList, log: log,
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_list_feedback_total", Help: "Words sent to owners of lists about their entries, by result.",
		}, []string{"source", "result"}),
	}
	o.open = func(source string) (exchange.Feedbacker, error) {
		for _, conf := range c.Exchanges {
			if conf.Source == source {
				return c.opener(db).OpenFeedback(conf)
			}
		}
		return nil, nil
	}
	reg.MustRegister(o.sent)
	return o
}

// tell sends feedback on each of the owner's ids of an entry. A failure is told and not
// repeated: the operator can send it with `vigil hashes feedback`.
func (o *listOwners) tell(ctx context.Context, list, hashKind, entry string, verdict exchange.Verdict) {
	result := "ok"
	to, err := o.open(list)
	switch {
	case err == nil && to == nil:
		result = "no way"
		o.log.Info("the list's owner takes no feedback: tell them by other means", zap.String("list", list), zap.String("entry", entry))
	case err == nil:
		err = o.send(ctx, to, list, hashKind, entry, verdict)
	}
	if err != nil {
		result = "failed"
		o.log.Error("the list's owner was not told: send it with `vigil hashes feedback`", zap.String("list", list), zap.String("entry", entry), zap.Error(err))
	}
	o.sent.WithLabelValues(list, result).Inc()
}

func (o *listOwners) send(ctx context.Context, to exchange.Feedbacker, list, hashKind, entry string, verdict exchange.Verdict) error {
	kind, err := hashdb.ParseKind(hashKind)
	if err != nil {
		return err
	}
	all, err := exchange.FeedbackFor(ctx, o.db, hashdb.ListID{Source: list, Kind: kind}, entry, verdict, o.reasons[list])
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := to.Feedback(ctx, f); err != nil {
			return err
		}
	}
	return nil
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
	batch := hashdb.Batch{Source: f.List, Checkpoint: told}
	switch {
	case f.Case == "":
		verdict := exchange.Disputed
		if f.Right {
			verdict = exchange.Affirmed
		}
		o.tell(ctx, f.List, f.HashKind, f.Entry, verdict)
	case o.own == "none":
		return nil
	default:
		// What was taken from the case as an entry of our own would go on matching.
		batch.Source = o.own
		refs, err := o.ownRefs(ctx, f.Case)
		if err != nil {
			return err
		}
		batch.RetractRefs = refs
		o.log.Info("entries of a case that was reversed are taken off our own list", zap.String("case", f.Case), zap.Int("entries", len(refs)))
	}
	_, err := o.store.Apply(ctx, batch)
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
