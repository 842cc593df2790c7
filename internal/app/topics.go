package app

import (
	"strconv"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/route"
)

// The topics, without the deployment's prefix.
const (
	topicStreams      = "streams"
	topicFrames       = "frames"
	topicSessions     = "sessions"
	topicFlags        = "flags"
	topicScores       = "scores"
	topicTransactions = "transactions"
	topicOrigins      = "origins" // payments and withdrawals, by reference, before they count
	topicTransfers    = "transfers"
	topicMatches      = "matches"     // match signals, by list entry, before they may go on
	topicQuarantines  = "quarantines" // entries that are or were held back
	topicPrints       = "prints"      // frame hashes to look back at
	topicSignals      = "signals"
	topicCases        = "cases"
	topicHashes       = "hashes"
	topicActions      = "actions"  // what platforms are asked to do
	topicReceipts     = "receipts" // what they say of it, and centres of alerts
	topicFeedback     = "feedback" // entries of lists that a reversal blames, or a centre speaks of
	topicDeadLetter   = stream.DeadLetters
)

// Retention. Ingress is personal data and short-lived; what rooms rebuild their
// state from must outlast the time between two checkpoints by far.
const (
	retainWeek = "604800000"   // 7 days, in ms
	retain14   = "1209600000"  // 14 days: longer than payments are remembered to be withdrawn
	retain100  = "8640000000"  // 100 days: the longest profile window and some
	retainYear = "31536000000" // one year, as the REPORT Act asks of what was reported
)

// topicSpecs lists every topic with its settings. internal/stream adds the size
// limit, and that brokers keep what they get uncompressed: they unpack a batch
// against that limit, and no reader meets a compressed bomb.
func topicSpecs(partitions, printDays int, centres []route.Centre) []stream.TopicSpec {
	settings := func(retention string) map[string]string {
		return map[string]string{
			"cleanup.policy": "delete",
			"retention.ms":   retention,
		}
	}
	// Frames are refused by their state's loop where they are dated ahead of their arrival,
	// and what a sender says of that is nothing to go by.
	frames := settings(retainWeek)
	frames["message.timestamp.type"] = "LogAppendTime"
	compacted := map[string]string{"cleanup.policy": "compact"}
	retainPrints := strconv.Itoa(printDays * 24 * 60 * 60 * 1000)
	specs := []stream.TopicSpec{
		{Name: topicStreams, Partitions: 1, Config: compacted},
		{Name: topicFrames, Partitions: partitions, Config: frames},
		{Name: topicSessions, Partitions: partitions, Config: settings(retainWeek)},
		{Name: topicFlags, Partitions: partitions, Config: settings(retainWeek)},
		{Name: topicScores, Partitions: partitions, Config: settings(retainWeek)},
		{Name: topicTransactions, Partitions: partitions, Config: settings(retainWeek)},
		{Name: topicOrigins, Partitions: partitions, Config: settings(retain14)},
		{Name: topicTransfers, Partitions: partitions, Config: settings(retain100)},
		{Name: topicMatches, Partitions: partitions, Config: settings(retainWeek)},
		{Name: topicQuarantines, Partitions: 1, Config: compacted},
		{Name: topicPrints, Partitions: partitions, Config: settings(retainPrints)},
		{Name: topicSignals, Partitions: partitions, Config: settings(retain100)},
		{Name: topicCases, Partitions: partitions, Config: settings(retain100)},
		{Name: topicHashes, Partitions: 1, Config: compacted},
		{Name: topicActions, Partitions: partitions, Config: settings(retainYear)},
		{Name: topicReceipts, Partitions: partitions, Config: settings(retainYear)},
		{Name: topicFeedback, Partitions: 1, Config: settings(retain100)},
		{Name: topicDeadLetter, Partitions: 1, Config: settings(retain100)},
	}
	for _, c := range centres {
		specs = append(specs, stream.TopicSpec{Name: c.Topic(), Partitions: 1, Config: settings(retainYear)})
	}
	return specs
}

func names(specs []stream.TopicSpec) []string {
	out := make([]string, len(specs))
	for i, s := range specs {
		out[i] = s.Name
	}
	return out
}
