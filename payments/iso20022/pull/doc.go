// Package pull reads XML one token at a time, without copying, as far as payments need
// it: elements with namespaces, attributes, text, CDATA. It checks that the XML is
// well-formed and valid UTF-8, and refuses document types, entities of one's own, other
// character sets, and what exceeds its limits. It never panics, whatever the bytes.
//
// It reads what encoding/xml reads in strict mode, token for token, which a fuzz test
// holds it to, and is stricter in this: an attribute may occur once, and a declaration
// <?xml …?> has a version and an encoding or is refused. Names outside ASCII go by the
// fifth edition of XML 1.0.
package pull
