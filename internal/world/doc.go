// Package world makes the small made-up world of the demo: rendered scenes,
// live streams, flags and payments of people who do not exist.
//
// Every picture is drawn by arithmetic: landscapes and still lives, no person in
// any of them. One streamer is planted: the stream replays pictures of the demo
// list, and unrelated senders abroad paid shortly before. All others are the
// innocent look-alikes that such a detector meets far more often. The same seed
// and start give the same world.
package world
