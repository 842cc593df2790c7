// Package fleet watches many live streams in one process: one intake a stream,
// restarted with backoff, told as sessions, and looked at more often where a signal
// speaks against the stream or its account.
//
// It decodes no picture, keeps nothing on disk and knows no topic: what it takes are
// the streams that are wanted and the signals of the river, and what it gives are
// frames and session records, to a Sink. Package intake does the work on one input;
// package detect reads what comes out here.
//
// It trusts whoever says which streams to watch: their word makes this machine open
// an address or a file. It trusts neither a stream, whose intake may fail, hang and
// lie about the time, nor that signals come in order or once.
package fleet
