//go:build linux

// Command payments measures payments from transfers to signals, all typologies
// asked, with the state of the partition loop on disk: the record's headers and
// value are read, the profile is found and changed, typologies look at it, signals
// are encoded as records, and state and offset are committed in synced batches. Kafka
// itself and the network are left out.
//
// A payment is two transfers: one under its sender, one under its recipient. Times
// are of the processors, of everything in the process but the making of payments,
// because others may use them too; payments a second are by the clock.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/internal/app"
)

func main() {
	sizes := flag.String("accounts", "10000,1000000,10000000", "how many accounts, in several runs")
	crime := flag.String("crime", "1000000", "how many accounts where everybody pays as published offenders do, in several runs; empty: none")
	n := flag.Int("payments", 300_000, "payments that are measured on one core and again on two, in each run")
	dir := flag.String("dir", "", "folder for the state; a temporary one where empty")
	profile := flag.String("cpuprofile", "", "write profiles of what is measured on one core to files that begin so")
	flag.Parse()
	defer app.CollectSeldom()() // as vigil run does
	if err := run(context.Background(), *sizes, *crime, *n, *dir, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench/payments:", err)
		os.Exit(1)
	}
	fmt.Print(beside)
}

const before = `Payments to signals: all typologies, state and offsets on disk in synced batches; without Kafka and the network.
A payment is two transfers. simulated: copies of what vigil simulate makes of its knobs as they come (%d people, %d
accounts, %d payments in 90 days, most of them innocent ones that look alike); crime: everybody pays as published offenders
do (AIC T&I 589 and 639). Accounts have 90 days of payments before it is measured. Profiles may take %d bytes an account,
or the default of profile_memory where that is more. A restore opens both partitions at once; the
last column is of the first payments after it, on two cores.

`

// beside are the figures that others have published.
const beside = `
What others publish, and on what it was measured; none of it on this machine, so no ratio is meant:
  Tazama 4, 33 rules, 28 typologies   1,116 payments/s   18 machines of 32 and one of 96 virtual cores, database and messaging included
  Tazama 4, 23 rules, 6 typologies    2,497 payments/s   hundreds of pods (arangodb-splitdb performance report)
  graph features + LightGBM           57.4 µs an event   IBM HI-Small, 5.08 M transactions in about 433 MB, one process, no durable state
`

func run(ctx context.Context, sizes, crime string, n int, dir, profile string) (err error) {
	if dir, err = os.MkdirTemp(dir, "vigil-bench-payments"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	t, err := newTown(ctx)
	if err != nil {
		return err
	}
	fmt.Printf(before, townPeople, t.accounts, len(t.payments), bytesEach)
	fmt.Printf("%-9s %10s %5s | %9s %9s %9s %7s | %7s | %9s %9s | %9s %10s\n%-9s %10s %5s | %9s %9s %9s %7s | %7s | %9s %9s | %9s %10s\n",
		"traffic", "accounts", "cores", "payments", "µs CPU", "µs clock", "vs 1st", "signals", "B disk", "B memory", "s restore", "µs CPU",
		"", "", "", "a second", "a payment", "a payment", "CPU", "a paymt", "a profile", "a profile", "a million", "afterwards")
	for _, kind := range []struct {
		name, sizes string
		make        func(accounts int) traffic
	}{
		{"simulated", sizes, func(n int) traffic { return newRegion(t, n) }},
		{"crime", crime, func(n int) traffic { return newUnderworld(n) }},
	} {
		first := 0.0
		for text := range strings.SplitSeq(kind.sizes, ",") {
			if text == "" {
				continue
			}
			accounts, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("accounts: %w", err)
			}
			b, err := open(ctx, filepath.Join(dir, kind.name+text), kind.make(accounts))
			if err != nil {
				return err
			}
			if err := b.report(ctx, kind.name, n, &first, profile); err != nil {
				return err
			}
		}
	}
	return nil
}
