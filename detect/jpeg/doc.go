// Package jpeg decodes the JPEGs that frames of streams are, for PDQ and for nothing
// else, in a fifth to less than half of image/jpeg's time: the less, the smoother the
// picture.
//
// Luminance is image/jpeg's to the bit. Colour is too where it could make a pixel's red,
// green or blue saturate, and neutral elsewhere: there PDQ does not look at it, so that
// hashdb/pdq gives the same hashes and the same quality for either decoder's picture. A
// picture of this package is not for the eye, nor for hashes that weigh colours.
//
// It takes baseline JPEGs of one scan, gray or with colours at full or half resolution.
// What is anything else, or wrong in any way, is [ErrUnsupported], without saying which:
// image/jpeg is to decide that, and is told the same bytes. Nothing is refused or
// forgiven here that is not there.
//
// It trusts no byte. It looks at no limit either: how many pixels a picture may have is
// for the caller to check (package detect does). It takes no more memory than a picture
// of that length could fill: each block of 64 pixels has at least two bits.
package jpeg
