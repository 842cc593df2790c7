package service

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/columns"
)

var epoch = time.Date(2026, 4, 1, 3, 4, 5, 0, time.UTC)

var readDoc = apitest.Once(document)

// bench is a service under test.
type bench struct {
	apitest.Caller
	mu      sync.Mutex
	now     time.Time
	sent    []payments.Item
	fail    error // What Send gives.
	reports []error
}

func token(number string) string { return "token-" + number[len(number)-2:] }

func readMap(file string) (*columns.Map, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return columns.ReadMap(text)
}

const columnMap = "../columns/testdata/statement.map.yaml"

// newBench makes a service whose one key is that of DEMODEFFXXX.
func newBench(t testing.TB, options func(*Options), key func(*Key)) *bench {
	t.Helper()
	b := &bench{Caller: apitest.Caller{T: t, Doc: readDoc(t)}, now: epoch}
	text, digest := api.NewKey()
	b.Key = text
	k := Key{Key: api.Key{Name: "tester", SHA256: digest, PerMinute: 1e9, PerDay: 1e12}, Institution: "DEMODEFFXXX", Columns: columnMap}
	if key != nil {
		key(&k)
	}
	keys, err := NewKeys(k)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Send: func(_ context.Context, items []payments.Item) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.fail == nil {
				b.sent = append(b.sent, items...)
			}
			return b.fail
		},
		Token: token, Columns: readMap,
		Now:    func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Report: func(err error) { b.mu.Lock(); defer b.mu.Unlock(); b.reports = append(b.reports, err) },
	}
	if options != nil {
		options(&o)
	}
	if b.Handler, err = New(keys, o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) post(target, contentType, body string) *httptest.ResponseRecorder {
	b.T.Helper()
	return b.Send(b.Request("POST", target, contentType, []byte(body)))
}

// took reads a receipt.
func took(t testing.TB, w *httptest.ResponseRecorder, status, accepted, refused int) receipt {
	t.Helper()
	var r receipt
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || w.Code != status || r.Accepted != accepted || r.Refused != refused {
		t.Fatalf("%d %s, want %d, %d accepted and %d refused", w.Code, w.Body, status, accepted, refused)
	}
	return r
}

const payment = `{"institution":"DEMODEFFXXX","id":"R-1","at":"2026-03-31T14:00:00+02:00","amount":"50.00","currency":"EUR",` +
	`"debtor":{"name":"Anton Testmann"},"creditor":{"name":"Maria Muster","account":"12345","issuer":"demo-live","country":"PH"}}`

// changed is the payment with texts changed.
func changed(oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(payment) }

const pacs008 = `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>` +
	`<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-31T14:00:00+02:00</CreDtTm></GrpHdr>` +
	`<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId><TxId>X-1</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">50.00</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>` +
	`<Dbtr><Nm>Anton Testmann</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>DEMODEFF</BICFI></FinInstnId></DbtrAgt>` +
	`<CdtrAgt><FinInstnId><Nm>Demo Wallet</Nm></FinInstnId></CdtrAgt><Cdtr><Nm>Maria Muster</Nm></Cdtr></CdtTrfTxInf>` +
	`<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId><TxId>X-2</TxId></PmtId><IntrBkSttlmAmt Ccy="EUR">-50.00</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>` +
	`<Dbtr><Nm>Anton Testmann</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>DEMODEFF</BICFI></FinInstnId></DbtrAgt>` +
	`<CdtrAgt><FinInstnId><Nm>Demo Wallet</Nm></FinInstnId></CdtrAgt><Cdtr><Nm>Maria Muster</Nm></Cdtr></CdtTrfTxInf>` +
	`</FIToFICstmrCdtTrf></Document>`

func newKey(name string) api.Key {
	_, digest := api.NewKey()
	return api.Key{Name: name, SHA256: digest, PerMinute: 1e9, PerDay: 1e12}
}
