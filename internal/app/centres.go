package app

import (
	"fmt"
	"os"

	"github.com/vigil-stream/vigil/report/route"
)

// directory loads the reporting centres.
func (c *Config) directory() (route.Directory, error) {
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
