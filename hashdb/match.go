package hashdb

import "time"

// OwnRadius as a Query's radius means each list's own.
const OwnRadius = -1

// Query says how to look up.
type Query struct {
	// Radius is the greatest distance in bits, 0 to the kind's MaxRadius, or OwnRadius.
	Radius int
	// Sources restricts the look-up to lists of these sources; empty means all.
	Sources []string
}

// Answer is what the lists say of one hash. Each slice is ordered by distance, then
// list, then entry.
type Answer struct {
	// Matches are entries of live lists. It is empty when Allowed is not.
	Matches []Match
	// Allowed are entries of live lists of known innocent pictures.
	Allowed []Match
	// Vetoed are what would be Matches, had there been nothing in Allowed.
	Vetoed []Match
	// Shadow are entries of shadow and quarantined lists and disputed entries of live
	// ones: to measure, never to act on.
	Shadow []Match
}

// Match says that an entry of a list lies within a radius of a hash. Entries of one
// list with the same hash are one Match.
type Match struct {
	List    string // The list's source.
	Version string // The list's version at the look-up.
	Entry   string // Names the hash without giving it away: 16 hexadecimal digits.
	Kind    Kind
	// Distance is the number of differing bits, and Radius the greatest that counted.
	Distance, Radius int
	// Hash is the list's own. Logs and metrics must not hold it.
	Hash Hash
	// Of the list:
	Owner, Category, Severity, Jurisdiction string
	State                                   State
	Allow                                   bool
	// Of the entry or entries:
	Disputed bool     // All of them are.
	Refs     []string // The owner's ids, ascending, empty ones left out.
	Tags     []string // Ascending, each once.
	// Parties is how many parties verified it: the greatest that an entry states, or
	// the number of entries when that is more.
	Parties int
	Time    time.Time // The newest; zero when not known.
}
