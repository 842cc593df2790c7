package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

const (
	// typeRules is a set of rules on the topic transfers, in every partition. Its value
	// is the rule file.
	typeRules = "vigil.payment-rules.v1"
	typeYAML  = "application/yaml"

	rulesPoll = time.Second
	// rulesAgain is how often a set is sent again, which changes nothing where it is in
	// force, so that one who reads the topic from its beginning finds it: transfers are
	// kept for a hundred days.
	rulesAgain = 7 * 24 * time.Hour
)

// A ruleFile takes up a rule file whenever it changes.
type ruleFile struct {
	key, name string // of the configuration; of the file
	c         *Config
	metrics   *rulesMetrics
	log       *zap.Logger
	take      func(ctx context.Context, set *rule.Set, text []byte) error
	// ordered refuses a change whose version is not higher.
	ordered bool

	text    []byte
	version int64
	said    string
	taken   time.Time
}

// follow reads the file every second until ctx ends. A bad one is told once, and
// leaves what was before.
func (f *ruleFile) follow(ctx context.Context) error {
	tick := time.NewTicker(rulesPoll)
	defer tick.Stop()
	for {
		if err := f.look(ctx, time.Now()); err != nil && ctx.Err() == nil {
			f.metrics.refused(f.key)
			if err.Error() != f.said {
				f.said = err.Error()
				f.log.Error("the rules stay as they were", zap.String("file", f.key), zap.Error(err))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look takes the file up where it is not what was taken last.
func (f *ruleFile) look(ctx context.Context, now time.Time) error {
	set, text, err := readRulesText(f.name)
	if err != nil {
		return err
	}
	if err := f.c.checkBase(f.name, set); err != nil {
		return err
	}
	same := f.text != nil && bytes.Equal(text, f.text)
	if same && (!f.ordered || now.Sub(f.taken) < rulesAgain) {
		f.metrics.took(f.key, set.Version)
		f.said = ""
		return nil
	}
	if f.ordered && f.text != nil && !same && set.Version <= f.version {
		return fmt.Errorf("%s: version %d is in force or was, and these rules are not the same; give them a higher version", f.name, f.version)
	}
	if err := f.take(ctx, set, text); err != nil {
		return err
	}
	f.text, f.version, f.said, f.taken = text, set.Version, "", now
	f.metrics.took(f.key, set.Version)
	f.log.Info("rules", zap.String("file", f.key), zap.Int64("version", set.Version), zap.Int("rules", len(set.Rules())))
	return nil
}

// rulesOutput puts a rule file into every partition of transfers.
func rulesOutput(set *rule.Set, text []byte) stream.Output {
	return stream.Output{Topic: topicTransfers, Everywhere: true, Event: stream.Event{
		ID: signal.ID("payment-rules-record", fmt.Sprint(set.Version), string(text)), Source: "vigil/rules", Type: typeRules,
		ContentType: typeYAML, Data: text,
	}}
}

// ruleFiles are the files that the configuration names. One that is bad from the
// beginning is an error.
func (c *Config) ruleFiles(client *stream.Client, s *shadow, metrics *rulesMetrics, log *zap.Logger) ([]*ruleFile, error) {
	var files []*ruleFile
	if c.PaymentRules != "" {
		files = append(files, &ruleFile{key: rulesLive, name: c.PaymentRules, c: c, metrics: metrics, log: log, ordered: true,
			take: func(ctx context.Context, set *rule.Set, text []byte) error {
				return client.Produce(ctx, rulesOutput(set, text))
			}})
	}
	if c.PaymentRulesShadow != "" {
		files = append(files, &ruleFile{key: rulesShadow, name: c.PaymentRulesShadow, c: c, metrics: metrics, log: log,
			take: func(_ context.Context, set *rule.Set, _ []byte) error {
				metrics.forget()
				s.set.Store(set)
				return nil
			}})
	}
	// A file that is bad from the beginning is a fault of the configuration.
	var errs []error
	for _, f := range files {
		set, err := readRules(f.name)
		if err == nil {
			err = c.checkBase(f.name, set)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.key, err))
		}
	}
	return files, errors.Join(errs...)
}
