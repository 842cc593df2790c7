// Package stream runs handlers on Kafka topics through kafka-go, so that the
// rooms of Vigil need not know a broker.
//
// It owns the partition loop (fetch, handle, produce, store, commit), the
// producer, the dead letters, the local state of a partition with its
// checkpoints, and an embedded broker for one machine. It knows CloudEvents in
// binary mode and no payload: what a record means is the handler's business.
// It does not do transactions, exactly-once production, or schema checks, and
// it does not honour a foreign producer's transactions: records of an aborted
// one are read like any other.
//
// What it promises, and where:
//
//   - A record's effect is durable before its offset is committed
//     (flush.go). Outputs may therefore repeat after a crash, with the same
//     ids; they are never lost. A consumer drops what it has seen.
//   - A passing fault stops the partition and is retried for ever; a permanent
//     one goes to the dead letters (handle.go). A record is never skipped.
//   - State is replayed from a base that is known to stand for a prefix of the
//     partition, or the partition does not start (restore.go).
//   - Records in one partition stay in order, also over retries (produce.go).
//
// It trusts the brokers to keep what they acknowledged, the folder of its state
// and the bucket of its checkpoints; it does not trust what producers wrote:
// sizes, compression and headers are bounded before they are believed. The
// state folder belongs to one process: Pebble's lock refuses a second one.
//
// internal/app comes next: it names the loops and wires the rooms to topics.
package stream
