//go:build race

package rule

// A sync.Pool forgets at random under the race detector.
const poolForgets = true
