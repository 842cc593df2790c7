// Package pdq computes PDQ, the 256-bit perceptual hash of facebook/ThreatExchange,
// from a picture's luminance, in both behaviours of the reference and to the bit.
//
// A Hasher keeps its buffers and is for one goroutine at a time:
//
//	hash, quality, err := pdq.New(pdq.Mode512).Image(img)
//
// Two pictures show the same when their hashes differ by at most 31 bits and both
// qualities are at least 50; both numbers are the reference's recommendation. A picture
// may also have been turned or mirrored: ImageDihedral gives all eight hashes at once.
//
// Most of the work is a filter, which here is one weighted sum an axis where the
// reference slides boxes over the whole picture four times. The two round differently,
// by less than a hundredth of a grey level. Where that could decide a bit, a Hasher does
// as the reference does and takes up to twenty times as long.
//
// It decodes no files, bounds no sizes and compares no hashes. It trusts that a
// picture's pixels lie within its bounds, as package image's types do, and nothing
// about their values. hashdb comes next: it keeps lists of hashes and finds the near
// ones.
//
// On amd64 with AVX2 the loops over pixels are in assembly, which the build tag purego
// leaves out. The hashes are the same.
package pdq
