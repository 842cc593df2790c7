// Package service answers over HTTP which hashes and pictures lie near entries of the
// lists, for those who only want matching. openapi.yaml, which the service hands out at
// /v1/openapi.yaml, describes every path, answer and error.
//
// # Keys
//
// Every look-up needs a key, as package api has them. The quota counts hashes and not
// requests: one for each hash that is looked up here, one more for each that a remote
// matcher is asked about, for a picture one for each of its hashes.
//
//	keys:
//	  - name: platform-a
//	    sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
//	    per_minute: 6000
//	    per_day: 1000000
//	    may_see_hash: false     # the list's own hash in a match
//	    may_see_shadow: false   # lists on trial or held back, and disputed entries
//	    sources: [ncmec, own-innocents]
//	    max_radius: {pdq: 39}   # else the narrowest radius of the key's lists
//
// # What is never an answer
//
// An empty answer means that lists were searched and had nothing; "searched" says which.
// A kind of which no list of the key has an entry is refused with 409, and with 503 when none
// has any; a remote matcher that does not answer makes the request fail with
// 502; a picture with too little detail says low_quality and is looked up by its
// digests alone.
//
// # What a holder can learn
//
// Nothing lists entries, and a hash tried at random lies within 31 bits of one of ten
// million PDQ hashes with a chance of 10^-30, so that guessing finds nothing. Who has a
// picture near an entry learns that it is listed, by whom and as what; that is the
// purpose. Since the distance is told, they can also learn the entry's own hash, without
// may_see_hash too: turning one bit of theirs after another shows in some 256 look-ups
// which bits differ, and leaving the distance out would only make it somewhat longer,
// for the edge of the radius tells the same. The entry's name is a digest of its hash,
// by which a guess can be confirmed. Somebody who can test pictures can change one until
// it is no longer found. So keys are for those who may know, sources and quotas should
// be as small as their work allows, and Observe shows who asks how much. A list of few
// possible pictures' MD5 or SHA digests is no more secret than those pictures. may_see_hash
// of false keeps the hashes out of the holder's logs, no more.
//
// # The peer's paths
//
// Clients of Hasher-Matcher-Actioner 1.x (facebook/ThreatExchange) can switch by its
// address and an Authorization header: GET and POST /m/lookup, GET /m/raw_lookup, GET
// /m/index/status, POST /h/hash, GET /c/banks, GET /status and /status/live have its
// parameters and answers. Banks are the lists' sources. It differs in this:
//
//   - A url to fetch is refused with 403: it would let a client reach what only the
//     service can. GET /h/hash, which has nothing else, is left out.
//   - bank_content_id is the first 13 hexadecimal digits of the entry's name as a
//     number. The same hash in two banks has the same one.
//   - raw_lookup gives what lookup gives: entries that do not match are not told.
//   - seed and bypass_coinflip have no effect: a bank matches always or not at all.
//   - banks that are not there are refused with 403 instead of an empty answer, and what of
//     types has no list gives 503, for "no match" must not be said unsearched.
//   - An allow-list takes matches out, when it has the file by a signal type that is
//     looked up.
//   - Creating and changing banks, contents, exchanges and settings, comparing two
//     hashes (/m/compare), /site-map and the pages are left out: lists come from their
//     owners, and the rest needs no service.
//   - A parameter that is missing or wrong gives 400 with a message, also where the
//     peer's framework has 422 with a list of its own.
//   - GET puts the hash into the address, and proxies write that into their logs:
//     POST /v1/lookup does not.
//
// # Limits
//
// Requests are bounded in size, number of hashes, number at once and time of work, not
// in the time of sending: package api says what the server that this handler is given
// to must have, and its WriteTimeout must be more than Timeout too. The package logs
// nothing; what it reports and observes holds no hash, no key and no address.
//
// It trusts its Searcher's and its Decode's word, the owner of the key file, and no
// client. It decides nothing about a match. hashdb answers what it asks.
package service
