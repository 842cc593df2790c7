// Package signin is signing in to pages: with an OpenID provider, or, in development mode,
// with a code on loopback; the cookies of who is signed in, and when that ends. What a role
// may do, and how pages look, is each service's own.
//
// It trusts the provider to say who somebody is, and a proxy in front of it to hand on the
// name that browsers asked for. It trusts nothing that a browser brings.
package signin
