// Package app wires the rooms to the topics and serves the commands.
//
// It is the only package that knows every room and the broker at once: it turns
// records into the rooms' values and their answers into records, and decides
// nothing else. cmd/vigil calls it; each file holds one command or one joint.
package app
