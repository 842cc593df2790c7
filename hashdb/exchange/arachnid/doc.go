// Package arachnid asks Arachnid Shield, of the Canadian Centre for Child
// Protection, what is known of PDQ hashes: a list that is looked up at its owner's
// and not handed out.
//
// It sends hashes and nothing else. It never sends a picture, a video or an address
// of one, though the service takes them, and it keeps no answer. A hash that the
// service says nothing about is an error, never "not known".
//
// It trusts the service for what it says of a hash, and not for the form in which it
// says so: answers are limited in length and checked. What was found is for the
// caller to show to a reviewer.
//
// The form of requests and answers is that of the service's own published clients
// (arachnid-shield-sdk for Python and Rust, version 1 of the interface).
package arachnid
