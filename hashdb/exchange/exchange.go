package exchange

import (
	"context"

	"github.com/vigil-stream/vigil/hashdb"
)

// A Source is an exchange that keeps lists in step with their owner.
type Source interface {
	// Sync hands over what changed since a checkpoint, which is nil at first, batch by
	// batch and in order. Each batch that may not be asked for again carries the
	// checkpoint from which to go on after it, as Batch.Checkpoint.Value; the name is
	// the caller's. apply returns when the batch is durable.
	//
	// It returns nil when the owner has nothing more, and apply's error unchanged.
	Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error
}

// A Feedbacker takes back to the owner what came of an entry.
type Feedbacker interface {
	Feedback(ctx context.Context, f Feedback) error
}

// Verdict is what a reviewer found about a match with an entry.
type Verdict string

const (
	// Affirmed says that the entry is what its list says.
	Affirmed Verdict = "affirmed"
	// Disputed says that it is not.
	Disputed Verdict = "disputed"
)

// Feedback is a verdict on one entry.
type Feedback struct {
	Kind    hashdb.Kind
	Ref     string // The owner's id, as in hashdb.Entry.
	Hash    hashdb.Hash
	Verdict Verdict
	Reason  string // From the owner's list of reasons, where it has one.
}

// A RemoteMatcher looks hashes up at their owner's, for lists that are not handed out.
type RemoteMatcher interface {
	// Match returns what is known of each hash, in their order.
	Match(ctx context.Context, hashes []hashdb.Hash) ([]RemoteMatch, error)
}

// RemoteMatch is a remote matcher's answer for one hash.
type RemoteMatch struct {
	Found bool
	// Category is the owner's class, empty when nothing is known.
	Category string
	// Exact says that the very hash is listed, false that a near one is.
	Exact bool
}
