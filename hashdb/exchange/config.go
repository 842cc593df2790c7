package exchange

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// Exchanges are the names that a SourceConfig's Exchange may have.
func Exchanges() []string {
	return []string{"arachnid", "folder", "ncmec", "stopncii", "threatexchange", "web"}
}

// Config is the exchanges of a deployment.
type Config struct {
	Exchanges SourceConfigs `yaml:"exchanges"`
}

// SourceConfigs is the section of that name. As YAML it is a sequence of mappings.
type SourceConfigs []SourceConfig

// SourceConfig says how to keep one source's lists in step. In YAML:
//
//   - source: ncmec            # the lists' source: each kind of hash is a list
//     exchange: ncmec          # one of Exchanges
//     url: https://…           # folder: path
//     every: 10m
//     stale_after: 24h
//     credentials: {user: {env: NCMEC_USER}, password: {file: /etc/vigil/ncmec}}
//     list: {owner: NCMEC, terms: …, state: shadow}   # of every list of the source
//     kinds: {pdq: {radius: 27, state: live}}         # of one
//     options: {window: 24h}                          # the exchange's own
//
// Keys that are not known are refused.
type SourceConfig struct {
	Source   string
	Exchange string
	// URL is the address of the owner's interface; of web, of the list itself.
	URL      string
	Insecure bool // Allows http to hosts other than this one.
	// Path is a folder's.
	Path string
	// Every is how often to sync; at least 10 seconds.
	Every time.Duration
	// StaleAfter is how old the last success may become before the lists count as
	// stale; at least Every.
	StaleAfter  time.Duration
	Credentials Credentials
	// List describes every list of the source, and Kinds those of one kind, whose
	// fields come before List's.
	List  ListConfig
	Kinds map[hashdb.Kind]ListConfig
	// Options are the exchange's own.
	Options Options
	// Line is where the section begins in its file; 0 when it is from no file.
	Line int
}

// ListConfig is what the configuration says of a list; nil fields are left as they
// are, or get hashdb's defaults in a new list.
type ListConfig struct {
	Owner, Category, Severity, Jurisdiction, Terms *string
	// State is that of a list when it is made. Afterwards the list's own counts: to
	// quarantine a list is not undone by the next sync.
	State  *hashdb.State
	Radius *int
	Allow  *bool
}

// Limits of a configuration.
const (
	minEvery     = 10 * time.Second
	maxEvery     = 7 * 24 * time.Hour
	maxStale     = 90 * 24 * time.Hour
	maxExchanges = 256
)

// Remote reports whether the exchange only answers look-ups and hands out no list, so
// that there is nothing to sync.
func (c *SourceConfig) Remote() bool { return c.Exchange == "arachnid" }

// ParseConfig reads a file whose only section is exchanges. All faults are reported at
// once, each with its line and what would be right, and without repeating values.
func ParseConfig(text []byte) (Config, error) {
	if len(text) > 1<<20 {
		return Config{}, errors.New("the configuration is longer than 1 MiB")
	}
	var c Config
	err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict())
	var section *ConfigError
	switch {
	case errors.As(err, &section):
		return Config{}, section
	case err != nil:
		// Without the source's lines, which may hold what should be secret.
		return Config{}, errors.New(yaml.FormatError(err, false, false))
	}
	return c, nil
}

// Check reports every fault at once. UnmarshalYAML has done so; it is for
// configurations that come from elsewhere.
func (s SourceConfigs) Check() error {
	f := &yamlfile.Faults{}
	s.check(f)
	return f.Err()
}

func (s SourceConfigs) check(f *yamlfile.Faults) {
	if len(s) > maxExchanges {
		f.Add(0, "exchanges: %d of them, want at most %d", len(s), maxExchanges)
	}
	seen := map[string]bool{}
	for i := range s {
		c := &s[i]
		at := fmt.Sprintf("exchanges[%d]", i)
		c.check(func(key, format string, args ...any) {
			f.Add(c.Line, at+"."+key+": "+format, args...)
		})
		// Lock files and checkpoints are named by the source, on file systems and in
		// eyes that do not tell case apart.
		name := strings.ToLower(c.Source)
		if seen[name] {
			f.Add(c.Line, "%s.source: %.64q is another exchange's too", at, c.Source)
		}
		seen[name] = true
	}
}

func (c *SourceConfig) check(fault func(key, format string, args ...any)) {
	if !slices.Contains(Exchanges(), c.Exchange) {
		fault("exchange", "%.30q is not one of %s", c.Exchange, strings.Join(Exchanges(), ", "))
	} else if c.Exchange == "folder" {
		if c.URL != "" {
			fault("url", "a folder has a path")
		}
		if !filepath.IsAbs(c.Path) {
			fault("path", "want the absolute path of a folder")
		}
	} else {
		if c.Path != "" {
			fault("path", "only folder has one")
		}
		if c.URL == "" {
			fault("url", "is missing; there is no default, so that nothing is asked unawares")
		} else if c.Exchange != "web" {
			if _, err := parseBase(c.URL, c.Insecure); err != nil {
				fault("url", "%v", err)
			}
		}
	}
	if c.Remote() {
		if c.Every != 0 || c.StaleAfter != 0 {
			fault("every", "%s hands out no list, so that there is nothing to sync", c.Exchange)
		}
	} else {
		if c.Every < minEvery || c.Every > maxEvery {
			fault("every", "%s is not from %s to %s", c.Every, minEvery, maxEvery)
		}
		if c.StaleAfter < c.Every || c.StaleAfter > maxStale {
			fault("stale_after", "%s is not from every (%s) to %s", c.StaleAfter, c.Every, maxStale)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Credentials)) {
		if at := c.Credentials[name]; (at.File == "") == (at.Env == "") {
			fault("credentials."+name, "want either file or env")
		}
	}
	if c.List.Radius != nil {
		fault("list.radius", "differs by kind of hash: give it under kinds, as in kinds: {pdq: {radius: 27}}")
	}
	// What is wrong with the lists is told by those who made the rules; PDQ stands for
	// kinds that are not named.
	kinds := slices.Sorted(maps.Keys(c.Kinds))
	if !slices.Contains(kinds, hashdb.KindPDQ) {
		kinds = append(kinds, hashdb.KindPDQ)
	}
	told := map[string]bool{}
	for _, k := range kinds {
		var all interface{ Unwrap() []error }
		if err := c.list(k).Check(); errors.As(err, &all) {
			for _, err := range all.Unwrap() {
				if told[err.Error()] {
					continue
				}
				told[err.Error()] = true
				fault("list", "%s: %v", k, err)
			}
		}
	}
}

// list returns a new list of kind k.
func (c *SourceConfig) list(k hashdb.Kind) hashdb.List {
	l := hashdb.List{Source: c.Source, Kind: k, Radius: k.DefaultRadius(), State: hashdb.StateLive}
	c.describe(&l)
	for _, lc := range []ListConfig{c.List, c.Kinds[k]} {
		if lc.State != nil {
			l.State = *lc.State
		}
	}
	return l
}

// describe sets what the configuration says of a list, other than its state.
func (c *SourceConfig) describe(l *hashdb.List) {
	for _, lc := range []ListConfig{c.List, c.Kinds[l.Kind]} {
		for _, t := range []struct{ to, from *string }{
			{&l.Owner, lc.Owner}, {&l.Category, lc.Category}, {&l.Severity, lc.Severity},
			{&l.Jurisdiction, lc.Jurisdiction}, {&l.Terms, lc.Terms},
		} {
			if t.from != nil {
				*t.to = *t.from
			}
		}
		if lc.Allow != nil {
			l.Allow = *lc.Allow
		}
		if lc.Radius != nil {
			l.Radius = *lc.Radius
		}
	}
}
