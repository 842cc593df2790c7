// Package exchange keeps hash lists in step with their owners.
package exchange
