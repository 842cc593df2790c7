package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// splitter reads the deployment's payment tables, and asks r for rates. A folder that is
// named must be there: a typing error would quietly give the tables that come with vigil.
func (c *Config) splitter(tok *signal.Tokenizer, r split.Rates) (*split.Splitter, error) {
	o := split.Options{Rates: r}
	if c.PaymentTables != "" {
		if _, err := os.ReadDir(c.PaymentTables); err != nil {
			return nil, fmt.Errorf("payment_tables: %w", err)
		}
		o.Tables = os.DirFS(c.PaymentTables)
	}
	s, err := split.New(tok, o)
	if err != nil {
		return nil, fmt.Errorf("payment_tables: %w", err)
	}
	return s, nil
}

// typologyRules are those that come with vigil, in the deployment's base currency and with
// its corridors.
func (c *Config) typologyRules() (typology.Rules, error) {
	rules, err := typology.DefaultRules().WithBase(c.BaseCurrency)
	if err != nil {
		return rules, fmt.Errorf("base_currency: %w", err)
	}
	if c.PaymentTables == "" {
		return rules, nil
	}
	const name = "corridors.csv"
	data, err := os.ReadFile(filepath.Join(c.PaymentTables, name))
	if errors.Is(err, fs.ErrNotExist) {
		return rules, nil
	}
	if err != nil {
		return rules, fmt.Errorf("payment_tables: %w", err)
	}
	corridors, err := typology.ReadCorridors(data)
	if err != nil {
		return rules, fmt.Errorf("payment_tables: %s: %w", name, err)
	}
	return rules.WithCorridors(corridors), nil
}

// CheckTables reads the payment tables as run would, those of folder in place of the
// configured ones where it is not empty, and says which are in use.
func CheckTables(c Config, folder string, out io.Writer) error {
	if folder != "" {
		c.PaymentTables = folder
	}
	tok, err := signal.NewTokenizer(make([]byte, signal.MinKey)) // tables make no tokens
	if err != nil {
		return err
	}
	s, err := c.splitter(tok, nil)
	if err != nil {
		return err
	}
	rules, err := c.typologyRules()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s, corridors %s\ntypologies %s, amounts without limits in %s\n", s.Versions(), rules.Corridors.Version(), rules.Version, rules.Base)
	return err
}
