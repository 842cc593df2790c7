package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/origin"
	"github.com/vigil-stream/vigil/review/webhook"
)

// Rooms are the rooms that `vigil run` can host, in the order of the river.
var Rooms = []string{"lists", "detect", "payments", "correlate", "review", "report"}

// Config is vigil.yaml. Every key has a default, so an empty file is a valid one.
type Config struct {
	// Data is the folder of all that this deployment keeps: keys, hash lists,
	// the case store, the audit log, the rooms' state.
	Data string `yaml:"data"`
	// Brokers are host:port of Kafka. Empty means an embedded broker on
	// loopback, its log under Data.
	Brokers []string `yaml:"brokers"`
	// Prefix is put before every topic and consumer group.
	Prefix string `yaml:"prefix"`
	// Partitions is how many each keyed topic gets when it is created.
	Partitions int `yaml:"partitions"`
	// Listen is host:port of `vigil run`'s /metrics, /livez and /readyz; "none" for none.
	Listen string `yaml:"listen"`
	// Rooms are the rooms that run hosts; empty means all.
	Rooms []string `yaml:"rooms"`
	// Log is "json" or "console".
	Log string `yaml:"log"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
	// KeyFile holds the deployment key (64 hex digits) that makes subject tokens.
	KeyFile string `yaml:"key_file"`
	// State is the folder of the rooms' local stores, one for each process.
	State string `yaml:"state"`
	// Checkpoints is the folder or file:// URL of the blob storage to which
	// state is checkpointed, shared by all processes of a deployment.
	Checkpoints string `yaml:"checkpoints"`
	// CheckpointEvery is the number of records between two checkpoints.
	CheckpointEvery int64 `yaml:"checkpoint_every"`
	// ProfileMemory is how many MiB the profiles of payments may take in this process, if
	// it has all partitions; what does not fit is read from the state folder.
	ProfileMemory int64 `yaml:"profile_memory"`
	// SessionTimeout is how long a silent process keeps its partitions.
	SessionTimeout time.Duration `yaml:"session_timeout"`
	// RequireEncrypted refuses hash lists in a folder that is not known to be
	// encrypted at rest.
	RequireEncrypted bool `yaml:"require_encrypted"`
	// Exchanges are those with which the room lists keeps lists in step.
	Exchanges exchange.SourceConfigs `yaml:"exchanges"`
	// Matching says when a stream matches.
	Matching MatchingConfig `yaml:"matching"`
	// Flood says when an entry that matches in many streams is held back.
	Flood FloodConfig `yaml:"flood"`
	// KeepPrintsDays is for how many days of event time frame hashes are kept, to be
	// looked through when a list gains an entry.
	KeepPrintsDays int `yaml:"keep_prints_days"`
	// OwnList is the list that the frames of confirmed cases go into; "none" for none.
	OwnList string `yaml:"own_list"`
	// Evidence is the folder or file:// URL of the blob storage that preserved
	// windows of streams go to.
	Evidence string `yaml:"evidence"`
	// EvidenceRecipients is a file of age public keys, a line each, that windows of
	// streams are encrypted to. Without it `vigil watch` keeps none.
	EvidenceRecipients string `yaml:"evidence_recipients"`
	// EvidenceKeys is the folder of the keys under which windows of cases lie; leave it out
	// of backups, or keep those short. EvidenceKMS is the URL of a key that these keys are
	// wrapped with; empty for none.
	EvidenceKeys string `yaml:"evidence_keys"`
	EvidenceKMS  string `yaml:"evidence_kms"`
	// Weights is the file of weights by which cases are scored; empty means that of vigil.
	// Processes that host correlate need the same: weights are part of what makes the state.
	Weights string `yaml:"weights"`
	// WatchPolicy is the file that says how often streams are sampled and what is
	// preserved of them; empty means the policy that comes with vigil.
	WatchPolicy string `yaml:"watch_policy"`
	// PaymentTables is a folder of data files that stand in for those that come with
	// vigil, by name: zones.csv, merchants.csv, tourists.csv, corridors.csv. Empty means those.
	PaymentTables string `yaml:"payment_tables"`
	// BaseCurrency is what rules of amounts reckon in, ISO 4217.
	BaseCurrency string `yaml:"base_currency"`
	// Rates is a file of dated rates, read again when it changes; without it only amounts
	// in the base currency are known. RatesDays is how long a rate holds.
	Rates     string `yaml:"rates"`
	RatesDays int    `yaml:"rates_days"`
	// OriginDays is for how many days of event time a payment is remembered, so that one
	// that is told of again counts once, and a rejection finds what it takes back. Processes
	// that host payments need the same: it is part of what makes the state.
	OriginDays int `yaml:"origin_days"`
	// PaymentRules is a file of rules that stand beside the typologies, taken up when it
	// changes. PaymentRulesShadow is one whose findings are counted and go nowhere.
	PaymentRules       string `yaml:"payment_rules"`
	PaymentRulesShadow string `yaml:"payment_rules_shadow"`
	// Centres is the file of reporting centres; empty means the directory that comes with
	// vigil.
	Centres string `yaml:"centres"`
	// NCMEC says how reports reach the CyberTipline.
	NCMEC NCMECConfig `yaml:"ncmec"`
	// Completeness says how complete an alert must be to leave.
	Completeness CompletenessConfig `yaml:"completeness"`
	// NameAccounts are centres, by id, that are told in their queues what platforms say of an
	// account; a centre without a key of its own cannot be one.
	NameAccounts []string `yaml:"name_accounts"`
	// Platforms are those to which actions are delivered as webhooks; actions for others
	// lie on the topic actions alone.
	Platforms []webhook.Platform `yaml:"platforms"`
	// Channels says how centres are reached beside their queues, by their id.
	Channels map[string]ChannelConfig `yaml:"channels"`
	// Delivery says how centres are treated, by their id.
	Delivery map[string]DeliveryConfig `yaml:"delivery"`
	// OutcomeKeys are the verifier keys of centres that say what came of alerts, by their id.
	OutcomeKeys OutcomeKeys `yaml:"outcome_keys"`
	// CentreKeys are files of age public keys, by the id of a centre: what leaves for it is
	// encrypted to all of them. On brokers that are configured each centre needs one.
	CentreKeys map[string]string `yaml:"centre_keys"`
	// AlertsInClear lets alerts leave signed alone for centres without a key.
	AlertsInClear bool `yaml:"alerts_in_clear"`
	// Attach says what travels with an alert, by the id of a centre: none or frames.
	Attach map[string]string `yaml:"attach"`
	// Review says how cases are decided.
	Review ReviewConfig `yaml:"review"`
}

// MatchingConfig says when a stream matches.
type MatchingConfig struct {
	// SegmentGap is after how long without a match a segment has ended.
	SegmentGap time.Duration `yaml:"segment_gap"`
	// ClipStreamShare and ClipShare are the least shares, in percent, of the stream's
	// frames and of a listed video's frames that must match for the video to match.
	ClipStreamShare *float64 `yaml:"clip_stream_share"`
	ClipShare       *float64 `yaml:"clip_share"`
}

// FloodConfig says when an entry is held back.
type FloodConfig struct {
	// Streams is in how many streams an entry may match within Within, in event time.
	Streams int           `yaml:"streams"`
	Within  time.Duration `yaml:"within"`
	// Feedback is when the list's owner is told: "hold" at once, "verdict" when a
	// person has looked, "none" never.
	Feedback string `yaml:"feedback"`
	// Reasons are, by source, which of its owner's own reasons such feedback states;
	// some owners take no dispute without one.
	Reasons map[string]string `yaml:"reasons"`
}

// DefaultConfig keeps everything under a folder; empty means "data".
func DefaultConfig(data string) Config {
	c := Config{Data: data}
	c.fill()
	return c
}

// LoadConfig reads a configuration file. An empty path means vigil.yaml where
// there is one, and the defaults where there is none. A data folder that is not
// empty replaces the one of the file. All faults are reported at once.
func LoadConfig(path, data string) (Config, error) {
	optional := path == ""
	if optional {
		path = "vigil.yaml"
	}
	text, err := os.ReadFile(path)
	switch {
	case optional && errors.Is(err, fs.ErrNotExist):
		return DefaultConfig(data), nil
	case err != nil:
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := parseConfig(text, data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parseConfig(text []byte, data string) (Config, error) {
	var c Config
	if len(bytes.TrimSpace(text)) > 0 {
		if err := strictYAML(text, &c); err != nil {
			return Config{}, fmt.Errorf("not a valid configuration:\n%s", yaml.FormatError(err, false, true))
		}
	}
	if data != "" {
		c.Data = data
	}
	c.fill()
	return c, c.Validate()
}

// strictYAML refuses unknown keys. The library panics at some texts that are not YAML.
func strictYAML(text []byte, v any) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = errors.New("not YAML: the parser gives up")
		}
	}()
	return yaml.UnmarshalWithOptions(text, v, yaml.Strict())
}

// fill sets what was left out.
func (c *Config) fill() {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&c.Data, "data")
	set(&c.Prefix, "vigil.")
	set(&c.Listen, "127.0.0.1:9610")
	set(&c.Log, "json")
	set(&c.LogLevel, "info")
	set(&c.KeyFile, filepath.Join(c.Data, "deployment.key"))
	set(&c.State, filepath.Join(c.Data, "state"))
	set(&c.Checkpoints, filepath.Join(c.Data, "checkpoints"))
	set(&c.Evidence, filepath.Join(c.Data, "evidence"))
	set(&c.EvidenceKeys, filepath.Join(c.Data, "evidence-keys"))
	set(&c.OwnList, "confirmed")
	set(&c.BaseCurrency, "EUR")
	if c.RatesDays == 0 {
		c.RatesDays = 7
	}
	if c.OriginDays == 0 {
		c.OriginDays = origin.DefaultDays
	}
	set(&c.Flood.Feedback, "hold")
	c.Review.fill()
	if c.Flood.Streams == 0 {
		c.Flood.Streams = 20
	}
	if c.Flood.Within == 0 {
		c.Flood.Within = time.Hour
	}
	if c.KeepPrintsDays == 0 {
		c.KeepPrintsDays = 7
	}
	if c.Matching.SegmentGap == 0 {
		c.Matching.SegmentGap = 30 * time.Second
	}
	if c.Partitions == 0 {
		c.Partitions = 4
	}
	if c.CheckpointEvery == 0 {
		c.CheckpointEvery = 50_000
	}
	if c.ProfileMemory == 0 {
		c.ProfileMemory = 1024
	}
	if c.SessionTimeout == 0 {
		c.SessionTimeout = 30 * time.Second
	}
	if len(c.Rooms) == 0 {
		c.Rooms = slices.Clone(Rooms)
	}
}

var prefixForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{0,100}$`)

// Validate reports every fault at once, each with its key and what would be right.
func (c *Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for i, b := range c.Brokers {
		if _, port, err := net.SplitHostPort(b); err != nil || port == "" {
			fault("brokers[%d]: %q is not host:port, as in 127.0.0.1:9092", i, b)
		}
	}
	if !prefixForm.MatchString(c.Prefix) {
		fault("prefix: %q may hold letters, digits, '.', '_' and '-' only, at most 100", c.Prefix)
	}
	if c.Partitions < 1 || c.Partitions > 1000 {
		fault("partitions: %d is not from 1 to 1000", c.Partitions)
	}
	if c.ProfileMemory < 1 {
		fault("profile_memory: %d is not a positive number of MiB", c.ProfileMemory)
	}
	if c.CheckpointEvery < 1 {
		fault("checkpoint_every: %d is not a positive number of records", c.CheckpointEvery)
	}
	if c.SessionTimeout < time.Second || c.SessionTimeout > 10*time.Minute {
		fault("session_timeout: %s is not from 1s to 10m", c.SessionTimeout)
	}
	if c.Listen != "none" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			fault("listen: %q is not host:port, nor none", c.Listen)
		}
	}
	for i, r := range c.Rooms {
		if !slices.Contains(Rooms, r) {
			fault("rooms[%d]: no room is called %q; the rooms are %s", i, r, strings.Join(Rooms, ", "))
		}
	}
	if c.Log != "json" && c.Log != "console" {
		fault("log: %q is neither json nor console", c.Log)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		fault("log_level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	for key, where := range map[string]string{"checkpoints": c.Checkpoints, "evidence": c.Evidence} {
		if u, err := url.Parse(where); err != nil || (u.Scheme != "" && u.Scheme != "file") {
			fault("%s: %q is neither a folder nor a file:// URL", key, where)
		}
	}
	if c.KeepPrintsDays < 1 || c.KeepPrintsDays > 400 {
		fault("keep_prints_days: %d is not from 1 to 400", c.KeepPrintsDays)
	}
	if _, known := payments.MinorDigits(c.BaseCurrency); !known {
		fault("base_currency: %q is no currency of ISO 4217", c.BaseCurrency)
	}
	if c.RatesDays < 1 || c.RatesDays > 366 {
		fault("rates_days: %d is not from 1 to 366", c.RatesDays)
	}
	if c.OriginDays < 1 || c.OriginDays > 90 {
		fault("origin_days: %d is not from 1 to 90", c.OriginDays)
	}
	if c.OwnList != "none" {
		if err := hashdb.CheckSource(c.OwnList); err != nil {
			fault("own_list: %w", err)
		}
	}
	if c.Flood.Streams < 2 || c.Flood.Streams > 10_000 {
		fault("flood.streams: %d is not from 2 to 10000", c.Flood.Streams)
	}
	if c.Flood.Within < time.Minute || c.Flood.Within > 7*24*time.Hour {
		fault("flood.within: %s is not from 1m to 168h", c.Flood.Within)
	}
	if !slices.Contains([]string{"hold", "verdict", "none"}, c.Flood.Feedback) {
		fault("flood.feedback: %q is none of hold, verdict, none", c.Flood.Feedback)
	}
	if c.Matching.SegmentGap < time.Second || c.Matching.SegmentGap > time.Hour {
		fault("matching.segment_gap: %s is not from 1s to 1h", c.Matching.SegmentGap)
	}
	for key, share := range map[string]*float64{"clip_stream_share": c.Matching.ClipStreamShare, "clip_share": c.Matching.ClipShare} {
		if share != nil && !(*share >= 0 && *share <= 100) {
			fault("matching.%s: %v is not from 0 to 100 percent", key, *share)
		}
	}
	if err := webhook.Check(c.Platforms); err != nil {
		faults = append(faults, err)
	}
	if err := c.validateChannels(); err != nil {
		faults = append(faults, err)
	}
	if err := c.validateCompleteness(); err != nil {
		faults = append(faults, err)
	}
	for id, d := range c.Delivery {
		if err := d.settings().Validate(); err != nil {
			fault("delivery.%s: %w", id, err)
		}
	}
	if err := c.OutcomeKeys.validate(); err != nil {
		faults = append(faults, err)
	}
	if err := c.checkSealing(); err != nil {
		faults = append(faults, err)
	}
	if err := c.Review.validate(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (c *Config) path(name string) string { return filepath.Join(c.Data, name) }
func (c *Config) hashesDir() string       { return c.path("hashes") }
func (c *Config) lookupKeys() string      { return c.path("lookup-keys.yaml") }
func (c *Config) syncDir() string         { return c.path("sync") }
func (c *Config) auditDir() string        { return c.path("audit") }
func (c *Config) auditKeys() string       { return c.path("audit-keys") }
func (c *Config) storeFile() string       { return c.path("cases.db") }
func (c *Config) brokerDir() string       { return c.path("broker") }
func (c *Config) ringDir() string         { return c.path("ring") }
func (c *Config) intakeKeys() string      { return c.path("intake-keys.yaml") }
