package app

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/review"
)

func TestConfigDefaultsFollowTheDataFolder(t *testing.T) {
	c, err := parseConfig([]byte("prefix: x.\n"), "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig("elsewhere")
	want.Prefix = "x."
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
	if c.KeyFile != "elsewhere/deployment.key" {
		t.Errorf("key file %q", c.KeyFile)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	text := "brokers: [a]\nprefix: 'a b'\npartitions: 2000\ncheckpoint_every: -1\nlisten: x\nrooms: [y]\nlog: z\nlog_level: w\ncheckpoints: 's3://b'\nsession_timeout: 1ms\n"
	_, err := parseConfig([]byte(text), "")
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"brokers[0]", "prefix", "partitions", "checkpoint_every", "listen", "rooms[0]", "log:", "log_level", "checkpoints", "session_timeout"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("the error does not name %s:\n%v", key, err)
		}
	}
}

func TestConfigOfTheDatabase(t *testing.T) {
	for text, want := range map[string]string{
		"review: {store: 'postgres://vigil@db.example/vigil'}":                                     "",
		"review: {store: 'postgres://vigil@db.example/vigil', store_password: {env: DB_PASSWORD}}": "",
		"review: {store: 'postgres://vigil@db.example/vigil', store_password: {file: /a, env: B}}": "review.store_password: give either",
		"review: {store: 'postgres://db.example/vigil', store_password: {file: /a}}":               "names no user",
		"review: {store_password: {file: /a}}":                                                     "there is no review.store",
		"review: {store: cases.db}":                                                                "review.store: not a URL",
		"review: {store: 'postgres://vigil:hunter2@db.example/vigil'}":                             "review.store: holds a password",
		"review: {store: 'postgres://vigil@db.example/vigil?password=hunter2'}":                    "review.store: holds a password",
		"review: {store: 'postgres://vigil:hunter2@db.example:port/vigil'}":                        "review.store: not a URL",
		"review: {persons: 3, store: x}":                                                           "persons",
	} {
		_, err := parseConfig([]byte(text), "")
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", text, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error shows the password: %v", text, err)
		}
	}
}

func TestTheDatabasesPasswordComesFromItsPlace(t *testing.T) {
	t.Setenv("DB_PASSWORD", "p@ss/word?")
	c, err := parseConfig([]byte("review: {store: 'postgres://vigil@db.example/vigil', store_password: {env: DB_PASSWORD}}"), "")
	if err != nil {
		t.Fatal(err)
	}
	if where, err := c.storePlace(); err != nil || where != "postgres://vigil:p%40ss%2Fword%3F@db.example/vigil" {
		t.Errorf("got %q, %v", where, err)
	}
	t.Setenv("DB_PASSWORD", "")
	if _, err := c.storePlace(); err == nil || !strings.Contains(err.Error(), "DB_PASSWORD") {
		t.Errorf("got %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("data: d\nbrokers: [127.0.0.1:9092]\n")
	f.Add("rooms: {a: [}")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseConfig([]byte(text), ""); err == nil && len(c.Rooms) == 0 {
			t.Error("a valid configuration without rooms")
		}
	})
}

// At this text the library's parser panics.
func TestConfigThatIsNoYAMLIsAnError(t *testing.T) {
	if _, err := parseConfig([]byte("rooms:\n ! #0000000000000000"), ""); err == nil || !strings.Contains(err.Error(), "not a valid configuration") {
		t.Errorf("got %v", err)
	}
}

// TestRetentionIsNeverShorterThanTheLaw holds the configured days to a year, and the days
// of a centre to those of all.
func TestRetentionIsNeverShorterThanTheLaw(t *testing.T) {
	for text, want := range map[string]string{
		"reported_days: 364":                      "less than the year",
		"centres: {ncmec: 100}":                   "centres.ncmec: 100 days are less",
		"dismissed_days: -1":                      "dismissed: less than a day",
		"record_days: 20":                         "records: less than dismissed",
		"unclaimed_days: 400":                     "unclaimed_days: 400",
		"{reported_days: 730, unclaimed_days: 7}": "",
	} {
		if !strings.HasPrefix(text, "{") {
			text = "{" + text + "}"
		}
		_, err := parseConfig([]byte("review: {retention: "+text+"}"), "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	c := DefaultConfig(t.TempDir())
	centres, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	id := centres.Route(review.Decision{}).Told[0].Centre.ID
	c.Review.Retention.Centres = map[string]int{id: 800}
	r, err := c.retention(centres)
	if err != nil || r.Law(review.Decision{}) != 800*aDay {
		t.Errorf("%v, %v", r.Law(review.Decision{}), err)
	}
	c.Review.Retention.Centres = map[string]int{"nowhere": 800}
	if _, err := c.retention(centres); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a centre that is none: %v", err)
	}
}
