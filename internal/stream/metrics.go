package stream

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a client counts. Labels are names of loops and reasons, and
// partition numbers: nothing that grows with the data.
type metrics struct {
	records     *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	retries     *prometheus.CounterVec
	lost        *prometheus.CounterVec
	skipped     *prometheus.CounterVec
	checkpoints *prometheus.CounterVec
	lag         *prometheus.GaugeVec
	seconds     *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		records:     counter("vigil_records_total", "Records whose effect is durable.", "loop"),
		deadLetters: counter("vigil_dead_letters_total", "Records that went to the dead letters.", "loop", "reason"),
		retries:     counter("vigil_retries_total", "Attempts that failed for a passing reason and stop their partition until one succeeds.", "loop"),
		lost:        counter("vigil_lost_positions_total", "Times a partition stopped for good because its log does not hold the offset it needs.", "loop"),
		skipped:     counter("vigil_unreadable_records_total", "Records that are no CloudEvents event and that a reader without a loop passed over.", "topic"),
		checkpoints: counter("vigil_checkpoints_total", "Checkpoints of a partition's state, by result: ok or failed.", "loop", "result"),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vigil_lag_records", Help: "Records in a partition in hand that its loop has not done yet.",
		}, []string{"loop", "partition"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vigil_handle_seconds", Help: "How long a loop's handler takes for one record, in seconds.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"loop"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range m.all() {
		if err := r.Register(c); err != nil {
			m.unregister(r)
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.records, m.deadLetters, m.retries, m.lost, m.skipped, m.checkpoints, m.lag, m.seconds}
}

func (m *metrics) unregister(r prometheus.Registerer) {
	if r == nil {
		return
	}
	for _, c := range m.all() {
		r.Unregister(c)
	}
}
