package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/signal"
)

// NCMECConfig says how reports reach the CyberTipline. Without credentials none does.
type NCMECConfig struct {
	// URL of the service; empty is its test environment, or the real one where both switches
	// for production are on.
	URL string `yaml:"url"`
	// Production is one of the two switches; the other is the environment variable
	// VIGIL_NCMEC_PRODUCTION=file-real-reports.
	Production bool `yaml:"production"`
	// Credentials is a file of one line, user:password.
	Credentials string `yaml:"credentials"`
	// Accounts is the folder into which platforms put what they say of an account when they
	// are asked: SUBJECT.json.
	Accounts string `yaml:"accounts"`
	// Reporter is who reports, in every report.
	Reporter ReporterConfig `yaml:"reporter"`
}

// ReporterConfig is who reports.
type ReporterConfig struct {
	FirstName string `yaml:"first_name"`
	LastName  string `yaml:"last_name"`
	Email     string `yaml:"email"`
	Template  string `yaml:"company_template"`
	Terms     string `yaml:"terms_of_service"`
	LegalURL  string `yaml:"legal_url"`
}

const (
	productionVariable = "VIGIL_NCMEC_PRODUCTION"
	productionWord     = "file-real-reports"
	maxCredentials     = 4096 // bytes
)

func (n NCMECConfig) reporter() ncmec.Reporter {
	r := ncmec.Reporter{
		Person:   ncmec.Person{First: n.Reporter.FirstName, Last: n.Reporter.LastName},
		Template: n.Reporter.Template, Terms: n.Reporter.Terms, LegalURL: n.Reporter.LegalURL,
	}
	if n.Reporter.Email != "" {
		r.Person.Emails = []ncmec.Email{{Address: n.Reporter.Email}}
	}
	return r
}

// client returns a client of the service. Credentials that others can read are refused.
func (n NCMECConfig) client(transport http.RoundTripper) (*ncmec.Client, error) {
	if n.Credentials == "" {
		return nil, errors.New("ncmec.credentials: name the file of the user and password, user:password")
	}
	info, err := os.Stat(n.Credentials)
	if err != nil {
		return nil, fmt.Errorf("ncmec.credentials: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("ncmec.credentials: %s can be read by others: chmod 600", n.Credentials)
	}
	text, err := os.ReadFile(n.Credentials)
	if err != nil {
		return nil, fmt.Errorf("ncmec.credentials: %w", err)
	}
	user, password, ok := strings.Cut(strings.TrimSpace(string(text)), ":")
	if !ok || len(text) > maxCredentials || strings.ContainsAny(password, "\r\n") {
		return nil, errors.New("ncmec.credentials: the file must be one line, user:password")
	}
	s := ncmec.Settings{URL: n.URL, User: user, Password: password, Production: n.Production, Really: os.Getenv(productionVariable) == productionWord}
	if transport != nil {
		s.HTTP = &http.Client{Transport: transport}
	}
	c, err := ncmec.NewClient(s)
	if err != nil {
		return nil, fmt.Errorf("ncmec: %w", err)
	}
	return c, nil
}

// account returns what a platform said of an account, nil where it said nothing yet. A file
// that is there and not right is an Incomplete: who put it there can mend it.
func (n NCMECConfig) account(subject signal.Subject) (*ncmec.Account, error) {
	if n.Accounts == "" {
		return nil, nil
	}
	a, err := readAccount(filepath.Join(n.Accounts, string(subject)+".json"))
	if err != nil {
		return nil, &ncmec.Incomplete{Missing: []string{"a file of the account that is right: " + err.Error()}}
	}
	return a, nil
}

func readAccount(name string) (*ncmec.Account, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	a, err := ncmec.DecodeAccount(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return &a, nil
}
