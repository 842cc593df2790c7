package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// store is a State in memory.
type store map[string][]byte

func (s store) Get(key []byte) ([]byte, error) { return s[string(key)], nil }
func (s store) Set(key, value []byte) error    { s[string(key)] = bytes.Clone(value); return nil }
func (s store) Delete(key []byte) error        { delete(s, string(key)); return nil }
func (s store) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if strings.HasPrefix(key, string(prefix)) {
			if more, err := fn([]byte(key), s[key]); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// A river is the partitions of the topic, and what of it counts in the profiles.
type river struct {
	t          testing.TB
	ledger     *Ledger
	partitions []store
	counts     map[string]bool // transfer ids
	gone       map[string]bool
}

func newRiver(t testing.TB, partitions int) *river {
	r := &river{t: t, ledger: New(DefaultDays), counts: map[string]bool{}, gone: map[string]bool{}}
	for range partitions {
		r.partitions = append(r.partitions, store{})
	}
	return r
}

// put gives a record to its partition, or to all, as the topic does.
func (r *river) put(record payments.Record) error {
	r.t.Helper()
	key, data, everywhere := "", []byte(nil), false
	if record.Withdrawal != nil {
		key, data, everywhere = OfWithdrawal(record.Withdrawal)
	} else {
		var err error
		if key, data, err = OfTransaction(record.Transaction, ends(record.Transaction)); err != nil {
			r.t.Fatal(err)
		}
	}
	for i, s := range r.partitions {
		if !everywhere && i != int(key[0])%len(r.partitions) {
			continue
		}
		result, err := r.ledger.Process(context.Background(), s, data)
		if err != nil {
			return err
		}
		for _, w := range result.Withdrawn {
			encoded, err := payments.EncodeTransfer(w)
			if err != nil {
				r.t.Fatal(err)
			}
			if again, err := payments.DecodeTransfer(encoded); err != nil || !again.Withdrawn {
				r.t.Fatalf("a withdrawn transfer is refused: %v\n%s", err, encoded)
			}
			delete(r.counts, w.ID)
			r.gone[w.ID] = true
		}
		for _, p := range result.Passed {
			again, err := payments.DecodeTransfer(p.Data)
			if err != nil || again.ID != p.ID || again.Subject != p.Subject || !again.At.Equal(p.At) {
				r.t.Fatalf("%+v is passed on as %s, %v", again, p.ID, err)
			}
			if !r.gone[p.ID] {
				r.counts[p.ID] = true
			}
		}
	}
	return nil
}

// counted lists the references of the transactions that count.
func (r *river) counted(all ...payments.Record) (refs []string) {
	for _, record := range all {
		t := record.Transaction
		if t == nil {
			continue
		}
		sender := r.counts[payments.TransferID(t.Institution, t.Ref, signal.Sender)]
		if sender != r.counts[payments.TransferID(t.Institution, t.Ref, signal.Recipient)] {
			r.t.Fatalf("%s counts at one end", t.Ref)
		}
		if sender && !slices.Contains(refs, t.Ref) {
			refs = append(refs, t.Ref)
		}
	}
	slices.Sort(refs)
	return refs
}

func subject(name string) signal.Subject {
	return signal.Subject("sub_" + signal.ID("test", name))
}

func ends(t *payments.Transaction) [2]payments.Transfer {
	var both [2]payments.Transfer
	for i, role := range []signal.Role{signal.Sender, signal.Recipient} {
		both[i] = payments.Transfer{
			ID: payments.TransferID(t.Institution, t.Ref, role), Role: role, Subject: subject(t.Debtor.Name), Other: subject(t.Creditor.Name),
			Institution: t.Institution, Ref: t.Ref, At: t.At, Amount: t.Amount, Currency: t.Currency,
		}
	}
	both[1].Subject, both[1].Other = both[0].Other, both[0].Subject
	return both
}

// paid is a payment of pacs.008; change bends it.
func paid(ref string, change ...func(*payments.Transaction)) payments.Record {
	t := &payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: ref, At: now, Amount: 50_00, Currency: "EUR",
		Debtor: payments.Party{Name: "anton"}, Creditor: payments.Party{Name: "maria"},
		References: payments.References{Transaction: ref, EndToEnd: "INVOICE 1", Message: "M-1", UETR: "U-" + ref, Instruction: "I-" + ref},
	}
	for _, c := range change {
		c(t)
	}
	return payments.Record{Transaction: t}
}

// ordered is the order of a payment.
func ordered(ref string, change ...func(*payments.Transaction)) payments.Record {
	return paid(ref, append([]func(*payments.Transaction){func(t *payments.Transaction) {
		t.Ordered = true
		t.At = t.At.Add(-time.Hour)
		t.References = payments.References{EndToEnd: "INVOICE 1", Message: "APP-" + ref}
	}}, change...)...)
}

func rejected(r payments.References, change ...func(*payments.Withdrawal)) payments.Record {
	w := &payments.Withdrawal{References: r, At: now.Add(time.Hour), Reason: "AC04"}
	for _, c := range change {
		c(w)
	}
	return payments.Record{Withdrawal: w}
}

type refsOnly = payments.References

func endToEnd(s string) func(*payments.Transaction) {
	return func(t *payments.Transaction) { t.References.EndToEnd = s }
}

// TestWhatCounts puts records in every order, each twice, and looks at what counts.
func TestWhatCounts(t *testing.T) {
	plain := func(t *payments.Transaction) { t.References = payments.References{} } // as JSON has it
	other := func(t *payments.Transaction) { t.Debtor.Name = "berta" }
	for _, c := range []struct {
		name    string
		records []payments.Record
		want    []string
	}{
		{"a payment", []payments.Record{paid("1")}, []string{"1"}},
		{"two payments of one EndToEndId", []payments.Record{paid("1"), paid("2")}, []string{"1", "2"}},
		{"its order", []payments.Record{ordered("A"), paid("1")}, []string{"1"}},
		{"an order alone", []payments.Record{ordered("A")}, []string{"A"}},
		{"the order of another sender", []payments.Record{ordered("A", other), paid("1")}, []string{"1", "A"}},
		{"the order of another EndToEndId", []payments.Record{ordered("A", endToEnd("INVOICE 2")), paid("1")}, []string{"1", "A"}},
		{"two orders and a payment", []payments.Record{ordered("A"), ordered("B", func(t *payments.Transaction) { t.Creditor.Name, t.Amount = "mario", 1 }), paid("1")}, []string{"1", "B"}},
		{"by UETR alone", []payments.Record{ordered("A", other, func(t *payments.Transaction) { t.References.UETR = "u-1" }), paid("1")}, []string{"1"}},
		{"another UETR", []payments.Record{ordered("A", func(t *payments.Transaction) { t.References.UETR = "U-2" }), paid("1")}, []string{"1", "A"}},
		{"NOTPROVIDED is no name", []payments.Record{ordered("A", endToEnd("NOTPROVIDED")), paid("1", endToEnd("NOTPROVIDED"))}, []string{"1", "A"}},

		{"rejected by all references", []payments.Record{paid("1"), paid("2"), rejected(paid("1").Transaction.References)}, []string{"2"}},
		{"by TxId", []payments.Record{paid("1"), paid("2"), rejected(refsOnly{Transaction: "1"})}, []string{"2"}},
		{"by UETR in other letters", []payments.Record{paid("1"), paid("2"), rejected(refsOnly{UETR: "u-1"})}, []string{"2"}},
		{"by InstrId in its message", []payments.Record{paid("1"), paid("2"), rejected(refsOnly{Message: "M-1", Instruction: "I-1", EndToEnd: "INVOICE 1"})}, nil},
		{"by EndToEndId alone", []payments.Record{paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1"})}, nil},
		{"by EndToEndId, of another bank", []payments.Record{paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1"}, func(w *payments.Withdrawal) { w.Institution = "DEMOFRPPXXX" })}, []string{"1"}},
		{"by another TxId", []payments.Record{paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1", Transaction: "9"})}, []string{"1"}},
		{"NOTPROVIDED, by TxId", []payments.Record{paid("1", endToEnd("NOTPROVIDED")), paid("2", endToEnd("NOTPROVIDED")), rejected(refsOnly{EndToEnd: "NOTPROVIDED", Transaction: "1"})}, []string{"2"}},
		{"a whole message", []payments.Record{paid("1"), paid("2", endToEnd("X")), paid("3", func(t *payments.Transaction) { t.References.Message = "M-2" }),
			rejected(refsOnly{Message: "M-1"}, func(w *payments.Withdrawal) { w.Whole = true })}, []string{"3"}},
		{"by institution and reference", []payments.Record{paid("1", plain), paid("2", plain), rejected(refsOnly{}, func(w *payments.Withdrawal) { w.Institution, w.Ref = "DEMODEFFXXX", "1" })}, []string{"2"}},
		{"a message by institution and reference", []payments.Record{paid("1"), paid("2"), rejected(refsOnly{}, func(w *payments.Withdrawal) { w.Institution, w.Ref = "DEMODEFFXXX", "1" })}, []string{"2"}},
		{"an order and its payment", []payments.Record{ordered("A"), paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1", Transaction: "1"})}, nil},
		{"a payment by its order", []payments.Record{ordered("A"), paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1", Message: "APP-A"})}, nil},
		{"both by EndToEndId alone", []payments.Record{ordered("A"), paid("1"), rejected(refsOnly{EndToEnd: "INVOICE 1"})}, nil},
		{"a rejection of nothing", []payments.Record{rejected(refsOnly{Transaction: "9"}), paid("1")}, []string{"1"}},
	} {
		orders := 0
		permute(c.records, func(order []payments.Record) {
			for partitions := range 3 {
				r := newRiver(t, partitions+1)
				for _, record := range slices.Concat(order, order) {
					if err := r.put(record); err != nil {
						t.Fatalf("%s: %v", c.name, err)
					}
				}
				if got := r.counted(order...); !slices.Equal(got, c.want) {
					t.Errorf("%s, in the order %s: %v counts, want %v", c.name, names(order), got, c.want)
				}
			}
			orders++
		})
		if orders == 0 {
			t.Fatal("no order was tried")
		}
	}
}

func names(order []payments.Record) (s string) {
	for _, r := range order {
		if r.Withdrawal != nil {
			s += "withdrawal "
		} else {
			s += r.Transaction.Ref + " "
		}
	}
	return s
}

func permute(all []payments.Record, f func([]payments.Record)) {
	var rec func(n int)
	rec = func(n int) {
		if n == len(all) {
			f(all)
			return
		}
		for i := n; i < len(all); i++ {
			all[n], all[i] = all[i], all[n]
			rec(n + 1)
			all[n], all[i] = all[i], all[n]
		}
	}
	rec(0)
}

func reason(err error) string {
	var r *signal.Rejection
	if errors.As(err, &r) {
		return r.Reason()
	}
	return fmt.Sprint(err)
}

func TestContradictionsAreRefused(t *testing.T) {
	r := newRiver(t, 1)
	for _, c := range []struct {
		record payments.Record
		reason string
	}{
		{paid("1"), "<nil>"}, {paid("1", func(t *payments.Transaction) { t.Amount++ }), "reference-reused"},
		{paid("1", func(t *payments.Transaction) { t.Creditor.Name = "mario" }), "reference-reused"},
		{paid("2"), "<nil>"}, {rejected(refsOnly{EndToEnd: "INVOICE 1"}), "withdrawal-ambiguous"},
	} {
		if got := reason(r.put(c.record)); got != c.reason {
			t.Errorf("%s: %s, want %s", names([]payments.Record{c.record}), got, c.reason)
		}
	}
	if got := r.counted(paid("1"), paid("2")); len(got) != 2 {
		t.Errorf("%v counts", got)
	}
}

func TestAWithdrawalByEndToEndIdAloneMeansOnePayment(t *testing.T) {
	r := newRiver(t, 1)
	for _, record := range []payments.Record{rejected(refsOnly{EndToEnd: "INVOICE 1"}), paid("1"), paid("2"), rejected(refsOnly{EndToEnd: "INVOICE 1"})} {
		if err := r.put(record); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.counted(paid("1"), paid("2")); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%v counts, want the second", got)
	}
}

func TestAMessageOfManyIsTakenBackBitByBit(t *testing.T) {
	r := newRiver(t, 1)
	const n = drainFirst + drainMore + 7
	var all []payments.Record
	for i := range n {
		all = append(all, paid(fmt.Sprint(i), endToEnd(fmt.Sprint("E", i))))
		if err := r.put(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.put(rejected(refsOnly{Message: "M-1"}, func(w *payments.Withdrawal) { w.Whole = true })); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(t *payments.Transaction) { t.References.Message = "M-2" }
	for i, want := range []int{drainMore + 7, 7 + 1, 2, 3} {
		if got := len(r.counted(all...)); got != want {
			t.Errorf("after %d more: %d count, want %d", i, got, want)
		}
		next := paid(fmt.Sprint("next", i), elsewhere, endToEnd(fmt.Sprint("N", i)))
		all = append(all, next)
		if err := r.put(next); err != nil {
			t.Fatal(err)
		}
	}
	if late := paid("late"); r.put(late) != nil || len(r.counted(late)) != 0 {
		t.Error("a payment of the message that comes late counts")
	}
}

func TestWhatIsOldIsForgotten(t *testing.T) {
	s, l := store{}, New(DefaultDays)
	put := func(i int, at time.Time) {
		record := paid(fmt.Sprint(i), endToEnd(fmt.Sprint("E", i)), func(t *payments.Transaction) { t.At = at })
		_, data, err := OfTransaction(record.Transaction, ends(record.Transaction))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Process(context.Background(), s, data); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		put(i, now)
	}
	full := len(s)
	w := rejected(refsOnly{Transaction: "nobody's"}).Withdrawal
	_, data, _ := OfWithdrawal(w)
	if _, err := l.Process(context.Background(), s, data); err != nil {
		t.Fatal(err)
	}
	p := &process{State: s, days: DefaultDays}
	sweepAll := func(at time.Time) {
		if err := p.begin(at.Unix()); err != nil {
			t.Fatal(err)
		}
		for b := range 1 << 16 {
			if s.any(uint16(b)) {
				if err := p.sweep(uint16(b)); err != nil {
					t.Fatal(err)
				}
			}
		}
		p.about.pending = nil
	}
	sweepAll(now.AddDate(0, 0, DefaultDays))
	if len(s) != full+1 || p.about.waits == 0 {
		t.Errorf("%d of %d are remembered on the last day", len(s), full+1)
	}
	p = &process{State: s, days: DefaultDays}
	sweepAll(now.AddDate(0, 0, DefaultDays+1))
	if len(s) != 1 || p.about.waits != 0 {
		t.Errorf("%d are remembered after the last day, %d withdrawals among them", len(s)-1, p.about.waits)
	}
}

func (s store) any(bucket uint16) bool {
	for key := range s {
		if len(key) > 3 && key[0] == 'k' && key[1] == byte(bucket>>8) && key[2] == byte(bucket) {
			return true
		}
	}
	return false
}

func TestBucketsAreSweptInTurn(t *testing.T) {
	s, l := store{}, New(DefaultDays)
	for i := range 2*sweepEvery + 1 {
		record := paid(fmt.Sprint(i), endToEnd(fmt.Sprint("E", i)))
		_, data, err := OfTransaction(record.Transaction, ends(record.Transaction))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Process(context.Background(), s, data); err != nil {
			t.Fatal(err)
		}
	}
	p := &process{State: s}
	if err := p.begin(0); err != nil || p.about.bucket != 2 {
		t.Errorf("bucket %d is next, %v", p.about.bucket, err)
	}
}

func TestGroupsComeBackAsTheyWere(t *testing.T) {
	want := &group{day: 20_000, entries: []entry{
		{refs: refs{refEnd: {1}, refID: {2}}, fate: replaced, ordered: true, pair: hash{9}, at: 5, amount: 7, currency: "EUR", institution: "I", ref: "R", ends: [2]string{"a", "b"}},
		{refs: refs{refTx: {3}}, fate: withdrawn, at: -5},
	}, claims: []claim{{refs: refs{refUETR: {4}}, institution: "J", used: true}}}
	got, err := decodeGroup(want.encode())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	data := want.encode()
	for n := 1; n < len(data); n++ {
		if _, err := decodeGroup(data[:n]); err == nil {
			t.Errorf("%d of %d bytes are read", n, len(data))
		}
	}
}

func FuzzProcess(f *testing.F) {
	for _, record := range []payments.Record{paid("1"), ordered("A")} {
		_, data, err := OfTransaction(record.Transaction, ends(record.Transaction))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, record := range []payments.Record{rejected(refsOnly{Transaction: "1"}), rejected(refsOnly{Message: "M-1"}, func(w *payments.Withdrawal) { w.Whole = true })} {
		_, data, _ := OfWithdrawal(record.Withdrawal)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, l := store{}, New(DefaultDays)
		for range 2 {
			if _, err := l.Process(context.Background(), s, data); err != nil && strings.HasPrefix(reason(err), "<") {
				t.Fatal(err)
			}
		}
	})
}

// BenchmarkProcess puts payments and one rejection in a hundred through a ledger.
func BenchmarkProcess(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var records [][]byte
	for i := range 10_000 {
		record := paid(fmt.Sprint(i), endToEnd(fmt.Sprint("E", i)))
		_, data, err := OfTransaction(record.Transaction, ends(record.Transaction))
		if err != nil {
			b.Fatal(err)
		}
		if records = append(records, data); i%100 == 99 {
			_, data, _ := OfWithdrawal(rejected(refsOnly{Transaction: fmt.Sprint(i), EndToEnd: fmt.Sprint("E", i)}).Withdrawal)
			records = append(records, data)
		}
	}
	random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	b.ReportAllocs()
	l := New(DefaultDays)
	for b.Loop() {
		s := noScan{store{}}
		for _, data := range records {
			if _, err := l.Process(context.Background(), s, data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/payment")
}

// noScan is a store whose scans, slow in a map, are left out.
type noScan struct{ store }

func (noScan) Scan([]byte, func(key, value []byte) (bool, error)) error { return nil }
