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
)

func main() {
	sizes := flag.String("accounts", "10000,1000000,10000000", "how many accounts, in several runs")
	n := flag.Int("payments", 300_000, "payments that are measured, in each run")
	activity := flag.String("activity", "heavy,uniform", "how active accounts are: heavy, uniform")
	dir := flag.String("dir", "", "folder for the state; a temporary one where empty")
	profile := flag.String("cpuprofile", "", "write a profile of what is measured on one core to this file")
	flag.Parse()
	fmt.Printf(before, perWindow, 100*abroad)
	if err := run(context.Background(), *sizes, *n, *activity, *dir, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench/payments:", err)
		os.Exit(1)
	}
	fmt.Print(beside)
}

const before = `Payments to signals: all typologies, state and offsets on disk in synced batches; without Kafka and the network.
A payment is two transfers. Half of the accounts send and half receive, each has %d transfers in 90 days on average before
it is measured, and as often while it is. heavy: log-normal activity, 3 %% of the senders make half of the payments (AIC
T&I 589). uniform: all alike. %.0f %% of the senders pay across a border, in small amounts.

`

// beside are the figures that others have published.
const beside = `
What others publish, and on what it was measured; none of it on this machine, so no ratio is meant:
  Tazama 4, 33 rules, 28 typologies   1,116 payments/s   18 machines of 32 and one of 96 virtual cores, database and messaging included
  Tazama 4, 23 rules, 6 typologies    2,497 payments/s   hundreds of pods (arangodb-splitdb performance report)
  graph features + LightGBM           57.4 µs an event   IBM HI-Small, 5.08 M transactions in about 433 MB, one process, no durable state
`

func run(ctx context.Context, sizes string, n int, activity, dir, profile string) (err error) {
	if dir, err = os.MkdirTemp(dir, "vigil-bench-payments"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	fmt.Printf("%-8s %10s %5s | %9s %9s %9s %7s | %7s | %9s %9s | %9s\n%-8s %10s %5s | %9s %9s %9s %7s | %7s | %9s %9s | %9s\n",
		"activity", "accounts", "cores", "payments", "µs CPU", "µs clock", "vs 1st", "signals", "B disk", "B memory", "s restore",
		"", "", "", "a second", "a payment", "a payment", "CPU", "a paymt", "a profile", "a profile", "a million")
	for kind := range strings.SplitSeq(activity, ",") {
		spread := 0.0
		if kind == "heavy" {
			spread = 1.9
		}
		first := 0.0
		for text := range strings.SplitSeq(sizes, ",") {
			accounts, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("accounts: %w", err)
			}
			b, err := open(ctx, filepath.Join(dir, kind+text), accounts, spread)
			if err != nil {
				return err
			}
			if err := b.report(ctx, kind, n, &first, profile); err != nil {
				return err
			}
		}
	}
	return nil
}
