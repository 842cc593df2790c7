// Package goaml makes the reports that financial-intelligence units take through
// goAML, UNODC's system, of alerts: the XML of one report, in the form of
// transactions or of an activity, and the ZIP that carries it.
//
// What a unit asks for is a Profile, which is data: codes, lengths, required
// elements, the characters of names, sizes of files. The profile of the United Arab
// Emirates (schema 5.0.2) comes with the package. A Filer is the reporting entity. The
// alert names no person and no amount; what the filer itself knows of the transactions
// that the alert refers to comes in its Books, and nothing else does: an element is
// from the alert, from the filer, or left out. Books of another institution are
// refused, so that its customers' names reach its own unit and nobody else.
//
// The package sends nothing and keeps nothing. It trusts no text: what may not stand in
// XML is taken out, and a report that breaks a rule of the profile is an error that
// names each element and its limit. Package drop, or the reporting entity's own
// upload, comes next.
package goaml
