package standin

import (
	"fmt"
	"slices"
	"strings"
)

// simpleTypes are the W3C's names of simple types, where there is one that says the same;
// lengths and words are added as restrictions.
var simpleTypes = map[string]string{
	"bool": "xs:boolean", "long": "xs:long", "past": "xs:dateTime", "string": "xs:string", "filled": "xs:string",
	"ip": "xs:string", "country": "xs:string", "mailbox": "xs:string", "url": "xs:anyURI", "tag": "tag", "any": "xs:anyType",
}

// xsd writes the schema as an XML Schema, so that any validator can be asked.
func (s schema) xsd() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!-- Derived by Vigil's stand-in from public documentation. It is not the service's schema. -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="report" type="report"/>
  <xs:element name="fileDetails" type="fileDetails"/>
  <xs:complexType name="tag"/>
`)
	var kinds []string
	for kind := range s {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	used := map[string]bool{}
	for _, kind := range kinds {
		t := s[kind]
		fmt.Fprintf(&b, "  <xs:complexType name=%q>\n", kind)
		attrs := func(indent string) {
			for _, a := range t.attrs {
				use := "optional"
				if a.least > 0 {
					use = "required"
				}
				fmt.Fprintf(&b, "%s<xs:attribute name=%q type=%q use=%q/>\n", indent, a.name, s.nameOf(a.kind, used), use)
			}
		}
		switch {
		case t.text != "":
			fmt.Fprintf(&b, "    <xs:simpleContent><xs:extension base=%q>\n", s.nameOf(t.text, used))
			attrs("      ")
			b.WriteString("    </xs:extension></xs:simpleContent>\n")
		default:
			group := "sequence"
			if t.choice {
				group = "choice"
			}
			fmt.Fprintf(&b, "    <xs:%s>\n", group)
			for _, p := range t.elements {
				most := "1"
				if p.many {
					most = "unbounded"
				}
				fmt.Fprintf(&b, "      <xs:element name=%q type=%q minOccurs=\"%d\" maxOccurs=%q/>\n", p.name, s.nameOf(p.kind, used), p.least, most)
			}
			fmt.Fprintf(&b, "    </xs:%s>\n", group)
			attrs("    ")
		}
		b.WriteString("  </xs:complexType>\n")
	}
	var simple []string
	for kind := range used {
		simple = append(simple, kind)
	}
	slices.Sort(simple)
	for _, kind := range simple {
		base := "xs:string"
		m := limited.FindStringSubmatch(kind)
		if m != nil {
			base = simpleTypes[m[1]]
		}
		fmt.Fprintf(&b, "  <xs:simpleType name=%q><xs:restriction base=%q>\n", kind, base)
		if m != nil {
			fmt.Fprintf(&b, "    <xs:maxLength value=%q/>\n", m[2])
		}
		for _, w := range enums[kind] {
			fmt.Fprintf(&b, "    <xs:enumeration value=%q/>\n", w)
		}
		b.WriteString("  </xs:restriction></xs:simpleType>\n")
	}
	b.WriteString("</xs:schema>\n")
	return b.String()
}

// nameOf is the name of a type in the schema; used gathers those that must be declared.
func (s schema) nameOf(kind string, used map[string]bool) string {
	if _, ok := s[kind]; ok {
		return kind
	}
	if name, ok := simpleTypes[kind]; ok {
		return name
	}
	used[kind] = true
	return kind
}
