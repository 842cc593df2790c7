// Package intake takes pictures out of one live stream: it runs ffmpeg on a file, an
// HLS playlist, an RTMP, RTSP or SRT address, or waits at an address for a sender,
// and hands over some pictures a second as JPEG, each with its time in the stream
// and in UTC.
//
// Where key frames come often enough for the rate asked, ffmpeg decodes nothing
// else: of a 720p stream with a key frame each second that is a seventh of the
// work. An H.264 stream with B-frames then gives its pictures two key frames late,
// for so long its decoder keeps them; event time is that of arrival.
//
// It looks at no picture and knows no topic; package fleet runs one intake a stream
// and tells sessions, and package detect reads the pictures. It starts ffmpeg a
// second time only to decode more: what to do when a stream ends, fails or stalls is
// the caller's to decide.
//
// It trusts neither the stream nor what ffmpeg makes of it: ffmpeg is a process of
// its own, which no shell starts, which may open only the protocols that the input
// needs, whose every output is bounded, and which is killed with all it started when
// it hangs. It does not confine ffmpeg further: a playlist may name any host that
// this machine reaches, so watch unknown addresses from a network of their own.
// Addresses, with the keys in them, are arguments of ffmpeg, which users of the same
// machine can list.
package intake
