// Package api is what every HTTP service of ours has beside its own work: keys with
// grants and quotas, routes, problems (RFC 9457), bodies and parameters that are bounded
// and read strictly, and answers that are whole or an error.
//
// # Keys
//
// A request needs a key, Authorization: Bearer KEY, that NewKey made, unless its route
// is open. The key file holds the SHA-256 of each, its quota, and what a service adds
// by its Grant:
//
//	keys:
//	  - name: platform-a
//	    sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
//	    per_minute: 6000
//	    per_day: 1000000
//
// A changed file counts within ten seconds, and one that is no good leaves the keys as
// they were and is reported. The quota is kept in memory, so a restart fills it, and
// each of several processes counts by itself.
//
// # Limits
//
// Requests are bounded in size and in number at once, not in the time of sending: the
// server that a handler is given to must have ReadHeaderTimeout (5 s), ReadTimeout
// (30 s), WriteTimeout (60 s, more than the longest work and upload), IdleTimeout
// (2 min) and MaxHeaderBytes (16 KiB), and TLS or a proxy that has it.
//
// The package logs nothing; what it reports and observes holds no key, no address, and
// nothing that a request brought. It trusts the owner of the key file and its handlers,
// and no client. It knows nothing of hashes, frames or cases: the services that use it
// do.
package api
