// Package service takes over HTTP what a platform saw with its own decoder: frames, as
// pictures or as hashes alone, sessions, its users' flags, and the scores of its own
// classifier. openapi.yaml, which the
// service hands out at /v1/openapi.yaml, describes every path, answer and error.
//
// # Keys
//
// Every request needs a key, as package api has them, and the key's platform is that of
// whatever is sent with it: nobody sends in another's name. The quota counts frames, and
// a session, a flag or a score as one.
//
//	keys:
//	  - name: platform-a-eu
//	    sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
//	    per_minute: 60000
//	    per_day: 50000000
//	    platform: platform-a
//
// # All or nothing
//
// A request is taken as a whole, and 202 says that all of it is kept: Options.Send has
// returned. Otherwise nothing is taken, and the problem names up to ten faults, each by
// its place. The one exception: where Send fails or is too slow, some records may be on
// their way; the answer is 503, and the same request again does no harm, for what has an
// id of the platform's own is known by it. A frame without one is known by its stream,
// its time and its bytes: two equal ones of one moment are one.
//
// # What is kept of an account
//
// Nothing. It becomes a subject token here, and no error, report or metric holds it. It
// is never part of an address, since proxies write those into their logs: for one
// picture it is in the header Vigil-Account, else in the body. So it is with the guests of
// a private session.
//
// # Pictures
//
// Format, size, dimensions and structure are checked; pictures are not decoded, and
// passed on byte by byte. With Options.HashHere they are hashed instead, and go no further.
// What cannot be decoded is then refused, and otherwise found out by the detector, whose
// dead letters it becomes.
//
// # The advice
//
// GET /v1/streams/{stream}/rate says how often to sample a stream and which kinds of
// signal are the reason. That a payment signal is among them is more than a platform
// could know by itself: Options.Rate decides whether to say so.
//
// It trusts the key file's owner, Send, Subject and Rate, and no client: a key's
// holder can make up frames, sessions, flags and scores of its own platform. What is
// accepted goes to the topics frames, sessions, flags and scores, and detect reads them.
package service
