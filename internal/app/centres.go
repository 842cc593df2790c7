package app

import (
	"fmt"
	"os"

	"github.com/vigil-stream/vigil/report/route"
)

// directory loads the reporting centres; those that the configuration names must be there.
func (c *Config) directory() (route.Directory, error) {
	d, err := c.loadDirectory()
	if err != nil {
		return d, err
	}
	for id := range c.OutcomeKeys {
		if _, err := d.Centre(id); err != nil {
			return d, fmt.Errorf("outcome_keys.%s: %w", id, err)
		}
	}
	return d, nil
}

func (c *Config) loadDirectory() (route.Directory, error) {
	if c.Centres == "" {
		return route.Default()
	}
	text, err := os.ReadFile(c.Centres)
	if err != nil {
		return route.Directory{}, fmt.Errorf("centres: %w", err)
	}
	d, err := route.Load(text)
	if err != nil {
		return route.Directory{}, fmt.Errorf("%s: %w", c.Centres, err)
	}
	return d, nil
}
