package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/detect"
)

// detectMetrics tells at each scrape what a detector did.
type detectMetrics struct {
	stats           func() detect.Stats
	frames, lookups *prometheus.Desc
}

func newDetectMetrics(stats func() detect.Stats) *detectMetrics {
	return &detectMetrics{
		stats:   stats,
		frames:  prometheus.NewDesc("vigil_detect_frames_total", "Frames, by what was found of them; a frame may be several things.", []string{"what"}, nil),
		lookups: prometheus.NewDesc("vigil_detect_lookups_total", "Hashes of frames, by how they were looked up.", []string{"how"}, nil),
	}
}

// Describe sends the metrics' descriptions.
func (m *detectMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.frames
	ch <- m.lookups
}

// Collect sends the metrics.
func (m *detectMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.stats()
	for _, c := range []struct {
		desc  *prometheus.Desc
		label string
		value uint64
	}{
		{m.frames, "taken", s.Frames}, {m.frames, "repeated", s.Repeats}, {m.frames, "low-quality", s.LowQuality},
		{m.frames, "still", s.Held}, {m.frames, "trimmed", s.Trimmed}, {m.frames, "innocent", s.Innocent},
		{m.frames, "matched", s.Matched}, {m.lookups, "looked-up", s.Lookups}, {m.lookups, "skipped", s.Skipped},
		{m.lookups, "proved-empty", s.Proofs}, {m.lookups, "proved-nothing", s.Vain},
	} {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.CounterValue, float64(c.value), c.label)
	}
}
