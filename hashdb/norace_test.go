//go:build !race

package hashdb

// stride is how many of the places where something can go wrong a test passes over at a
// time.
const stride = 1
