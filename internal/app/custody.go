package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/custody"
)

// custody returns what keeps the windows of a store's cases, and what closes it.
func (c *Config) custody(ctx context.Context, store *review.Store) (*custody.Custody, func() error, error) {
	bucket, err := openFolder("evidence", c.Evidence)
	if err != nil {
		return nil, nil, err
	}
	keys := custody.Folder{Dir: c.EvidenceKeys, URL: c.EvidenceKMS}
	closes := bucket.Close
	if c.EvidenceKMS != "" {
		wrapper, done, err := openWrapper(ctx, c.EvidenceKMS)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("evidence_kms: %w", err), bucket.Close())
		}
		keys.Wrapper = wrapper
		closes = func() error { return errors.Join(bucket.Close(), done()) }
	}
	return &custody.Custody{
		Store: store, Blobs: bucket, Keys: keys, Now: time.Now, Unclaimed: time.Duration(c.Review.Retention.Unclaimed) * aDay,
	}, closes, nil
}

const (
	sealEvery   = 10 * time.Second
	expireEvery = time.Hour
)

// keepEvidence puts windows under the keys of their cases as they come, and destroys keys
// when their time is over.
func keepEvidence(ctx context.Context, keeps *custody.Custody, r review.Retention, reg prometheus.Registerer, log *zap.Logger) error {
	sealed := prometheus.NewCounter(prometheus.CounterOpts{Name: "vigil_evidence_sealed_total", Help: "Windows put under the key of a case."})
	erased := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vigil_evidence_erasures_total", Help: "What was erased when its time was over: keys of windows, records of cases.",
	}, []string{"what"})
	failed := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "vigil_evidence_failures_total", Help: "Attempts to seal or to erase that failed and are made again.",
	})
	reg.MustRegister(sealed, erased, failed)
	tell := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			failed.Inc()
			log.Error(what+", and it is tried again", zap.Error(err))
		}
	}
	var due time.Time
	for {
		n, err := keeps.Seal(ctx)
		sealed.Add(float64(n))
		tell("windows do not come under the keys of their cases", err)
		if now := keeps.Now(); !now.Before(due) {
			due = now.Add(expireEvery)
			done, err := keeps.Expire(ctx, r)
			for _, e := range done {
				erased.WithLabelValues(erasedWhat(e)).Inc()
				log.Info("erased", zap.String("case", e.Certificate.Case), zap.String("what", erasedWhat(e)), zap.String("why", e.Certificate.Why))
			}
			tell("what is due is not erased", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sealEvery):
		}
	}
}

func erasedWhat(e review.Erasure) string {
	if e.Certificate.Generation == 0 {
		return "records"
	}
	return "key"
}

const mixEvery = time.Minute

// mixBlind has closed cases come back, and golden ones with them.
func mixBlind(ctx context.Context, store *review.Store, reg prometheus.Registerer, log *zap.Logger) error {
	came := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "vigil_review_blind_total", Help: "Cases put before people that decide nothing: closed ones once more, and golden ones.",
	})
	reg.MustRegister(came)
	for {
		n, err := store.Mix(ctx)
		came.Add(float64(n))
		if err != nil && ctx.Err() == nil {
			log.Error("no case comes back blind, and it is tried again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(mixEvery):
		}
	}
}

// withCustody runs f on the custody of a deployment's case store.
func withCustody(ctx context.Context, c Config, f func(*custody.Custody, review.Retention) error) error {
	centres, err := c.directory()
	if err != nil {
		return err
	}
	r, err := c.retention(centres)
	if err != nil {
		return err
	}
	return withStore(ctx, c, func(store *review.Store) error {
		keeps, closes, err := c.custody(ctx, store)
		if err != nil {
			return err
		}
		return errors.Join(f(keeps, r), closes())
	})
}

// supervisor is who runs a command on the machine of the store.
func supervisor(id string) review.Person {
	return review.Person{ID: id, Roles: []review.Role{review.RoleSupervisor}}
}

// HoldOptions say which case is put under a legal hold or taken from it, by whom and why.
type HoldOptions struct {
	Case, Reason, Reviewer string
	Lift                   bool
	Out                    io.Writer
}

// HoldEvidence puts a case under a legal hold, or lifts it.
func HoldEvidence(ctx context.Context, c Config, o HoldOptions) error {
	return withStore(ctx, c, func(store *review.Store) error {
		do, says := store.Hold, "held: nothing of case %s is erased until `vigil evidence release` lifts it\n"
		if o.Lift {
			do, says = store.LiftHold, "released: case %s is kept for as long as its term is\n"
		}
		if err := do(ctx, o.Case, supervisor(o.Reviewer), o.Reason); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.Out, says, o.Case)
		return err
	})
}

// RetainedEvidence prints until when the windows of closed cases are kept, and why; of one
// case, or of all where id is empty.
func RetainedEvidence(ctx context.Context, c Config, id string, out io.Writer) error {
	return withCustody(ctx, c, func(keeps *custody.Custody, r review.Retention) error {
		terms, err := keeps.Store.Terms(ctx, r, id)
		if err != nil {
			return err
		}
		if len(terms) == 0 {
			says := "nothing has a term: no closed case keeps a window, and no record is due"
			if id != "" {
				says = fmt.Sprintf("nothing of case %s has a term: it is not closed, or not in the store", id)
			}
			_, err := fmt.Fprintln(out, says)
			return err
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "CASE\tWHAT\tKEPT UNTIL\tBECAUSE\tHOLD")
		for _, t := range terms {
			what, hold := "records", "-"
			if t.Generation > 0 {
				what = fmt.Sprintf("windows, key %d", t.Generation)
			}
			if t.Held {
				hold = "held"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.CaseID, what, t.Until.Format(time.RFC3339), t.Why, hold)
		}
		return w.Flush()
	})
}

// ExpireEvidence does now what `vigil run` does every hour.
func ExpireEvidence(ctx context.Context, c Config, out io.Writer) error {
	return withCustody(ctx, c, func(keeps *custody.Custody, r review.Retention) error {
		done, err := keeps.Expire(ctx, r)
		for _, e := range done {
			_, _ = fmt.Fprintf(out, "case %s: %s erased (%s); %s of %d windows, certificate %s\n",
				e.Certificate.Case, erasedWhat(e), e.Certificate.Why, erasedWhat(e), len(e.Certificate.Windows), digestOf([]byte(e.Text)))
		}
		if err == nil && len(done) == 0 {
			_, err = fmt.Fprintln(out, "nothing is due")
		}
		return err
	})
}

// ErasedEvidence prints the certificates of what was erased, each held against the audit
// log, which is checked first. That the log lacks one is ErrUnverified.
func ErasedEvidence(ctx context.Context, c Config, id, logKey string, out io.Writer) error {
	key, err := c.verifier(logKey)
	if err != nil {
		return err
	}
	logged := map[string]uint64{} // by id and digest
	if _, err := audit.Read(ctx, c.auditDir(), key, func(index uint64, e audit.Entry) {
		if e.Kind == verify.KindErasure {
			logged[e.ID+" "+e.Digest] = index
		}
	}); err != nil {
		return fmt.Errorf("the audit log does not verify: %w", err)
	}
	return withStore(ctx, c, func(store *review.Store) error {
		list, err := store.Erasures(ctx, id, false)
		if err != nil {
			return err
		}
		missing := 0
		for _, e := range list {
			says := "UNDER WAY: not everything is gone yet"
			if index, ok := logged[e.ID+" "+digestOf([]byte(e.Text))]; ok {
				says = fmt.Sprintf("entry %d of the audit log", index)
			} else if !e.Done.IsZero() {
				says = "NOT IN THE AUDIT LOG"
				missing++
			}
			if _, err := fmt.Fprintf(out, "%s  %s\n", says, e.Text); err != nil {
				return err
			}
		}
		if len(list) == 0 {
			says := "nothing was erased"
			if id != "" {
				says = fmt.Sprintf("nothing of case %s was erased", id)
			}
			_, err = fmt.Fprintln(out, says)
		}
		if missing > 0 {
			return fmt.Errorf("%w: %d of %d certificates are not in the audit log", ErrUnverified, missing, len(list))
		}
		return err
	})
}
