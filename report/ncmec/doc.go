// Package ncmec files reports with the CyberTipline of the National Center for Missing &
// Exploited Children, by its reporting API (https://report.cybertip.org/ispws/documentation).
//
// Build makes a report of a decision and of what the platform says of its account, and says
// of every field on which piece of evidence it rests: a field without a source is an error,
// so that none can be invented. A Client speaks to the service, to its test environment
// unless two switches say otherwise. A Filer carries a report from submit to finish, with a
// journal, so that whatever breaks off is not filed twice.
//
// Elements stand in the order that the service's schema enforces, as its documentation and
// public clients generated from the schema have it. The schema itself is served to holders of
// credentials alone, and is no part of this repository, since nothing says under which licence
// it is; Client.Schema fetches it, and package standin derives one from what is documented.
//
// It trusts neither the platform's answer nor the service's. It keeps no credentials but in
// memory, and logs nothing.
package ncmec
