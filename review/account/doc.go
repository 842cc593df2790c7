// Package account is what a platform is asked about an account that is to be told of, and
// what it answers: the request that goes out as a webhook, and the account's data.
//
// A request names what the platform itself told, its own streams and the token that stands
// for the account, and nothing else. What is missing is found by what the platform told as
// well, so that no question can tell it that a bank or another platform knows of the account.
//
// An account's data are personal data. The package keeps nothing and sends nothing, and no
// error of it repeats a value. review keeps answers encrypted under the key of their case.
package account
