// Package inforce knows which set of rules is in force in a partition of transfers,
// and takes back what rules said that are no longer in it.
//
// A set comes as a record of the topic transfers, in every partition (see
// docs/decisions on rules in the prefix). So which set is in force at a transfer is a
// function of what lies before it, and not of when a process read a file. A set whose
// version is not higher than that in force changes nothing.
//
// It asks no rule and keeps no profile: package engine does. It trusts the store of
// its partition, and no set of rules before it has been read and checked.
package inforce
