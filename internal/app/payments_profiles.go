package app

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"gocloud.dev/blob"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/inforce"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// A profileRoom joins profiles, typologies and rules to the topic transfers, which
// carries transfers and, now and then, a set of rules.
type profileRoom struct {
	typologies []engine.Typology
	marks      func(*profile.Entry) profile.Marks
	base       string // currency
	shadow     *shadow
	metrics    *rulesMetrics
	log        *zap.Logger
	cacheBytes int64 // of one partition; 0: the engine's own
}

func newProfileRoom(rules typology.Rules, base string, s *shadow, metrics *rulesMetrics, log *zap.Logger) *profileRoom {
	return &profileRoom{typologies: typology.All(rules), marks: rules.Marks(), base: base, shadow: s, metrics: metrics, log: log}
}

// ProfileLoop is the loop from transfers to signals alone, asking some typologies, with
// state in a folder, checkpoints in a bucket and so many MiB for profiles, for measurements.
func ProfileLoop(dir string, checkpoints *blob.Bucket, asked []engine.Typology, memory int64, partitions int) stream.Loop {
	m := newRulesMetrics(prometheus.NewRegistry())
	room := newProfileRoom(typology.DefaultRules(), "EUR", &shadow{metrics: m}, m, zap.NewNop())
	room.typologies = asked
	room.cacheBytes = memory << 20 / int64(partitions)
	k := keeper{dir: dir, checkpoints: checkpoints}
	return room.loop(k)
}

// loop is the loop from transfers to signals.
func (r *profileRoom) loop(k keeper) stream.Loop {
	l := k.owned("payments-profile", topicTransfers, r.open)
	l.Borrow = true // of an event the owner keeps nothing
	return l
}

// engine has the typologies, and beside them a set of rules.
func (r *profileRoom) engine(set *rule.Set) (*engine.Engine, error) {
	all := slices.Concat(r.typologies, set.Typologies(), []engine.Typology{r.shadow.beside(set)})
	return engine.New(engine.Config{Typologies: all, Marks: r.marks, CacheBytes: r.cacheBytes})
}

// open makes the owner of a partition.
func (r *profileRoom) open(_ context.Context, s stream.State) (stream.Owner, error) {
	o := &profileOwner{room: r}
	e, err := o.openBook(s)
	if err != nil {
		return nil, err
	}
	o.profiles = e.Partition()
	return o, o.profiles.Open(s)
}

// A profileOwner has the profiles of one partition, and knows the rules in force there.
type profileOwner struct {
	room      *profileRoom
	transfers payments.Decoder
	profiles  *engine.Partition
	book      *inforce.Book
	out       draftWriter
	// took says that the last record was a set of rules, and stale that the book is to be
	// opened anew, since the state has not followed it.
	took, stale bool
	told        int64
}

func (o *profileOwner) openBook(s stream.State) (*engine.Engine, error) {
	book, err := inforce.Open(s, o.room.base)
	if err != nil {
		return nil, err
	}
	o.book = book
	return o.room.engine(book.Set())
}

// Handle takes a transfer into its profile, or a set of rules into force.
func (o *profileOwner) Handle(ctx context.Context, m stream.Message, s stream.State) ([]stream.Output, error) {
	o.profiles.Keep() // or Dropped would undo it where this record is refused at once
	o.took = m.Type == typeRules
	if o.stale {
		e, err := o.openBook(s)
		if err != nil {
			return nil, err
		}
		o.profiles.Use(e)
		o.stale = false
	}
	o.tell(m.Partition)
	if o.took {
		return o.rules(m, s)
	}
	t, err := o.transfers.Decode(m.Data)
	if err != nil {
		return nil, err
	}
	drafts, err := o.profiles.Drafts(ctx, s, t)
	if err == nil {
		err = o.book.Said(s, drafts)
	}
	outs, encodeErr := o.out.outputs(drafts)
	return outs, errors.Join(err, encodeErr)
}

// Dropped says that the last record changed nothing after all.
func (o *profileOwner) Dropped() {
	o.profiles.Drop()
	o.stale = o.stale || o.took
}

func (o *profileOwner) rules(m stream.Message, s stream.State) ([]stream.Output, error) {
	withdrawn, changed, err := o.book.Take(s, m.Data)
	if err != nil || !changed {
		return nil, err
	}
	e, err := o.room.engine(o.book.Set())
	if err != nil {
		return nil, signal.Reject("rules", "cannot be used: %w", err)
	}
	o.profiles.Use(e)
	o.tell(m.Partition)
	return signalOutputs("vigil/payments", withdrawn)
}

// tell says which rules are in force, where that has changed.
func (o *profileOwner) tell(partition int) {
	version := o.book.Set().Version
	if version == o.told {
		return
	}
	o.told = version
	o.room.metrics.inForce.WithLabelValues(strconv.Itoa(partition)).Set(float64(version))
	if err := o.book.Unreadable(); err != nil {
		o.room.log.Error("this program refuses the rules in force, and goes on without them; give it a set of a higher version",
			zap.Int("partition", partition), zap.Int64("version", version), zap.Error(err))
	}
}
