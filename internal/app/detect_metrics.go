package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/archive"
)

// counts tells at each scrape what something has counted.
type counts struct {
	read  func() []counted
	descs []*prometheus.Desc
}

// counted is one count.
type counted struct {
	desc  *prometheus.Desc
	label string
	value uint64
}

func newDetectMetrics(stats func() detect.Stats) counts {
	frames := prometheus.NewDesc("vigil_detect_frames_total", "Frames, by what was found of them; a frame may be several things.", []string{"what"}, nil)
	lookups := prometheus.NewDesc("vigil_detect_lookups_total", "Hashes of frames, by how they were looked up.", []string{"how"}, nil)
	return counts{descs: []*prometheus.Desc{frames, lookups}, read: func() []counted {
		s := stats()
		return []counted{
			{frames, "taken", s.Frames}, {frames, "repeated", s.Repeats}, {frames, "low-quality", s.LowQuality},
			{frames, "still", s.Held}, {frames, "trimmed", s.Trimmed}, {frames, "innocent", s.Innocent},
			{frames, "matched", s.Matched}, {frames, "untold", s.Untold},
			{lookups, "looked-up", s.Lookups}, {lookups, "skipped", s.Skipped},
			{lookups, "proved-empty", s.Proofs}, {lookups, "proved-nothing", s.Vain},
		}
	}}
}

func newArchiveMetrics(stats func() archive.Stats) counts {
	prints := prometheus.NewDesc("vigil_archive_prints_total", "Prints of frames, by what became of them: kept, covered by the one before, too old to keep, or beyond what is kept of a stream and day.", []string{"what"}, nil)
	searches := prometheus.NewDesc("vigil_archive_searches_total", "Looks back through what is kept, the prints searched and looked up for them, and the matches found and left out.", []string{"what"}, nil)
	return counts{descs: []*prometheus.Desc{prints, searches}, read: func() []counted {
		s := stats()
		return []counted{
			{prints, "kept", s.Kept}, {prints, "covered", s.Covered}, {prints, "old", s.Old}, {prints, "full", s.Full},
			{searches, "done", s.Searches}, {searches, "prints", s.Searched}, {searches, "looked-up", s.Asked},
			{searches, "found", s.Found}, {searches, "left-out", s.Cut}, {searches, "forgotten", s.Forgotten},
		}
	}}
}

// Describe sends the metrics' descriptions.
func (c counts) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect sends the metrics.
func (c counts) Collect(ch chan<- prometheus.Metric) {
	for _, n := range c.read() {
		ch <- prometheus.MustNewConstMetric(n.desc, prometheus.CounterValue, float64(n.value), n.label)
	}
}
