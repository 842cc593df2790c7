// Package service is where platforms answer over HTTP: with receipts for what they were
// asked to do, and with the objections of the accounts that it befell. openapi.yaml, which
// the service hands out at /v1/openapi.yaml, describes every path, answer and error.
//
// Every request needs a key, as package api has them. A key is one platform's: it sends of
// the actions that this platform was asked for, and reads of no other's. The quota counts
// requests that write.
//
//	keys:
//	  - name: demo
//	    sha256: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5
//	    per_minute: 600
//	    per_day: 100000
//	    platform: demo
//
// # The same again
//
// A receipt and an objection that come again are accepted again and change nothing.
//
// # What a platform learns
//
// What became of its actions and of objections to them, in fixed words. Nothing here has
// what a reviewer wrote, who they are, what others told of the account, or whether anybody
// was told of it.
//
// It trusts the key file's owner and the functions it is given, and no client.
package service
