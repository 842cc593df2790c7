package goaml

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/report"
)

// A checker cleans the texts of a report and holds them to a profile's rules.
type checker struct {
	p      *Profile
	faults []string
}

func (c *checker) fault(path, format string, args ...any) {
	c.faults = append(c.faults, path+": "+fmt.Sprintf(format, args...))
}

// typeNames are the types of the schema whose rules hold for a Go type where a field
// says nothing else.
var typeNames = map[reflect.Type]string{
	reflect.TypeFor[ForeignCurrency](): "t_foreign_currency",
	reflect.TypeFor[Account]():         "t_account",
	reflect.TypeFor[Signatory]():       "signatory",
	reflect.TypeFor[Person]():          "t_person",
	reflect.TypeFor[Entity]():          "t_entity",
	reflect.TypeFor[Address]():         "t_address",
	reflect.TypeFor[Phone]():           "t_phone",
	reflect.TypeFor[Identification]():  "t_person_identification",
}

const myClient = "_my_client"

// element checks the fields of a struct, which must be addressable, by the rules of a
// type. mine says that it is within a client of the reporting entity.
func (c *checker) element(v reflect.Value, typ string, mine bool, path string) {
	mine = mine || strings.HasSuffix(typ, myClient)
	rules := c.p.Fields[typ]
	if _, ok := c.p.Fields[typ+myClient]; mine && ok {
		rules = c.p.Fields[typ+myClient]
	}
	groups := make(map[string][]string) // names of what is set, by the tags one and pair
	members := make(map[string][]string)
	c.fields(v, func(f reflect.StructField, value reflect.Value, name string) {
		at := path + "." + name
		for _, tag := range []string{"one", "pair"} {
			if group := f.Tag.Get(tag); group != "" {
				key := tag + " " + group
				members[key] = append(members[key], name)
				if !value.IsZero() {
					groups[key] = append(groups[key], name)
				}
			}
		}
		rule, known := rules[name]
		switch {
		case value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0:
			if rule.Required {
				c.fault(at, "missing, and the unit requires it")
			}
			return
		case !known:
			c.fault(at, "the unit's schema has no such element")
			return
		}
		c.value(v, f, value, rule, mine, at)
	})
	for key, names := range members {
		switch set := groups[key]; {
		case strings.HasPrefix(key, "one ") && len(set) != 1:
			c.fault(path, "must have exactly one of %s, and has %d", strings.Join(names, ", "), len(set))
		case strings.HasPrefix(key, "pair ") && len(set) != 0 && len(set) != len(names):
			c.fault(path, "must have all of %s or none", strings.Join(names, ", "))
		}
	}
}

// fields calls fn with each element of a struct, those of embedded ones among them.
func (c *checker) fields(v reflect.Value, fn func(f reflect.StructField, value reflect.Value, name string)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			c.fields(v.Field(i), fn)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
		name, _, _ = strings.Cut(name, ">")
		if f.Name == "XMLName" {
			continue
		}
		fn(f, v.Field(i), name)
	}
}

func (c *checker) value(parent reflect.Value, f reflect.StructField, v reflect.Value, rule Rule, mine bool, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		c.value(parent, f, v.Elem(), rule, mine, path)
	case reflect.Slice:
		if rule.Most > 0 && v.Len() > rule.Most {
			c.fault(path, "stands %d times, and the limit is %d", v.Len(), rule.Most)
		}
		for i := range v.Len() {
			c.value(parent, f, v.Index(i), rule, mine, fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Struct:
		typ := f.Tag.Get("is")
		if typ == "" {
			typ = typeNames[v.Type()]
		}
		c.element(v, typ, mine, path)
	case reflect.Int:
		n := int(v.Int())
		if rule.Least != nil && n < *rule.Least || rule.Greatest != nil && n > *rule.Greatest {
			c.fault(path, "must be from %s to %s", bound(rule.Least), bound(rule.Greatest))
		}
	case reflect.Bool:
		if rule.Only && !v.Bool() {
			c.fault(path, "may be true or left out")
		}
	case reflect.String:
		c.text(parent, v, rule, path)
	}
}

func bound(n *int) string {
	if n == nil {
		return "any"
	}
	return strconv.Itoa(*n)
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,13})?$`)

// maxAmount bounds an amount in goAML's schema, maxDigits its digits: those that every
// validator of XML schemas must be able to read.
const (
	maxAmount = 7_900_000_000_000_000
	maxDigits = 18
)

func (c *checker) text(parent, v reflect.Value, rule Rule, path string) {
	s := report.PlainText(v.String())
	if rule.Pattern == namePattern && !c.p.patterns[namePattern].MatchString(s) {
		folded := foldName(s)
		if !c.p.patterns[namePattern].MatchString(folded) {
			c.fault(path, "has characters that names of this unit may not have, which are %s; give it in those", c.p.Patterns[namePattern])
			return
		}
		if !noteName(parent, path, s) {
			c.fault(path, "has characters that names of this unit may not have, and there is no comment to keep it in")
			return
		}
		s = folded
	}
	v.SetString(s)
	chars := utf8.RuneCountInString(s)
	switch {
	case s == "" && (rule.Required || rule.Min > 0):
		c.fault(path, "has nothing that can be printed, and the unit requires it")
	case chars < rule.Min:
		c.fault(path, "%d characters, and the least is %d", chars, rule.Min)
	case rule.Max > 0 && chars > rule.Max:
		c.fault(path, "%d characters, and the limit is %d", chars, rule.Max)
	case rule.Pattern != "" && !c.p.patterns[rule.Pattern].MatchString(s):
		c.fault(path, "must match %s", c.p.Patterns[rule.Pattern])
	case rule.Codes != "" && !c.p.codes[rule.Codes][s]:
		c.fault(path, "must be one of the unit's codes: %s", someOf(c.p.Codes[rule.Codes]))
	case rule.Type == "date":
		if t, err := time.Parse(dateForm, s); err != nil || t.Year() < 1753 {
			c.fault(path, "must be a date like 2025-01-13T05:06:30, from 1753 on")
		}
	case rule.Type == "amount":
		whole, part, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if !decimal.MatchString(s) || err != nil || n >= maxAmount || len(whole)+len(part) > maxDigits {
			c.fault(path, "must be a decimal number of at most %d digits, 13 after the point, and below %d", maxDigits, maxAmount)
		}
	}
}

// noteName keeps a name, as it is held, in the comments of its element.
func noteName(parent reflect.Value, path, held string) bool {
	comments := parent.FieldByName("Comments")
	if !comments.IsValid() {
		return false
	}
	name := path[strings.LastIndexByte(path, '.')+1:]
	comments.SetString(strings.TrimSpace(comments.String() + " " + name + " as it is held: " + held + "."))
	return true
}

// someOf lists codes, not all where there are many.
func someOf(codes []string) string {
	if len(codes) <= 24 {
		return strings.Join(codes, ", ")
	}
	return strings.Join(codes[:12], ", ") + fmt.Sprintf(" and %d more", len(codes)-12)
}

// check cleans a report and returns all that is wrong with it.
func (p *Profile) check(r *xmlReport) error {
	c := &checker{p: p}
	c.element(reflect.ValueOf(r).Elem(), "report", false, "report")
	if len(c.faults) == 0 {
		return nil
	}
	slices.Sort(c.faults)
	return &Invalid{Faults: c.faults}
}
