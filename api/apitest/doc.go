// Package apitest calls a service and holds its answers against its OpenAPI document.
// Only tests import it.
package apitest
