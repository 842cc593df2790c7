package fleet

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/vigil-stream/vigil/internal/yamlfile"
	"github.com/vigil-stream/vigil/signal"
)

// A Policy says at which rate a stream is watched, and what of it is preserved. It is
// data: DefaultPolicy explains its numbers.
type Policy struct {
	Version string // for the audit log
	// BaseFPS is the rate of every stream and RaisedFPS that of one with a reason, in
	// frames a second. A stream whose own base is above RaisedFPS stays at its own.
	BaseFPS, RaisedFPS float64
	// Quiet is how long after its last reason a stream stays raised.
	Quiet    time.Duration
	RaiseOn  RaiseOn
	Preserve Preserve
}

// RaiseOn holds what a signal must say to raise a rate; a kind that is nil raises none.
type RaiseOn struct {
	Match   *MatchRule
	Flag    *FlagRule
	Payment *PaymentRule
}

// A MatchRule says which matches raise the rate. A held match never does.
type MatchRule struct {
	Frames  uint64 // least number of frames that match one entry
	Subject bool   // all streams of the subject, not the one named alone
}

// A FlagRule says whose rate a flag raises.
type FlagRule struct {
	Subject bool // all streams of the subject, not the one named alone
}

// A PaymentRule says which payment signals raise the rate of their subject's streams.
type PaymentRule struct {
	Strength   float64       // least, 0 to 1; a withdrawn signal, of 0, raises none
	Typologies []string      // empty: all
	Roles      []signal.Role // empty: both
}

// Preserve says around which signals the edge keeps the frames.
type Preserve struct {
	On            []signal.Kind // of KindMatch and KindFlag
	Before, After time.Duration
}

//go:embed policy.yaml
var defaultPolicy []byte

// DefaultPolicy is the documented file in this folder; it is broken where that is,
// which a test shows.
func DefaultPolicy() Policy {
	p, err := ReadPolicy(defaultPolicy)
	if err != nil {
		panic(err)
	}
	return p
}

// DefaultPolicyYAML returns the text of the default, to print and to start from.
func DefaultPolicyYAML() []byte { return slices.Clone(defaultPolicy) }

// Limits of a policy.
const (
	maxVersion  = 64 // bytes
	maxQuiet    = 24 * time.Hour
	maxPreserve = time.Hour
	maxList     = 64 // typologies
)

var (
	version  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	typology = regexp.MustCompile(`^[PX][0-9]{2}$`)
)

// ReadPolicy reads a policy, of which every key must be there save those of raise_on,
// preserve and the lists within. The error is a *FileError with every fault and its
// line.
func ReadPolicy(text []byte) (Policy, error) {
	f := &yamlfile.Faults{}
	var p Policy
	n := parse(f, text)
	switch {
	case f.Len() > 0:
	case n == nil:
		f.Add(1, "policy: is empty")
	default:
		p.read(f, n)
	}
	if err := f.Err(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

func (p *Policy) read(f *yamlfile.Faults, n ast.Node) {
	lines := map[string]int{}
	var on, roles []string
	// section reads a mapping and notes the lines of its keys under its own name.
	section := func(name string, k yamlfile.Keys) func(string, ast.Node) {
		return func(at string, n ast.Node) {
			own := map[string]int{}
			k.In(f, at, n, own)
			for key, l := range own {
				lines[name+"."+key] = l
			}
		}
	}
	yamlfile.Keys{
		"version":    yamlfile.Text(f, &p.Version),
		"base_fps":   yamlfile.Number(f, &p.BaseFPS),
		"raised_fps": yamlfile.Number(f, &p.RaisedFPS),
		"quiet":      yamlfile.Duration(f, &p.Quiet),
		"raise_on": section("raise_on", yamlfile.Keys{
			"match": func(at string, n ast.Node) {
				var frames float64
				p.RaiseOn.Match = &MatchRule{}
				section("raise_on.match", yamlfile.Keys{
					"frames": yamlfile.Number(f, &frames), "subject": yamlfile.Truth(f, &p.RaiseOn.Match.Subject),
				})(at, n)
				if frames < 1 || frames > 1<<32 || frames != float64(uint64(frames)) {
					f.Add(yamlfile.Line(n), "%s.frames: want a whole number of at least 1", at)
					return
				}
				p.RaiseOn.Match.Frames = uint64(frames)
			},
			"flag": func(at string, n ast.Node) {
				p.RaiseOn.Flag = &FlagRule{}
				section("raise_on.flag", yamlfile.Keys{"subject": yamlfile.Truth(f, &p.RaiseOn.Flag.Subject)})(at, n)
			},
			"payment": func(at string, n ast.Node) {
				p.RaiseOn.Payment = &PaymentRule{}
				section("raise_on.payment", yamlfile.Keys{
					"strength":   yamlfile.Number(f, &p.RaiseOn.Payment.Strength),
					"typologies": yamlfile.Texts(f, &p.RaiseOn.Payment.Typologies),
					"roles":      yamlfile.Texts(f, &roles),
				})(at, n)
			},
		}),
		"preserve": section("preserve", yamlfile.Keys{
			"on":     yamlfile.Texts(f, &on),
			"before": yamlfile.Duration(f, &p.Preserve.Before),
			"after":  yamlfile.Duration(f, &p.Preserve.After),
		}),
	}.In(f, "policy", n, lines)
	if f.Len() > 0 { // What could not be read would be reported as missing.
		return
	}
	for _, r := range roles {
		p.RaiseOn.Payment.Roles = append(p.RaiseOn.Payment.Roles, signal.Role(r))
	}
	for _, k := range on {
		p.Preserve.On = append(p.Preserve.On, signal.Kind(k))
	}
	p.check(func(field, format string, args ...any) {
		f.Add(lines[field], "policy.%s: %s", field, fmt.Sprintf(format, args...))
	})
}

// Check returns everything that is wrong with the policy, in one error.
func (p Policy) Check() error {
	f := &yamlfile.Faults{}
	p.check(func(field, format string, args ...any) {
		f.Add(0, "policy.%s: %s", field, fmt.Sprintf(format, args...))
	})
	return f.Err()
}

func (p Policy) check(fault func(field, format string, args ...any)) {
	if !version.MatchString(p.Version) {
		fault("version", "want 1 to %d letters, digits, '.', '_' and '-'", maxVersion)
	}
	if !rate(p.BaseFPS) {
		fault("base_fps", "want more than 0 and at most %d frames a second", MaxFPS)
	}
	if !rate(p.RaisedFPS) || p.RaisedFPS < p.BaseFPS {
		fault("raised_fps", "want at least base_fps and at most %d frames a second", MaxFPS)
	}
	if p.Quiet < time.Second || p.Quiet > maxQuiet {
		fault("quiet", "want %s to %s", time.Second, maxQuiet)
	}
	if m := p.RaiseOn.Match; m != nil && m.Frames < 1 {
		fault("raise_on.match.frames", "want a whole number of at least 1")
	}
	if pay := p.RaiseOn.Payment; pay != nil {
		if !(pay.Strength > 0 && pay.Strength <= 1) { // not a number fails too
			fault("raise_on.payment.strength", "want more than 0 and at most 1")
		}
		if len(pay.Typologies) > maxList || slices.ContainsFunc(pay.Typologies, func(t string) bool { return !typology.MatchString(t) }) {
			fault("raise_on.payment.typologies", "want at most %d, each as P05 or X01", maxList)
		}
		if len(pay.Roles) > 2 || slices.ContainsFunc(pay.Roles, func(r signal.Role) bool {
			return r != signal.Sender && r != signal.Recipient
		}) {
			fault("raise_on.payment.roles", "want %s, %s or both", signal.Sender, signal.Recipient)
		}
	}
	if len(p.Preserve.On) > 2 || slices.ContainsFunc(p.Preserve.On, func(k signal.Kind) bool {
		return k != signal.KindMatch && k != signal.KindFlag
	}) {
		fault("preserve.on", "want %s, %s or both: nothing else tells a moment of a stream", signal.KindMatch, signal.KindFlag)
	}
	for _, one := range []struct {
		field string
		value time.Duration
	}{{"preserve.before", p.Preserve.Before}, {"preserve.after", p.Preserve.After}} {
		if one.value < 0 || one.value > maxPreserve {
			fault(one.field, "want 0s to %s", maxPreserve)
		}
	}
}
