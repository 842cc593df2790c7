// Package pdq computes PDQ, the 256-bit perceptual hash of facebook/ThreatExchange,
// from a picture's luminance, in both behaviours of the reference.
//
// A Hasher keeps its buffers and is for one goroutine at a time:
//
//	hash, quality, err := pdq.New(pdq.Mode512).Image(img)
//
// Two pictures show the same when their hashes differ by at most 31 bits and both
// qualities are at least 50; both numbers are the reference's recommendation.
//
// It decodes no files, bounds no sizes and compares no hashes. It trusts that a
// picture's pixels lie within its bounds, as package image's types do, and nothing
// about their values. hashdb comes next: it keeps lists of hashes and finds the near
// ones.
package pdq
