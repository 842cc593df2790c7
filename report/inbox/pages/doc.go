// Package pages is what the officers of a centre see of its inbox: what waits, the most
// urgent first and why; an alert with every check, part and record; a form for what came of
// it. Pages are made on the server and work without scripts; a small one adds keys.
//
// Officers see and say, auditors see. Package signin knows who somebody is, by a provider or,
// on one machine, by a code and a name of their own choice, which the journal notes. No
// picture is shown; what came beside an alert is a file to download.
//
// It trusts the store and package signin. It trusts no text of an alert: templates escape it, and the content
// security policy lets no script or style run that is not a file of ours.
package pages
