//go:build !race

package rule

const poolForgets = false
