package app

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/detect/fleet"
)

// watchMetrics are those of `vigil watch`.
type watchMetrics struct {
	frames       *prometheus.CounterVec // by what was sent
	unhashed     prometheus.Counter
	ringFailures prometheus.Counter
	preserved    prometheus.Counter
	closed       *prometheus.CounterVec // by reason
	restarts     prometheus.Counter
	raised       *prometheus.CounterVec // by kind of signal
	cpu          prometheus.Counter
}

func newWatchMetrics(reg prometheus.Registerer) watchMetrics {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "vigil_watch_" + name, Help: help}
	}
	m := watchMetrics{
		frames:       prometheus.NewCounterVec(counter("frames_total", "Frames sent, by what of them."), []string{"sent"}),
		unhashed:     prometheus.NewCounter(counter("frames_unhashed_total", "Frames that could not be hashed and were not sent.")),
		ringFailures: prometheus.NewCounter(counter("ring_failures_total", "Frames and windows that a ring could not keep whole.")),
		preserved:    prometheus.NewCounter(counter("windows_delivered_total", "Encrypted segments of preserved windows that left for the evidence store.")),
		closed:       prometheus.NewCounterVec(counter("intakes_closed_total", "Runs of ffmpeg that are over, by reason."), []string{"reason"}),
		restarts:     prometheus.NewCounter(counter("restarts_total", "Runs of ffmpeg that were over before their time.")),
		raised:       prometheus.NewCounterVec(counter("raised_total", "Times that a stream's rate was raised, by kind of signal."), []string{"why"}),
		cpu:          prometheus.NewCounter(counter("ffmpeg_cpu_seconds_total", "Processor time of the runs of ffmpeg that are over.")),
	}
	reg.MustRegister(m.frames, m.unhashed, m.ringFailures, m.preserved, m.closed, m.restarts, m.raised, m.cpu)
	return m
}

// observe counts an event of the fleet.
func (m *watchMetrics) observe(e fleet.Event) {
	switch e.What {
	case fleet.EventClosed:
		m.closed.WithLabelValues(e.Reason).Inc()
		m.cpu.Add(e.CPU.Seconds())
		if e.Restart {
			m.restarts.Inc()
		}
	case fleet.EventRaised:
		m.raised.WithLabelValues(string(e.Why)).Inc()
	}
}

// fleetMetrics tells at each scrape how the streams stand and what the policy says.
type fleetMetrics struct {
	streams          func() []fleet.Status
	policy           fleet.Policy
	count, fps, rule *prometheus.Desc
}

func newFleetMetrics(streams func() []fleet.Status, policy fleet.Policy) *fleetMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("vigil_watch_"+name, help, labels, nil)
	}
	return &fleetMetrics{
		streams: streams, policy: policy,
		count: desc("streams", "Streams by state, and whether they are looked at at the base rate or raised.", "state", "level"),
		fps:   desc("fps", "Frames a second wanted of all streams together, by level.", "level"),
		rule:  desc("policy", "The policy's numbers: rates in frames a second, times in seconds.", "version", "name"),
	}
}

// Describe sends the metrics' descriptions.
func (m *fleetMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.count, m.fps, m.rule} {
		ch <- d
	}
}

// Collect sends the metrics.
func (m *fleetMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	type group struct{ state, level string }
	streams, fps := map[group]int{}, map[string]float64{"base": 0, "raised": 0}
	for _, s := range m.streams() {
		level := "base"
		if s.Raised {
			level = "raised"
		}
		streams[group{strings.ToLower(s.State), level}]++
		fps[level] += s.FPS
	}
	for g, n := range streams {
		gauge(m.count, float64(n), g.state, g.level)
	}
	for level, sum := range fps {
		gauge(m.fps, sum, level)
	}
	for name, value := range map[string]float64{
		"base_fps": m.policy.BaseFPS, "raised_fps": m.policy.RaisedFPS, "quiet_seconds": m.policy.Quiet.Seconds(),
		"preserve_before_seconds": m.policy.Preserve.Before.Seconds(), "preserve_after_seconds": m.policy.Preserve.After.Seconds(),
	} {
		gauge(m.rule, value, m.policy.Version, name)
	}
}
