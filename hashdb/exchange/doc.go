// Package exchange keeps hash lists in step with their owners.
//
// A Source hands over what changed at its owner's, batch by batch, with a checkpoint
// wherever it may go on from there. The Syncer applies the batches to a store, each
// with its checkpoint in the same step, so that a process that is killed at any moment
// leaves what was acknowledged and goes on from there. It syncs each source at its
// interval, never twice at once (also across processes, by a lock file), tries again
// at growing intervals or when the owner says, and tells which lists have not been in
// step for too long.
//
// The sources lie in packages below: ncmec, stopncii, threatexchange, web and folder;
// arachnid only answers look-ups. They share Client, which speaks to one host and lets
// nothing secret into an error, and Secret, which does not show what it holds.
// Package all opens the one that a configuration names.
//
// It does not log, count or raise alerts: Syncer.Status, Syncer.Stale and the outcome
// of each sync are for those who do. It does not encrypt what it stores.
//
// It trusts owners for what is listed, and neither them nor the network for its form
// or length. It trusts the configuration, which holds no secrets but says where they
// are. What comes next is hashdb, which looks the hashes up.
package exchange
