// Package iso20022 reads the messages of ISO 20022 that tell of payments, and writes
// pacs.008. It trusts no sender: size, depth, count and length are limited, there are no
// document types, no entities but XML's own five, and no character set but UTF-8. What is
// bad is a Rejection that names the place and quotes nothing. Package intake chooses
// between this format and the others.
package iso20022
