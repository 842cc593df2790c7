// Package rule reads rules that analysts write, and makes typologies of them.
//
// A rule file ([Read]) says of each rule whose transfers it looks at, which of
// them count, over which window, what is measured and from which value on it
// fires, with what strength and in what words. docs/rules.md is the language on
// one page, schema/rules.v1.json its JSON schema.
//
// It does not keep profiles, read messages, or decide when a set of rules comes
// into force. It trusts no file: size, depth and count are limited, and a fault
// says line and column. Where people are and what they are called is never enough
// for a rule (fair.go), and nationality, sex and age are no fields at all.
package rule
