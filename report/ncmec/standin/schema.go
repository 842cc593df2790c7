package standin

import (
	_ "embed" // what the service takes
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed schema.txt
var schemaText string

// A schema is what the service takes, by type.
type schema map[string]complexType

type complexType struct {
	choice   bool
	elements []particle
	attrs    []particle
	text     string // the type of the text beside attributes, or ""
}

type particle struct {
	name, kind string
	least      int
	many       bool
}

var particleForm = regexp.MustCompile(`^(@?)([A-Za-z0-9]+)([?*+!]?)(?:=([A-Za-z0-9]+))?$`)

func readSchema(text string) (schema, error) {
	s := schema{}
	for i, line := range strings.Split(text, "\n") {
		name, rest, ok := strings.Cut(line, ":")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("schema: line %d has no type", i+1)
		}
		var t complexType
		for _, word := range strings.Fields(rest) {
			m := particleForm.FindStringSubmatch(word)
			switch {
			case word == "choice":
				t.choice = true
				continue
			case m == nil:
				return nil, fmt.Errorf("schema: line %d: %q", i+1, word)
			}
			p := particle{name: m[2], kind: m[4], least: 1}
			if p.kind == "" {
				p.kind = p.name
			}
			p.many = m[3] == "*" || m[3] == "+"
			if m[3] == "?" || m[3] == "*" {
				p.least = 0
			}
			switch {
			case m[1] == "@":
				if m[3] != "!" {
					p.least = 0
				}
				t.attrs = append(t.attrs, p)
			case p.name == "text":
				t.text = p.kind
			default:
				t.elements = append(t.elements, p)
			}
		}
		s[name] = t
	}
	return s, nil
}

// A node is an element of a document.
type node struct {
	name     string
	attrs    []xml.Attr
	children []node
	text     string
}

const maxDepth = 32

// parse reads a document into its elements.
func parse(r io.Reader) (node, error) {
	dec := xml.NewDecoder(r)
	var stack []node
	for {
		token, err := dec.Token()
		if err != nil {
			return node{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) >= maxDepth {
				return node{}, errors.New("too deep")
			}
			stack = append(stack, node{name: t.Name.Local, attrs: t.Attr})
			if t.Name.Space != "" {
				return node{}, errors.New("elements have no namespace")
			}
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			}
		case xml.Directive:
			return node{}, errors.New("a document type is not taken")
		case xml.EndElement:
			top := stack[len(stack)-1]
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				return top, nil
			}
			parent := &stack[len(stack)-1]
			parent.children = append(parent.children, top)
		}
	}
}

// child returns the text of an element's first child of a name.
func (n node) child(name string) string {
	for _, c := range n.children {
		if c.name == name {
			return strings.TrimSpace(c.text)
		}
	}
	return ""
}

// check holds an element to its type.
func (s schema) check(n node, kind string, now time.Time) error {
	t, complex := s[kind]
	if kind == "any" {
		return nil
	}
	if !complex {
		if len(n.children) > 0 {
			return fmt.Errorf("<%s> has no elements in it", n.name)
		}
		return simple(n.name, n.text, kind, now)
	}
	if err := attributes(n, t, now); err != nil {
		return err
	}
	if t.text != "" {
		return simple(n.name, n.text, t.text, now)
	}
	if strings.TrimSpace(n.text) != "" {
		return fmt.Errorf("<%s> has no text of its own", n.name)
	}
	if t.choice {
		for _, p := range t.elements {
			if len(n.children) == 1 && n.children[0].name == p.name {
				return s.check(n.children[0], p.kind, now)
			}
		}
		return fmt.Errorf("<%s> has exactly one kind in it", n.name)
	}
	next := 0
	for _, p := range t.elements {
		count := 0
		for ; next < len(n.children) && n.children[next].name == p.name; next++ {
			if err := s.check(n.children[next], p.kind, now); err != nil {
				return err
			}
			count++
		}
		if count < p.least || count > 1 && !p.many {
			return fmt.Errorf("<%s> has %d of <%s>", n.name, count, p.name)
		}
	}
	if next < len(n.children) {
		return fmt.Errorf("<%s> is not expected there in <%s>", n.children[next].name, n.name)
	}
	return nil
}

func attributes(n node, t complexType, now time.Time) error {
	for _, p := range t.attrs {
		i := slices.IndexFunc(n.attrs, func(a xml.Attr) bool { return a.Name.Local == p.name })
		if i < 0 && p.least > 0 {
			return fmt.Errorf("<%s> has no %s", n.name, p.name)
		}
		if i >= 0 {
			if err := simple(p.name, n.attrs[i].Value, p.kind, now); err != nil {
				return err
			}
		}
	}
	for _, a := range n.attrs {
		if !slices.ContainsFunc(t.attrs, func(p particle) bool { return p.name == a.Name.Local }) {
			return fmt.Errorf("<%s> has no attribute %s", n.name, a.Name.Local)
		}
	}
	return nil
}

// enums are the words of types that have fixed ones.
var enums = map[string][]string{
	"incidentType": {
		"Child Pornography (possession, manufacture, and distribution)", "Child Sex Trafficking", "Child Sex Tourism", "Child Sexual Molestation",
		"Misleading Domain Name", "Misleading Words or Digital Images on the Internet", "Online Enticement of Children for Sexual Acts", "Unsolicited Obscene Material Sent to a Child",
	},
	"event":          {"Login", "Registration", "Purchase", "Upload", "Other", "Unknown"},
	"relevance":      {"Reported", "Supplemental Reported"},
	"classification": {"A1", "A2", "B1", "B2"},
	"metadata":       {"EXIF", "HASH"},
	"contactType":    {"Home", "Work", "Business", "Recovery", "Mobile", "Fax", "Internet"},
}

var (
	country = regexp.MustCompile(`^[A-Z][A-Z0-9]$`)
	limited = regexp.MustCompile(`^(string|url)(\d+)$`)
)

// simple holds a text to its type.
func simple(name, text, kind string, now time.Time) error {
	fault := func(says string) error { return fmt.Errorf("<%s> %s", name, says) }
	if !utf8.ValidString(text) {
		return fault("is not UTF-8")
	}
	if m := limited.FindStringSubmatch(kind); m != nil {
		if most, _ := strconv.Atoi(m[2]); utf8.RuneCountInString(text) > most {
			return fault("is longer than " + m[2])
		}
		kind = m[1]
	}
	if words, ok := enums[kind]; ok {
		if !slices.Contains(words, text) {
			return fault("has a word that is not its own")
		}
		return nil
	}
	ok := true
	switch kind {
	case "string":
	case "filled":
		ok = strings.TrimSpace(text) != ""
	case "tag":
		ok = text == ""
	case "bool":
		ok = text == "true" || text == "false"
	case "long":
		_, err := strconv.ParseInt(text, 10, 64)
		ok = err == nil
	case "past":
		t, err := time.Parse(time.RFC3339, text)
		ok = err == nil && !t.After(now)
	case "ip":
		_, err := netip.ParseAddr(text)
		ok = err == nil
	case "country":
		ok = country.MatchString(text)
	case "mailbox":
		_, err := mail.ParseAddress(text)
		ok = err == nil
	case "url":
		u, err := url.Parse(text)
		ok = err == nil && u.Scheme != "" && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	default:
		return fault("is of a type that the stand-in does not know: " + kind)
	}
	if !ok {
		return fault("is not of its type, " + kind)
	}
	return nil
}
