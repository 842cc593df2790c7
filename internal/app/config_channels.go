package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/drop"
	"github.com/vigil-stream/vigil/report/webhook"
	signing "github.com/vigil-stream/vigil/review/webhook"
)

// ChannelConfig says how a centre is reached beside its queue. The directory of centres says
// by which channel: webhook needs a webhook, file a drop, and goaml and fincen a filer, its
// books, and one of the two to carry the form.
type ChannelConfig struct {
	Webhook *WebhookConfig `yaml:"webhook"`
	Drop    *DropConfig    `yaml:"drop"`
	// Filer is the file of the reporting entity, and Books the folder of what it knows itself,
	// SUBJECT.json: goAML's books or FinCEN's subject. Profile is a file with a unit's profile of
	// goAML; empty is the filer's, of those that come with vigil.
	Filer   string `yaml:"filer"`
	Books   string `yaml:"books"`
	Profile string `yaml:"profile"`
}

// WebhookConfig is where a centre takes what is sent over HTTPS.
type WebhookConfig struct {
	URL       string        `yaml:"url"`
	StatusURL string        `yaml:"status_url"` // with {id}; empty where the centre does not tell what it has
	Secrets   []string      `yaml:"secrets"`    // files, which their owner alone may read
	Token     string        `yaml:"token"`      // likewise; empty for none
	Timeout   time.Duration `yaml:"timeout"`
	// Roots is a file of the centre's certificate authorities, PEM; empty is the system's.
	// Certificate and Key are files of the certificate to show it, if it wants one.
	Roots       string `yaml:"roots"`
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// DropConfig is where files are put for a centre.
type DropConfig struct {
	Outgoing string `yaml:"outgoing"`
	Receipts string `yaml:"receipts"` // empty where the centre gives none
}

// validateChannels returns what is wrong with the configuration of channels as it is written.
// What the files say is checked where channels are opened.
func (c *Config) validateChannels() error {
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		ch := c.Channels[id]
		fault := func(key, says string) { faults = append(faults, fmt.Errorf("channels.%s%s: %s", id, key, says)) }
		if (ch.Webhook == nil) == (ch.Drop == nil) {
			fault("", "give a webhook or a drop, and not both")
		}
		if w := ch.Webhook; w != nil {
			if err := signing.CheckURL(w.URL); err != nil {
				fault(".webhook.url", err.Error())
			}
			if len(w.Secrets) == 0 {
				fault(".webhook.secrets", "name at least one file: nothing is sent unsigned")
			}
			if (w.Certificate == "") != (w.Key == "") {
				fault(".webhook.certificate", "give the certificate and its key, or neither")
			}
		}
		if d := ch.Drop; d != nil && d.Outgoing == "" {
			fault(".drop.outgoing", "name the folder from which the centre takes files")
		}
		if ch.Filer == "" && (ch.Books != "" || ch.Profile != "") {
			fault(".filer", "name the file of the filer whose books these are")
		}
	}
	return errors.Join(faults...)
}

// open reads what a webhook needs from files, and returns all that is wrong with them.
func (w WebhookConfig) open(key string, gate report.Gate) (*webhook.Channel, error) {
	var faults []error
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.%s: %w", key, name, err))
		}
	}
	to := webhook.Endpoint{Gate: gate, URL: w.URL, StatusURL: w.StatusURL, Timeout: w.Timeout}
	for i, file := range w.Secrets {
		s, err := signing.ReadSecret(file)
		fault(fmt.Sprintf("secrets[%d]", i), err)
		to.Secrets = append(to.Secrets, s)
	}
	if w.Token != "" {
		text, err := readPrivate(w.Token)
		fault("token", err)
		to.Token = strings.TrimSpace(string(text))
	}
	config, err := w.tls()
	fault("roots, certificate, key", err)
	to.TLS = config
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	channel, err := webhook.New(to)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return channel, nil
}

func (w WebhookConfig) tls() (*tls.Config, error) {
	if w.Roots == "" && w.Certificate == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if w.Roots != "" {
		text, err := readSmall(w.Roots)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: has no certificate in PEM", w.Roots)
		}
	}
	if w.Certificate != "" {
		certificate, err := readSmall(w.Certificate)
		if err != nil {
			return nil, err
		}
		private, err := readPrivate(w.Key)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, private)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Certificate, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// open opens the folders of a file drop. Its marks lie with the deployment's data.
func (d DropConfig) open(key, marks string, gate report.Gate) (*drop.Folder, error) {
	if err := os.MkdirAll(marks, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	f, err := drop.Open(drop.Settings{Outgoing: d.Outgoing, Receipts: d.Receipts, Marks: marks, Gate: gate})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return f, nil
}

// dropMarks is the folder of what was put for a centre.
func (c *Config) dropMarks(centre string) string { return filepath.Join(c.path("drops"), centre) }

// readPrivate reads a secret, and refuses one that others can read.
func readPrivate(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %v): chmod 600 it", file, info.Mode().Perm())
	}
	return readSmall(file)
}
