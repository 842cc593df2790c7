// Package intake reads what institutions send, in every format that Vigil knows:
// one message by its content type ([Parse]), or a file of any size ([Open]), record
// by record, in memory that does not grow with the file.
//
// Each format has a package of its own beside this one, which reads and checks; here
// is only the choice between them. What is bad in the data never stops a file: it is an
// item that says which record is bad, where, and why, so that whoever holds the file can
// mend it; what has no message of its own gets one that stands for it ([StandIn]). It knows no broker: internal/app puts the items onto the transactions topic.
package intake
