package app

import (
	"sync"

	"github.com/axiomhq/hyperloglog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/payments/profile"
)

// The two files of rules, as metrics and logs name them.
const (
	rulesLive   = "payment_rules"
	rulesShadow = "payment_rules_shadow"
)

// rulesMetrics are those of rule files, and of what shadow rules find that live ones
// do not, and the other way round.
type rulesMetrics struct {
	bad     *prometheus.GaugeVec   // by file
	version *prometheus.GaugeVec   // by file
	inForce *prometheus.GaugeVec   // by partition
	looks   *prometheus.CounterVec // by rule and outcome

	subjects *prometheus.Desc
	mu       sync.Mutex
	sketches map[ruleOutcome]*hyperloglog.Sketch
}

type ruleOutcome struct{ rule, outcome string }

// The outcomes of a look at a profile, where either rule fires.
const (
	outcomeBoth   = "both"
	outcomeLive   = "live_only"
	outcomeShadow = "shadow_only"
)

func newRulesMetrics(reg prometheus.Registerer) *rulesMetrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "vigil_payment_rules_" + name, Help: help}, labels)
	}
	m := &rulesMetrics{
		bad:     gauge("bad", "1 where a rule file cannot be used as it is, and the one before stays.", "file"),
		version: gauge("version", "Version of the rule file that was last taken up.", "file"),
		inForce: gauge("in_force_version", "Version of the rules in force in a partition.", "partition"),
		looks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vigil_payment_rules_shadow_looks_total", Help: "Looks at a profile at which the live rule of an id, the shadow rule or both fired.",
		}, []string{"rule", "outcome"}),
		subjects: prometheus.NewDesc("vigil_payment_rules_shadow_subjects",
			"Subjects at which the live rule of an id alone, the shadow rule alone or both fired at some look since this process began, about.", []string{"rule", "outcome"}, nil),
		sketches: make(map[ruleOutcome]*hyperloglog.Sketch),
	}
	reg.MustRegister(m.bad, m.version, m.inForce, m.looks, m)
	return m
}

// Describe implements prometheus.Collector.
func (m *rulesMetrics) Describe(ch chan<- *prometheus.Desc) { ch <- m.subjects }

// Collect implements prometheus.Collector.
func (m *rulesMetrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.sketches {
		ch <- prometheus.MustNewConstMetric(m.subjects, prometheus.GaugeValue, float64(s.Estimate()), k.rule, k.outcome)
	}
}

// shadow counts one look.
func (m *rulesMetrics) shadow(rule string, live, shadow bool, token profile.Token) {
	outcome := outcomeBoth
	switch {
	case !live && !shadow:
		return
	case !shadow:
		outcome = outcomeLive
	case !live:
		outcome = outcomeShadow
	}
	m.looks.WithLabelValues(rule, outcome).Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	k := ruleOutcome{rule, outcome}
	s := m.sketches[k]
	if s == nil {
		s = hyperloglog.New()
		m.sketches[k] = s
	}
	s.Insert(token[:])
}

// forget drops what was counted of shadow rules that are no longer the same.
func (m *rulesMetrics) forget() {
	m.looks.Reset()
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.sketches)
}

func (m *rulesMetrics) took(file string, version int64) {
	m.bad.WithLabelValues(file).Set(0)
	m.version.WithLabelValues(file).Set(float64(version))
}

func (m *rulesMetrics) refused(file string) { m.bad.WithLabelValues(file).Set(1) }
