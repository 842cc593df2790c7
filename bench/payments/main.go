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
	"github.com/vigil-stream/vigil/payments/engine"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/payments/typology"
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
accounts, %d payments in 90 days, most of them innocent ones that look alike); tazama: the same, with Tazama's public rules
as a rule file in place of the typologies; crime: everybody pays as published offenders do (AIC T&I 589 and 639). Accounts
have 90 days of payments before it is measured. Profiles may take %d bytes an account, or the default of profile_memory
where that is more. A restore opens both partitions at once; the last column is of the first payments after it, on two cores.

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
	tazama, err := rule.Load(rule.Tazama())
	if err != nil {
		return err
	}
	smallest, _, _ := strings.Cut(sizes, ",")
	own := typology.All(typology.DefaultRules())
	var all []measured
	for _, kind := range []struct {
		name, sizes string
		asked       []engine.Typology
		make        func(accounts int) traffic
	}{
		{"simulated", sizes, own, func(n int) traffic { return newRegion(t, n) }},
		{"tazama", smallest, tazama.Typologies(), func(n int) traffic { return newRegion(t, n) }},
		{"crime", crime, own, func(n int) traffic { return newUnderworld(n) }},
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
			b, err := open(ctx, filepath.Join(dir, kind.name+text), kind.make(accounts), kind.asked)
			if err != nil {
				return err
			}
			took, err := b.report(ctx, kind.name, n, &first, profile)
			if err != nil {
				return err
			}
			all = append(all, measured{kind.name, b.traffic.accounts(), took})
		}
	}
	ratios(all)
	return nil
}

// A measured is one run: what payments took on one core and on two.
type measured struct {
	kind     string
	accounts int
	took     [2]cost
}

// ratios prints what of one run can be compared with that of another machine.
func ratios(all []measured) {
	fmt.Print("\nRatios of this run:\n")
	first := map[string]measured{}
	for _, m := range all {
		one, two := m.took[0], m.took[1]
		fmt.Printf("  %s, %d accounts: two cores make %.2f times the payments a second of one\n", m.kind, m.accounts,
			float64(two.payments)/two.clock.Seconds()/(float64(one.payments)/one.clock.Seconds()))
		f, is := first[m.kind]
		if !is {
			first[m.kind] = m
			continue
		}
		fmt.Printf("  %s, %d accounts: a payment takes %.2f times the processor time that it does with %d, and on two cores %.2f times\n",
			m.kind, m.accounts, one.each(one.cpu)/f.took[0].each(f.took[0].cpu), f.accounts, two.each(two.cpu)/f.took[1].each(f.took[1].cpu))
	}
	own, base := first["simulated"].took[0], first["tazama"].took[0]
	if own.payments > 0 && base.payments > 0 {
		fmt.Printf("  Tazama's rules, 31 of 33 (docs/rules.md), in the same engine with the same payments: %.2f times the processor time of all typologies; %.1f signals a payment beside %.1f\n",
			base.each(base.cpu)/own.each(own.cpu), float64(base.signals)/float64(base.payments), float64(own.signals)/float64(own.payments))
	}
}
