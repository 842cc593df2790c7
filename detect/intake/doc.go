// Package intake takes pictures out of a live stream: it runs ffmpeg on a file,
// an HLS playlist or an RTMP address and hands over some frames a second as
// JPEG.
//
// It looks at no picture and knows no topic; the command that watches a stream
// makes records of what it gets here, and package detect reads them. It trusts
// neither the stream nor what ffmpeg makes of it: ffmpeg is a process of its
// own, which no shell starts, which may open only the protocols that the input
// needs, and whose every output is bounded. It does not confine ffmpeg further:
// a playlist may name any host that this machine reaches, so watch unknown
// addresses from a network of their own.
package intake
