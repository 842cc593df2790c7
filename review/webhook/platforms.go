package webhook

import (
	"errors"
	"fmt"
	"os"
)

// maxSecrets is how many may sign at once: two while one is changed.
const maxSecrets = 4

// A Platform is one of the configuration: who gets what is asked of it, and where.
type Platform struct {
	Name    string   `yaml:"name"` // as it is named in what it sends
	URL     string   `yaml:"url"`
	Secrets []string `yaml:"secrets"` // files, which their owner alone may read
}

// Check returns what is wrong with platforms, each fault with its place, without reading
// their secrets.
func Check(platforms []Platform) error {
	var faults []error
	names := map[string]bool{}
	for i, p := range platforms {
		fault := func(what string, err error) {
			faults = append(faults, fmt.Errorf("platforms[%d].%s: %w", i, what, err))
		}
		if p.Name == "" || len(p.Name) > 128 || names[p.Name] {
			fault("name", errors.New("want the platform's name, once, of 1 to 128 bytes"))
		}
		names[p.Name] = true
		if err := CheckURL(p.URL); err != nil {
			fault("url", err)
		}
		if len(p.Secrets) == 0 || len(p.Secrets) > maxSecrets {
			fault("secrets", fmt.Errorf("want 1 to %d files", maxSecrets))
		}
	}
	return errors.Join(faults...)
}

// Endpoints reads the secrets of platforms, by name. No error has a secret in it.
func Endpoints(platforms []Platform) (map[string]Endpoint, error) {
	all := map[string]Endpoint{}
	for i, p := range platforms {
		e := Endpoint{URL: p.URL}
		for j, file := range p.Secrets {
			s, err := ReadSecret(file)
			if err != nil {
				return nil, fmt.Errorf("platforms[%d].secrets[%d]: %w", i, j, err)
			}
			e.Secrets = append(e.Secrets, s)
		}
		all[p.Name] = e
	}
	return all, nil
}

// ReadSecret reads a secret from a file that its owner alone may read.
func ReadSecret(file string) (Secret, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Secret{}, fmt.Errorf("%s can be read by others (mode %v): chmod 600 it", file, info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Secret{}, err
	}
	return ParseSecret(string(text))
}
