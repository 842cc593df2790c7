package detect

import (
	"encoding/binary"

	"github.com/vigil-stream/vigil/signal"
)

// maxScans limits the scans of a JPEG. A scan of a progressive JPEG may hold a
// few dozen bytes and still makes the decoder visit every block of the picture,
// some 50 ms for 25 megapixels: 8 MiB of such scans would be hours. libjpeg's own
// script for colour pictures has 10 scans.
const maxScans = 32

// JPEG markers (ITU-T T.81, table B.1) that have no length behind them or end
// the walk.
const (
	jpegRST0 = 0xd0
	jpegRST7 = 0xd7
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
)

// boundJPEG counts the scans, skipping from marker to marker as the decoder
// does: bytes that are no marker are passed over, stuffed and fill bytes too.
// It stops at the end of the picture; a second one behind it is not looked at.
func boundJPEG(data []byte, _ Limits) error {
	scans := 0
	for i := 2; i+1 < len(data); {
		marker := data[i+1]
		switch {
		case data[i] != 0xff || marker == 0xff:
			i++
		case marker == 0 || marker >= jpegRST0 && marker <= jpegRST7:
			i += 2
		case marker == jpegEOI || i+3 >= len(data):
			return nil
		default:
			if marker == jpegSOS {
				scans++
			}
			if scans > maxScans {
				return signal.Reject("image-scans", "a jpeg of more than %d scans", maxScans)
			}
			// The length counts its own two bytes; the decoder refuses less.
			i += 2 + max(2, int(binary.BigEndian.Uint16(data[i+2:])))
		}
	}
	return nil
}

const pngSignature = "\x89PNG\r\n\x1a\n"

// boundPNG refuses an animated PNG: the decoder would show its first picture
// only, and the others would have passed unseen. The animation is announced
// before the first picture data (PNG, third edition, 11.3.6.1).
func boundPNG(data []byte, _ Limits) error {
	for rest := data[len(pngSignature):]; len(rest) >= 8; {
		switch string(rest[4:8]) {
		case "acTL":
			return signal.Reject("image-animated", "an animated png, and a frame is one picture")
		case "IDAT":
			return nil
		}
		// A chunk: length, type, data, checksum.
		size := 12 + int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)) {
			return nil // the decoder will say so
		}
		rest = rest[size:]
	}
	return nil
}

// losslessShare is how much less a lossless WebP, or a losslessly packed alpha
// plane, may measure than another picture. Each of its up to 32,767 groups of
// Huffman codes unpacks from some 220 bytes to some 52 KB of tables: 8 MiB could
// take 1.7 GB whatever the number of pixels, a quarter of it 0.5 GB.
const losslessShare = 4

// boundWebP refuses animations and large lossless parts. RIFF chunks: four
// characters, length, data, padding to an even length.
func boundWebP(data []byte, limits Limits) error {
	const animated = 1 << 1 // flag in the first byte of VP8X
	lossless := int64(0)
	for rest := data[12:]; len(rest) >= 8; {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		switch id := string(rest[:4]); {
		case id == "ANIM", id == "ANMF", id == "VP8X" && len(rest) > 8 && rest[8]&animated != 0:
			return signal.Reject("image-animated", "an animated webp, and a frame is one picture")
		case id == "VP8L", id == "ALPH":
			lossless += min(size, int64(len(rest)))
		}
		if most := int64(limits.Bytes / losslessShare); lossless > most {
			return signal.Reject("image-too-large", "%d bytes of lossless webp, and the limit is %d", lossless, most)
		}
		if size += 8 + size&1; size > int64(len(rest)) {
			return nil // the decoder will say so
		}
		rest = rest[size:]
	}
	return nil
}
