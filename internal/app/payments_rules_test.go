package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/payments/typology"
	"github.com/vigil-stream/vigil/signal"
)

// memoryState is a stream.State in memory.
type memoryState map[string]string

func (m memoryState) Get(key []byte) ([]byte, error) {
	if v, ok := m[string(key)]; ok {
		return []byte(v), nil
	}
	return nil, nil
}
func (m memoryState) Set(key, value []byte) error { m[string(key)] = string(value); return nil }
func (m memoryState) Delete(key []byte) error     { delete(m, string(key)); return nil }
func (m memoryState) DeleteRange(from, to []byte) error {
	maps.DeleteFunc(m, func(k, _ string) bool { return k >= string(from) && k < string(to) })
	return nil
}
func (m memoryState) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, string(prefix)) {
			if more, err := fn([]byte(k), []byte(m[k])); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// ruleText is a rule file whose one rule fires at so many transfers.
func ruleText(version, from int) string {
	return fmt.Sprintf("format: 1\nversion: %d\nrules:\n  - {id: U01, version: 1, title: t, source: s, of: sender, where: {amount: {EUR: 1..5}}, last: 30d, bands: [{from: %d, strength: 0.5}], says: \"{count} transfers\"}\n", version, from)
}

func testProfileRoom(s *shadow) *profileRoom {
	if s == nil {
		s = &shadow{metrics: newRulesMetrics(prometheus.NewRegistry())}
	}
	return newProfileRoom(typology.DefaultRules(), "EUR", s, s.metrics, zap.NewNop())
}

func ownerOf(t *testing.T, room *profileRoom, s stream.State) stream.Owner {
	t.Helper()
	o, err := room.open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestASetThatWasNotKeptIsNotInForce drops what a record of rules did.
func TestASetThatWasNotKeptIsNotInForce(t *testing.T) {
	state := memoryState{}
	o := ownerOf(t, testProfileRoom(nil), state)
	before := maps.Clone(state)
	if _, err := o.Handle(context.Background(), ruleMessage(ruleText(1, 1)), state); err != nil {
		t.Fatal(err)
	}
	o.Dropped()
	outs, err := o.Handle(context.Background(), transferMessages(t, 0, 1)[0], before)
	if err != nil || len(outs) > 0 {
		t.Errorf("%d outputs: %v", len(outs), err)
	}
}

// transferMessages are n transfers of one subject, at offsets from first on.
func transferMessages(t *testing.T, first, n int) []stream.Message {
	t.Helper()
	var all []stream.Message
	for i := first; i < first+n; i++ {
		ref := fmt.Sprint("R", i)
		data, err := payments.EncodeTransfer(payments.Transfer{
			ID: payments.TransferID("BANK", ref, signal.Sender), Subject: "sub_00000000000000000000000000000001", Other: "sub_00000000000000000000000000000002",
			Role: signal.Sender, Institution: "BANK", Ref: ref, At: time.Date(2026, 3, 1, i, 0, 0, 0, time.UTC), Amount: 300, Currency: "EUR",
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stream.Message{Event: stream.Event{Type: "vigil.transfer.v1", Data: data}})
	}
	return all
}

func ruleMessage(text string) stream.Message {
	return stream.Message{Event: stream.Event{Type: typeRules, Data: []byte(text)}}
}

// TestRulesInForceAreAFunctionOfThePrefix handles one partition once straight on, and
// once with a process that begins anew before each record.
func TestRulesInForceAreAFunctionOfThePrefix(t *testing.T) {
	prefix := slices.Concat(transferMessages(t, 0, 2), []stream.Message{ruleMessage(ruleText(1, 3))}, transferMessages(t, 2, 3),
		[]stream.Message{ruleMessage(ruleText(1, 9)), ruleMessage("no rules"), ruleMessage(ruleText(2, 6))}, transferMessages(t, 5, 3),
		[]stream.Message{ruleMessage(ruleText(1, 3)), ruleMessage(ruleText(3, 3))}, transferMessages(t, 8, 2),
		[]stream.Message{ruleMessage("format: 1\nversion: 4\nrules: []\n")}, transferMessages(t, 10, 1))
	run := func(anew bool) (said []string, rejected int, state memoryState) {
		state = memoryState{}
		owner := ownerOf(t, testProfileRoom(nil), state)
		for _, m := range prefix {
			if anew {
				owner = ownerOf(t, testProfileRoom(nil), state)
			}
			before := maps.Clone(state)
			outs, err := owner.Handle(context.Background(), m, state)
			var rejection *signal.Rejection
			if errors.As(err, &rejection) {
				rejected++
				state = before // changes of state are dropped
				owner.Dropped()
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range outs {
				s, err := signal.Decode(o.Event.Data)
				if err != nil {
					t.Fatal(err)
				}
				if s.Payment.Typology == "U01" {
					version, since, _ := strings.Cut(s.Payment.Rules, "@")
					said = append(said, fmt.Sprintf("%s since %s: %d transfers, %.1f", version[:1], since, s.Payment.Transfers, s.Payment.Strength))
				}
			}
		}
		return said, rejected, state
	}
	straight, rejected, state := run(false)
	want := []string{
		"1 since 1: 3 transfers, 0.5", "1 since 1: 4 transfers, 0.5", "1 since 1: 5 transfers, 0.5",
		"1 since 1: 0 transfers, 0.0", // taken back with the rule, before any transfer
		"1 since 2: 6 transfers, 0.5", "1 since 1: 0 transfers, 0.0", "1 since 2: 7 transfers, 0.5", "1 since 2: 8 transfers, 0.5",
		"1 since 2: 0 transfers, 0.0",
		"1 since 3: 9 transfers, 0.5", "1 since 2: 0 transfers, 0.0", "1 since 3: 10 transfers, 0.5",
		"1 since 3: 0 transfers, 0.0", "1 since 3: 0 transfers, 0.0",
	}
	if !slices.Equal(straight, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(straight, "\n"), strings.Join(want, "\n"))
	}
	if rejected != 2 {
		t.Errorf("%d records are rejected, want that of another version 1 and that of no rules", rejected)
	}
	again, _, other := run(true)
	if !slices.Equal(straight, again) || !maps.Equal(state, other) {
		t.Errorf("begun anew, it said\n%s", strings.Join(again, "\n"))
	}
}

func TestABadRuleFileLeavesTheOneBefore(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := DefaultConfig(t.TempDir())
	reg := prometheus.NewRegistry()
	metrics := newRulesMetrics(reg)
	var taken []int64
	fails := error(nil)
	f := &ruleFile{key: rulesLive, name: name, c: &c, metrics: metrics, log: zap.NewNop(), ordered: true,
		take: func(_ context.Context, set *rule.Set, _ []byte) error {
			if fails == nil {
				taken = append(taken, set.Version)
			}
			return fails
		}}
	now := time.Now()
	look := func(want string) {
		t.Helper()
		err := f.look(context.Background(), now)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	write(ruleText(1, 3))
	look("")
	look("")
	write("format: 1\nversoin: 2\n")
	look("rules.yaml:2:1: versoin: there is no such key; did you mean version?")
	write(ruleText(1, 4))
	look("give them a higher version")
	write("base: USD\n" + ruleText(2, 4))
	look("base is USD")
	write(ruleText(2, 4))
	fails = errors.New("no broker")
	look("no broker")
	fails = nil
	look("")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	look("no such file")
	write(ruleText(2, 4))
	look("")
	now = now.Add(rulesAgain)
	look("") // again, so that whoever reads from the beginning finds it
	look("")
	if want := []int64{1, 2, 2}; !slices.Equal(taken, want) {
		t.Errorf("versions %v were taken up, want %v", taken, want)
	}
	if got := gathered(t, reg, "vigil_payment_rules_version"); !slices.Equal(got, []string{"payment_rules 2"}) {
		t.Errorf("%v", got)
	}
	metrics.refused(rulesLive)
	if got := gathered(t, reg, "vigil_payment_rules_bad"); !slices.Equal(got, []string{"payment_rules 1"}) {
		t.Errorf("%v", got)
	}
	look("")
	if got := gathered(t, reg, "vigil_payment_rules_bad"); !slices.Equal(got, []string{"payment_rules 0"}) {
		t.Errorf("%v", got)
	}
}

// gathered lists a metric's values with its labels' values, sorted.
func gathered(t *testing.T, reg *prometheus.Registry, name string) (all []string) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			line := ""
			for _, l := range m.GetLabel() {
				line += l.GetValue() + " "
			}
			all = append(all, fmt.Sprint(line, m.GetGauge().GetValue()+m.GetCounter().GetValue()))
		}
	}
	slices.Sort(all)
	return all
}

func TestShadowRulesAreCountedAndSayNothing(t *testing.T) {
	reg := prometheus.NewRegistry()
	s := &shadow{metrics: newRulesMetrics(reg)}
	state, plainState := memoryState{}, memoryState{}
	room, plain := ownerOf(t, testProfileRoom(s), state), ownerOf(t, testProfileRoom(nil), plainState)
	tried, err := rule.Load([]byte(ruleText(1, 5) + strings.SplitN(strings.Replace(ruleText(1, 2), "U01", "U02", 1), "rules:\n", 2)[1]))
	if err != nil {
		t.Fatal(err)
	}
	s.set.Store(tried)
	for _, m := range append([]stream.Message{ruleMessage(ruleText(1, 3))}, transferMessages(t, 0, 6)...) {
		outs, err := room.Handle(context.Background(), m, state)
		if err != nil {
			t.Fatal(err)
		}
		without, err := plain.Handle(context.Background(), m, plainState)
		if err != nil {
			t.Fatal(err)
		}
		if len(outs) != len(without) {
			t.Errorf("%d outputs, and %d without a shadow", len(outs), len(without))
		}
		for i := range outs {
			if !bytes.Equal(outs[i].Event.Data, without[i].Event.Data) {
				t.Errorf("a shadow changes %s", outs[i].Event.Data)
			}
		}
	}
	if !maps.Equal(state, plainState) {
		t.Error("a shadow changes the state")
	}
	if got, want := gathered(t, reg, "vigil_payment_rules_shadow_looks_total"), []string{"both U01 2", "live_only U01 2", "shadow_only U02 5"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := gathered(t, reg, "vigil_payment_rules_shadow_subjects"), []string{"both U01 1", "live_only U01 1", "shadow_only U02 1"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRulesAreTakenUpLive changes the rule file of a running deployment.
func TestRulesAreTakenUpLive(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	write(ruleText(1, 3))
	r := newRiver(t, func(c *Config) { c.PaymentRules = name })
	feed := func(first, n int) {
		t.Helper()
		var lines strings.Builder
		for i := first; i < first+n; i++ {
			fmt.Fprintf(&lines, `{"institution":"BANK","id":"R%d","at":"2026-03-01T%02d:00:00Z","amount":"3.00","currency":"EUR","debtor":{"name":"Anton Testmann","account":"DE89370400440532013000","country":"DE"},"creditor":{"name":"Maria Muster","account":"maria@example.org","country":"DE"}}`+"\n", i, i)
		}
		reader, err := intake.Open(strings.NewReader(lines.String()), "auto")
		if err != nil {
			t.Fatal(err)
		}
		if err := each(reader, func(item payments.Item) error { return r.client.Produce(t.Context(), transactionOutput(item)) }); err != nil {
			t.Fatal(err)
		}
	}
	said := func() map[string]string {
		newest := make(map[string]signal.Signal)
		if err := r.client.ReadAll(t.Context(), topicSignals, func(m stream.Message) error {
			s, err := signal.Decode(m.Data)
			if err == nil && s.Payment != nil && s.Payment.Typology == "U01" && s.Revision >= newest[s.ID].Revision {
				newest[s.ID] = s
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		out := make(map[string]string)
		for _, s := range newest {
			_, since, _ := strings.Cut(s.Payment.Rules, "@")
			out[since] = fmt.Sprintf("%d transfers, %.1f", s.Payment.Transfers, s.Payment.Strength)
		}
		return out
	}
	expect := func(what string, want map[string]string) {
		t.Helper()
		eventually(t, 30*time.Second, what, func() (bool, string) {
			got := said()
			return maps.Equal(got, want), fmt.Sprint(got)
		})
	}
	inForce := func(version int) {
		t.Helper()
		eventually(t, 30*time.Second, fmt.Sprintf("version %d on every partition", version), func() (bool, string) {
			seen := make(map[int]bool)
			err := r.client.ReadAll(t.Context(), topicTransfers, func(m stream.Message) error {
				if m.Type == typeRules && strings.Contains(string(m.Data), fmt.Sprintf("version: %d\n", version)) {
					seen[m.Partition] = true
				}
				return nil
			})
			return err == nil && len(seen) == r.c.Partitions, fmt.Sprint(seen, err)
		})
	}
	inForce(1)
	feed(0, 3)
	expect("the rule fires", map[string]string{"1": "3 transfers, 0.5"})
	write("format: 1\nversion: 2\nrules: nonsense\n")
	feed(3, 1)
	expect("a bad file leaves the rule", map[string]string{"1": "4 transfers, 0.5"})
	write(ruleText(3, 5))
	inForce(3)
	expect("the old rule's signal is withdrawn, with no transfer", map[string]string{"1": "0 transfers, 0.0"})
	feed(4, 1)
	expect("the new rule fires", map[string]string{"1": "0 transfers, 0.0", "3": "5 transfers, 0.5"})
}
