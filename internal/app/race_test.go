//go:build race

package app

// raced says that the tests run under the race detector.
const raced = true
