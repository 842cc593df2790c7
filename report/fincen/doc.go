// Package fincen makes suspicious activity reports (FinCEN SAR, report 111) of alerts, as
// the XML of one batch that an institution uploads to BSA E-Filing.
//
// It follows FinCEN's notice FIN-2021-NTC3 on online child sexual exploitation: the notice's
// keyword alone in field 2 and in the narrative, and "OCSE" in field 38(z). The filing
// institution comes from a Filer; what it knows of its customer comes in a Subject, or every
// item says that it is unknown. No amount is made up either.
//
// The package sends nothing and keeps nothing. It holds each text to the schema's limits and
// names the element that breaks one.
package fincen
