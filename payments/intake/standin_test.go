package intake

import (
	"errors"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/signal"
)

func TestARefusedRecordHasAStandIn(t *testing.T) {
	bad := payments.Item{
		Number: 3, Offset: 120, Ref: "R-3", Raw: []byte("R-3;M\xfcller;\r\n"),
		Err: errors.Join(payments.At("line 4", signal.Reject("amount", "want a number")), payments.At("line 4", signal.Reject("currency", "is none"))),
	}
	item, err := StandIn("bank.csv", bad)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"file":"bank.csv"`, `"record":3`, `"byte":120`, `"reference":"R-3"`, `"code":"amount"`, `"place":"line 4"`, `"reason":"want a number"`, `"code":"currency"`, `"record":"Ui0zO03`} {
		if !strings.Contains(string(item.Data), want) {
			t.Errorf("%s is not in %s", want, item.Data)
		}
	}
	good, err := Parse(item.ContentType, item.Data)
	if reason(t, err) != "refused" || len(good) > 0 || err.Error() != "refused: record 3 of a file, at byte 120: amount and 1 more" {
		t.Errorf("%v, %v", good, err)
	}
	if file, all := StoodFor(item.Data); file != "bank.csv" || len(all) != 2 || all[1] != (Refusal{Record: 3, Byte: 120, Reference: "R-3", Code: "currency", Place: "line 4", Reason: "is none"}) {
		t.Errorf("%s: %+v", file, all)
	}
	if all, ref := Faults("application/json; charset=utf-8", []byte(jsonLine+"\n{}")); len(all) != 1 || all[0].Code != "schema" || all[0].Place != "transaction" || all[0].Record != 2 || ref != "7" {
		t.Errorf("%+v, %s", all, ref)
	}
	again, err := StandIn("bank.csv", bad)
	if err != nil || again.Key() != item.Key() || string(again.Data) != string(item.Data) {
		t.Errorf("the same again is another record: %v", err)
	}
	for _, other := range []payments.Item{{Number: 1, Data: []byte("{}"), Err: bad.Err}, {Number: 1}} {
		if got, err := StandIn("f", other); err != nil || got.ContentType != "" {
			t.Errorf("%+v got a stand-in: %v", got, err)
		}
	}
}

// FuzzStandIn reads what says that it stands for a refused record: it is refused, in few
// words of ours.
func FuzzStandIn(f *testing.F) {
	f.Add([]byte(`{"file":"f","refusals":[{"record":1,"byte":2,"code":"amount","reason":"r"}]}`))
	f.Add([]byte(`{"refusals":[{"code":"Anna Santos"}]}`))
	f.Add([]byte(`{"refusals":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		good, err := Parse(ContentRefused, data)
		if r := reason(t, err); len(good) > 0 || r != "refused" && r != "json" && r != "record-too-large" || len(err.Error()) > 160 || strings.Contains(err.Error(), "Anna") {
			t.Errorf("%v %v", good, err)
		}
		if _, all := StoodFor(data); reason(t, err) == "refused" && len(all) == 0 {
			t.Error("nothing is told of what is refused")
		}
	})
}
