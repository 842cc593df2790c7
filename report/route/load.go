package route

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"golang.org/x/text/language"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// Limits of a directory.
const (
	maxDirectory = 1 << 20 // bytes
	maxNested    = 16
)

var (
	centreID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	channels = []string{"queue", "ncmec", "goaml", "fincen", "webhook", "file", "portal"}
	kinds    = []string{"police", "clearinghouse", FIU}
	placing  = []Relation{Victim, Duty, Suspect, Payments}
)

// Load reads a directory of YAML. It takes no unknown key, and returns all that is wrong with
// what it says at once, each fault with its line.
func Load(text []byte) (Directory, error) {
	body, fault := yamlfile.Parse(text, maxDirectory, maxNested)
	if fault != nil {
		return Directory{}, fmt.Errorf("directory of centres: line %d: %s", fault.Line, fault.Says)
	}
	if body == nil {
		return Directory{}, errors.New("directory of centres: empty")
	}
	var d Directory
	if err := decode(text, &d); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			return Directory{}, fmt.Errorf("directory of centres: line %d: %s", at.GetToken().Position.Line, at.GetMessage())
		}
		return Directory{}, fmt.Errorf("directory of centres: %w", err)
	}
	c := checker{body: body, d: d}
	c.check()
	if len(c.faults) > 0 {
		return Directory{}, fmt.Errorf("directory of centres:\n%w", errors.Join(c.faults...))
	}
	return d, nil
}

// decode refuses unknown and repeated keys. The library panics at some texts.
func decode(text []byte, d *Directory) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = errors.New("not YAML: the parser gives up")
		}
	}()
	return yaml.UnmarshalWithOptions(text, d, yaml.Strict())
}

// A checker gathers what is wrong with what a directory says.
type checker struct {
	body   ast.Node
	d      Directory
	faults []error
}

// fault notes what is wrong at a path as in $.centres[1].id, at the line of the nearest part
// of it that is written.
func (c *checker) fault(path, format string, args ...any) {
	line := 1
	for at := path; at != "$"; at = at[:strings.LastIndexAny(at, ".[")] {
		if p, err := yaml.PathString(at); err == nil {
			if n, err := p.FilterNode(c.body); err == nil && yamlfile.Line(n) > 0 {
				line = yamlfile.Line(n)
				break
			}
		}
	}
	c.faults = append(c.faults, fmt.Errorf("line %d: %s: %s", line, strings.TrimPrefix(path, "$."), fmt.Sprintf(format, args...)))
}

func (c *checker) check() {
	if c.d.Version == "" {
		c.fault("$.version", "missing")
	}
	if c.d.Within < time.Minute {
		c.fault("$.within", "must be a time of a minute or more, as in 24h")
	}
	ids := map[string]bool{}
	charge := map[string]bool{} // "kind of centre, country"
	for i, centre := range c.d.Centres {
		at := fmt.Sprintf("$.centres[%d]", i)
		switch {
		case !centreID.MatchString(centre.ID):
			c.fault(at+".id", "must be 1 to 32 lower-case letters, digits and dashes")
		case ids[centre.ID]:
			c.fault(at+".id", "%s is there twice", centre.ID)
		}
		ids[centre.ID] = true
		if centre.Country != "" {
			c.country(at+".country", centre.Country)
			key := fmt.Sprint(centre.Kind == FIU, centre.Country)
			if charge[key] {
				c.fault(at+".country", "%s has two centres of this kind", centre.Country)
			}
			charge[key] = true
		}
		c.centre(at, centre)
	}
	for i, centre := range c.d.Centres {
		for j, id := range centre.CoveredBy {
			if !ids[id] {
				c.fault(fmt.Sprintf("$.centres[%d].covered_by[%d]", i, j), "must be the id of a centre in the directory")
			}
		}
	}
	if !ids[c.d.Fallback] {
		c.fault("$.fallback", "must be the id of a centre in the directory")
	}
	c.bounds("platforms", c.d.Platforms)
	c.bounds("institutions", c.d.Institutions)
	c.countries("$.hotlines.countries", c.d.Hotlines.Countries)
	if len(c.d.Hotlines.Countries) > 0 {
		c.source("$.hotlines.source", c.d.Hotlines.Source)
	}
	c.rules()
}

func (c *checker) centre(at string, centre Centre) {
	for key, value := range map[string]string{"name": centre.Name, "contact": centre.Contact, "format": centre.Format, "law.says": centre.Law.Says} {
		if value == "" || len(value) > 500 {
			c.fault(at+"."+key, "must be there, of at most 500 bytes")
		}
	}
	if !slices.Contains(kinds, centre.Kind) {
		c.fault(at+".kind", "must be one of %s", strings.Join(kinds, ", "))
	}
	if !slices.Contains(channels, centre.Channel) {
		c.fault(at+".channel", "must be one of %s", strings.Join(channels, ", "))
	}
	if len(centre.Takes) == 0 {
		c.fault(at+".takes", "must name at least one relation")
	}
	for i, r := range centre.Takes {
		if !slices.Contains(placing, r) || (r == Payments) != (centre.Kind == FIU) {
			c.fault(fmt.Sprintf("%s.takes[%d]", at, i), "must be victim, duty or suspect; payments, and that alone, for an fiu")
		}
	}
	if centre.Country == "" && len(centre.StandsIn) == 0 {
		c.fault(at, "needs a country, or countries that it stands in for")
	}
	c.countries(at+".stands_in", centre.StandsIn)
	if len(centre.Languages) == 0 {
		c.fault(at+".languages", "must name at least one")
	}
	for i, l := range centre.Languages {
		if _, err := language.Parse(l); err != nil {
			c.fault(fmt.Sprintf("%s.languages[%d]", at, i), "must be a language of BCP 47, as in en")
		}
	}
	c.source(at+".law.source", centre.Law.Source)
	if centre.Within < 0 {
		c.fault(at+".within", "must not be negative")
	}
	if centre.Key != "" {
		if _, err := age.ParseX25519Recipient(centre.Key); err != nil {
			c.fault(at+".key", "must be an age public key, age1…")
		}
	}
	for i, field := range centre.Assumed {
		if !slices.Contains([]string{"contact", "languages", "law", "takes", "within", "channel", "format"}, field) {
			c.fault(fmt.Sprintf("%s.assumed[%d]", at, i), "must name a field of a centre")
		}
	}
}

// IsCountry accepts the two capital letters of a country of ISO 3166-1, and XK.
func IsCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && len(code) == 2 && r.String() == code && r.IsCountry() && r.Canonicalize() == r
}

func (c *checker) country(path, code string) {
	if !IsCountry(code) {
		c.fault(path, "must be a country of ISO 3166-1 in two capital letters")
	}
}

func (c *checker) countries(path string, codes []string) {
	for i, code := range codes {
		c.country(fmt.Sprintf("%s[%d]", path, i), code)
		if slices.Contains(codes[:i], code) {
			c.fault(fmt.Sprintf("%s[%d]", path, i), "%s is there twice", code)
		}
	}
}

func (c *checker) source(path, text string) {
	if u, err := url.Parse(text); err != nil || u.Scheme != "https" || u.Host == "" {
		c.fault(path, "must be an https address where it can be read")
	}
}

func (c *checker) bounds(key string, list []Bound) {
	seen := map[Bound]bool{}
	for i, b := range list {
		at := fmt.Sprintf("$.%s[%d]", key, i)
		if b.Holder == "" {
			c.fault(at+".holder", "missing")
		}
		if seen[b] {
			c.fault(at, "is there twice")
		}
		seen[b] = true
		c.country(at+".country", b.Country)
	}
}

func (c *checker) rules() {
	for i, r := range c.d.Rules {
		at := fmt.Sprintf("$.rules[%d]", i)
		switch {
		case r.By == Fallback && i != len(c.d.Rules)-1:
			c.fault(at, "the fallback must be the last rule")
		case r.By != Fallback && !slices.Contains(placing, r.By):
			c.fault(at+".by", "must be victim, duty, suspect, payments or fallback")
		}
		if slices.ContainsFunc(c.d.Rules[:i], func(o Rule) bool { return o.By == r.By }) {
			c.fault(at+".by", "there is a rule by %s already", r.By)
		}
		if r.Why == "" {
			c.fault(at+".why", "missing")
		}
	}
	if len(c.d.Rules) == 0 || c.d.Rules[len(c.d.Rules)-1].By != Fallback {
		c.fault("$.rules", "the last must be by fallback")
	}
}
