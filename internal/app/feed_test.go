package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/iso20022"
)

// feedTown runs rooms on an embedded broker and returns a client of it.
func feedTown(t *testing.T, rooms ...string) (Config, *stream.Client) {
	t.Helper()
	c := DefaultConfig(t.TempDir())
	c.Listen, c.Review.Listen = "none", "none"
	c.Rooms = rooms
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- runRooms(ctx, c, zap.NewNop(), func(addr string) { up <- addr }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case addr := <-up:
		c.Brokers = []string{addr}
		return c, connect(t, addr, c.Prefix)
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		panic("not reached")
	}
}

// bankFile is a pacs.008 of n payments; those in bad have an amount below zero.
func bankFile(t *testing.T, n int, bad ...int) []byte {
	t.Helper()
	var txs []payments.Transaction
	for i := range n {
		txs = append(txs, payments.Transaction{
			Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("R-%d", i+1), At: townDay, Amount: 50_00, Currency: "EUR",
			Debtor:   payments.Party{Name: "Payer Demo", Country: "DE", Agent: "DEMODEFFXXX", Email: fmt.Sprintf("p%d@example.org", i)},
			Creditor: payments.Party{Name: "Payee Demo", Country: "CA", Agent: "DEMOCAXXXXX", Proxy: "q@example.org"},
		})
	}
	var b bytes.Buffer
	if err := iso20022.WritePacs008(&b, txs); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(b.String(), ">50.00<")
	var out strings.Builder
	for i, part := range parts {
		out.WriteString(part)
		switch {
		case i == len(parts)-1:
		case slices.Contains(bad, i+1):
			out.WriteString(">-50.00<")
		default:
			out.WriteString(">50.00<")
		}
	}
	return []byte(out.String())
}

// file is a source that stops the feed once so many bytes have been read.
type file struct {
	io.Reader
	after int
	stop  func()
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p[:min(len(p), 4096)])
	if f.after -= n; f.after <= 0 && f.stop != nil {
		f.stop()
		f.stop = nil
	}
	return n, err
}

func (*file) Close() error { return nil }

// fed lists the ids of what lies in a topic, and how many records there are.
func fed(t *testing.T, client *stream.Client, topic string) (ids map[string]bool, records int) {
	t.Helper()
	ids = map[string]bool{}
	if err := client.ReadAll(t.Context(), topic, func(m stream.Message) error {
		ids[m.ID] = true
		records++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids, records
}

func TestAFeedThatWasStoppedGoesOn(t *testing.T) {
	const n = 20_000
	c, client := feedTown(t, "review")
	data := bankFile(t, n, 3, n-1)
	report := filepath.Join(t.TempDir(), "errors.jsonl")
	feed := func(ctx context.Context, data []byte, after int, stop func()) (out, errs string, err error) {
		var o, e bytes.Buffer
		err = Feed(ctx, c, FeedOptions{Errors: report, Out: &o, Errs: &e, Sources: []Source{{Name: "bank.xml", Open: func() (io.ReadCloser, error) {
			return &file{bytes.NewReader(data), after, stop}, nil
		}}}})
		return o.String(), e.String(), err
	}
	stopped := 0
	for _, share := range []int{3, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		if _, _, err := feed(ctx, data, len(data)/share, cancel); err == nil || !strings.Contains(err.Error(), "goes on after them") {
			t.Fatalf("a feed that is stopped says %v", err)
		}
		ids, _ := fed(t, client, topicTransactions)
		if len(ids) <= stopped || len(ids) >= n {
			t.Fatalf("%d records are sent when it is stopped, and %d before", len(ids), stopped)
		}
		stopped = len(ids)
	}
	out, errs, err := feed(t.Context(), data, n*n, nil)
	if !errors.Is(err, ErrSomeRefused) || !strings.Contains(out, "goes on after record") || !strings.Contains(out, "20000 records sent") || !strings.Contains(out, "2 bad: amount-negative 2") {
		t.Errorf("%v\n%s%s", err, out, errs)
	}
	ids, records := fed(t, client, topicTransactions)
	if len(ids) != n || records > n+20*feedBatch {
		t.Errorf("%d records with %d ids, want %d", records, len(ids), n)
	}
	lines, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var refusals []refusal
	for line := range strings.Lines(string(lines)) {
		var r refusal
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		refusals = append(refusals, r)
	}
	if len(refusals) != 2 {
		t.Fatalf("%d refusals: %s", len(refusals), lines)
	}
	r := refusals[1]
	want := refusal{File: "bank.xml", Refusal: intake.Refusal{Record: n - 1, Byte: r.Byte, Reference: fmt.Sprintf("R-%d", n-1), Code: "amount-negative", Place: fmt.Sprintf("CdtTrfTxInf[%d]/IntrBkSttlmAmt", n-1), Reason: "is below zero"}}
	if r != want || !bytes.HasPrefix(data[r.Byte:], []byte("<CdtTrfTxInf>")) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if left, err := os.ReadDir(c.path("feed")); err != nil || len(left) != 0 {
		t.Errorf("%v is left of the marks, %v", left, err)
	}
}

func TestAFileThatChangedIsSentFromItsBeginning(t *testing.T) {
	c, client := feedTown(t, "review")
	data := bankFile(t, 5000)
	changed := bytes.Replace(data, []byte("R-400<"), []byte("R-4OO<"), 2)
	shorter := bankFile(t, 500)
	ctx, cancel := context.WithCancel(t.Context())
	open := func(data []byte, after int, stop func()) []Source {
		return []Source{{Name: "bank.xml", Open: func() (io.ReadCloser, error) { return &file{bytes.NewReader(data), after, stop}, nil }}}
	}
	if err := Feed(ctx, c, FeedOptions{Out: io.Discard, Errs: io.Discard, Sources: open(data, len(data)*3/4, cancel)}); err == nil {
		t.Fatal("it was not stopped")
	}
	before, _ := fed(t, client, topicTransactions)
	var out, errs bytes.Buffer
	if err := Feed(t.Context(), c, FeedOptions{Out: &out, Errs: &errs, Sources: open(changed, 1<<30, nil)}); err != nil || !strings.Contains(errs.String(), "from its beginning") {
		t.Errorf("%v\n%s%s", err, out.String(), errs.String())
	}
	if ids, _ := fed(t, client, topicTransactions); len(ids) != 5001 {
		t.Errorf("%d records, %d of them before, want one more than 5000", len(ids), len(before))
	}
	if err := Feed(t.Context(), c, FeedOptions{Out: &out, Errs: &errs, Sources: open(shorter, 1<<30, nil)}); err != nil {
		t.Error(err)
	}
}

func TestErrorsAreTabledForABank(t *testing.T) {
	c, _ := feedTown(t, "review")
	data := bankFile(t, 30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
	data = bytes.Replace(data, []byte("R-30<"), []byte("=R-30<"), 2)
	data = bytes.Replace(data, []byte("p29@example.org"), bytes.Repeat([]byte("p"), payments.MaxIdentifier+1), 1)
	report := filepath.Join(t.TempDir(), "errors.csv")
	var out, errs bytes.Buffer
	err := Feed(t.Context(), c, FeedOptions{Errors: report, Out: &out, Errs: &errs, Sources: []Source{{Name: "b.xml", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}}})
	if !errors.Is(err, ErrSomeRefused) || !strings.Contains(out.String(), "24 bad: amount-negative 23, text-too-long 1") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if lines := strings.Count(errs.String(), "\n"); lines != maxShown+1 || !strings.Contains(errs.String(), "all are in "+report) {
		t.Errorf("%d lines are shown:\n%s", lines, errs.String())
	}
	f, err := os.Open(report)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 25 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if last := rows[24]; last[1] != "30" || last[3] != "'=R-30" || last[4] != "text-too-long" || last[5] != "CdtTrfTxInf[30]/Dbtr/an account or contact" {
		t.Errorf("%q", last)
	}
}

func TestARejectedPaymentIsWithdrawn(t *testing.T) {
	c, client := feedTown(t, "payments")
	status := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.12"><FIToFIPmtStsRpt><GrpHdr><MsgId>S</MsgId><CreDtTm>2026-03-02T20:00:00Z</CreDtTm></GrpHdr>` +
		`<TxInfAndSts><OrgnlEndToEndId>R-2</OrgnlEndToEndId><OrgnlTxId>R-2</OrgnlTxId><TxSts>RJCT</TxSts></TxInfAndSts></FIToFIPmtStsRpt></Document>`
	for _, data := range []string{status, string(bankFile(t, 3)), string(bankFile(t, 3)), status} {
		if err := Feed(t.Context(), c, FeedOptions{Out: io.Discard, Errs: io.Discard, Sources: []Source{{Name: "f", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(data)), nil
		}}}}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, time.Minute, "transfers", func() (bool, string) {
		state := map[string]bool{} // by reference: counts
		n := 0
		if err := client.ReadAll(t.Context(), topicTransfers, func(m stream.Message) error {
			tr, err := payments.DecodeTransfer(m.Data)
			if err != nil {
				return err
			}
			state[tr.Ref] = !tr.Withdrawn
			n++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		counts := fmt.Sprint(state)
		return state["R-1"] && state["R-3"] && !state["R-2"], fmt.Sprintf("%d transfers, %s", n, counts)
	})
}
