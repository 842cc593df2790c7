// Package apitest holds a service's answers against its OpenAPI document. Only tests
// import it.
package apitest
