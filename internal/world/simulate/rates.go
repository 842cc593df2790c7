package simulate

import (
	"bytes"
	"fmt"
	"time"
)

// ratesTable writes what the world's money is worth in euros: one rate a currency and
// week, which never changes, since nothing here depends on its moving.
func ratesTable(start time.Time, days int) []byte {
	var b bytes.Buffer
	b.WriteString("date,currency,rate\n")
	euro := places[placeOf("DE")].perAUD
	seen := map[string]bool{"EUR": true}
	var currencies []place
	for _, p := range places {
		if !seen[p.currency] {
			seen[p.currency] = true
			currencies = append(currencies, p)
		}
	}
	for d := -7; d <= days+7; d += 7 {
		for _, p := range currencies {
			fmt.Fprintf(&b, "%s,%s,%.4f\n", start.AddDate(0, 0, d).Format(time.DateOnly), p.currency, p.perAUD/euro)
		}
	}
	return b.Bytes()
}
