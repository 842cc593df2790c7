package app

import (
	"fmt"
	"os"

	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// splitter reads the deployment's payment tables, and asks r for rates. A folder that is named must be there:
// a typing error would quietly give the tables that come with vigil.
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
