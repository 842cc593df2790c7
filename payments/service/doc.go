// Package service takes payments over HTTP from the institutions that hold them, in
// every form that Vigil reads: ISO 20022, JSON, CSV by the key's column map, ISO 8583.
// openapi.yaml, which the service hands out at /v1/openapi.yaml, describes every path,
// answer and error.
//
// # Keys
//
// Every request needs a key, as package api has them. A key is one institution's, and a
// record that another one holds is refused. The quota counts records.
//
//	keys:
//	  - name: bank-a
//	    sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
//	    per_minute: 100000
//	    per_day: 20000000
//	    institution: DEMODEFFXXX
//	    columns: bank-a.yaml      # only for CSV
//
// # Record by record
//
// A body is read, checked and sent as it comes, in memory that does not grow with it.
// What is bad is refused record by record, with number, reference, code, place and
// reason, and the good ones around it are taken: 202 says that all that the receipt calls
// accepted is kept (Options.Send has returned), 422 that nothing was. A request that ends
// early (the quota, a broken body, a Send that fails) has an answer that says after which
// record: the same request with ?after= that number goes on, and the same one without
// it does no harm.
//
// # The same again
//
// A payment is known by the institution's own id. One that comes again is accepted again
// and changes nothing. Another payment under an id that was used is refused with code
// reference-reused, as far as this process remembers: of some 200,000 newest ids, since
// it began. The rooms behind hold the rule whatever is remembered: the first stands.
//
// # What an institution learns
//
// Whether its records could be read. Nothing here knows a signal, a case or a
// platform, so that no answer could tell of one.
//
// It trusts the key file's owner, Send and Token, and no client: a key's holder can make
// up payments of its own institution. What is accepted goes to the topic transactions,
// and split reads it.
package service
