package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/payments/jsonlines"
	"github.com/vigil-stream/vigil/review/action"
)

// A partner is a bank or a platform, with what it says that the other may never read: people,
// who are in nothing that goes on, and references, which case and centre have.
type partner struct {
	s            *session
	addr, key    string
	people, refs []string
	read         bytes.Buffer // every answer, with its headers
}

// sends a request and keeps the answer.
func (p *partner) sends(method, path, kind, body string, want int, headers ...string) (said string) {
	p.s.t.Helper()
	p.s.until("an answer to "+method+" "+path, func() (bool, string) {
		r, err := http.NewRequestWithContext(p.s.t.Context(), method, "http://"+p.addr+path, strings.NewReader(body))
		if err != nil {
			p.s.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+p.key)
		r.Header.Set("Content-Type", kind)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, err.Error() // it may still be starting
		}
		var status int
		if status, said = p.s.read(res); status != want {
			p.s.t.Fatalf("%s %s: %d %s", method, path, status, said)
		}
		fmt.Fprintln(&p.read, res.Header, said)
		return true, ""
	})
	return said
}

// ibans are the examples of their countries' own standards, of nobody.
var ibans = []string{"DE89370400440532013000", "NL91ABNA0417164300", "GB29NWBK60161331926819", "IE29AIBK93115212345678", "FI2112345600000785", "FR1420041010050500013M02606"}

// newBank has what the world's senders pay to its planted streamer, all of it as customers of
// one bank, each with a name, account, address and words of their own.
func (s *session) newBank(addr string) (*partner, []payments.Transaction) {
	const institution = "CANADEFFXXX"
	bank := &partner{s: s, addr: addr, refs: []string{institution}, people: append([]string{"Maria Canarypayee", "GB33BUKB20201555555555"}, ibans...)}
	bank.key = strings.TrimSpace(s.vigil("payments", "key", "--name", "bank", "--institution", institution))
	var txs []payments.Transaction
	var senders []string
	for _, tx := range s.world.Payments {
		if tx.Creditor.Proxy != s.world.Streams[0].Account {
			continue
		}
		name := tx.Debtor.Name + "canary"
		who := slices.Index(senders, name)
		if who < 0 {
			who, senders = len(senders), append(senders, name)
			bank.people = append(bank.people, name, fmt.Sprintf("%d Canary Street", 4711+who), fmt.Sprintf("canary-%d@mail.example", who), fmt.Sprintf("canaremit-%d", who))
		}
		tx.Institution, tx.Ref = institution, fmt.Sprintf("canaref-%04d", len(txs))
		tx.Debtor = payments.Party{
			Name: name, Country: tx.Debtor.Country, Agent: institution, IBAN: ibans[who],
			Address: fmt.Sprintf("%d Canary Street", 4711+who), Email: fmt.Sprintf("canary-%d@mail.example", who),
		}
		tx.Creditor.Name, tx.Creditor.IBAN = "Maria Canarypayee", "GB33BUKB20201555555555"
		tx.Remittance = append(tx.Remittance, fmt.Sprintf("canaremit-%d", who))
		txs, bank.refs = append(txs, tx), append(bank.refs, tx.Ref)
	}
	if len(txs) < 10 || len(senders) != len(ibans) {
		s.t.Fatalf("%d payments of %d senders", len(txs), len(senders))
	}
	return bank, txs
}

// pays has the bank send half of its payments as XML and half as JSON, and some that are bad
// in fields that name people: over HTTP, and as a file that goes to the dead letters.
func (s *session) pays(bank *partner, txs []payments.Transaction) {
	xml := func(list ...payments.Transaction) string {
		var b bytes.Buffer
		if err := iso20022.WritePacs008(&b, list); err != nil {
			s.t.Fatal(err)
		}
		return b.String()
	}
	var lines []string
	for _, tx := range txs[len(txs)/2:] {
		line, err := jsonlines.Encode(payments.Record{Transaction: &tx})
		if err != nil {
			s.t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	badLines := []string{
		regexp.MustCompile(`"iban":"..`).ReplaceAllString(lines[0], `"iban":"ZZ`),
		strings.Replace(lines[0], txs[len(txs)/2].At.Format(time.RFC3339), "canaremit-0", 1),
		strings.Replace(lines[0], `"currency":"`, `"`+bank.people[2]+`":1,"currency":"`, 1),
		strings.Replace(lines[0], bank.refs[0], "OTHRDEFFXXX", 1),
	}
	badXML := strings.NewReplacer(`Ccy="EUR"`, `Ccy="QQQ"`, "Z</AccptncDtTm", "Canaria</AccptncDtTm").Replace(xml(txs[0]))
	bank.sends("POST", "/v1/transactions", "application/xml", xml(txs[:len(txs)/2]...), http.StatusAccepted)
	said := bank.sends("POST", "/v1/transactions", "application/json", "["+strings.Join(append(lines, badLines...), ",")+"]", http.StatusAccepted)
	if !strings.Contains(said, fmt.Sprintf(`"accepted":%d,"refused":%d`, len(lines), len(badLines))) {
		s.t.Errorf("the bank reads %s", said)
	}
	bank.sends("POST", "/v1/transactions", "application/xml", badXML, http.StatusUnprocessableEntity)
	bank.sends("POST", "/v1/transactions", "text/plain", "x", http.StatusUnsupportedMediaType)
	bank.sends("GET", "/v1/streams/canastream", "text/plain", "", http.StatusNotFound)
	bank.sends("GET", "/status", "text/plain", "", http.StatusOK)
	report := filepath.Join(s.dir, "refused.csv")
	for name, text := range map[string]string{"bad.xml": badXML, "bad.jsonl": strings.Join(badLines[:3], "\n") + "\n"} {
		file := filepath.Join(s.dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
		out, err := exec.Command(s.bin, "feed", "--config", s.config, "--errors", report, file).CombinedOutput()
		told, err2 := os.ReadFile(report)
		if err == nil || err2 != nil || !bytes.Contains(out, []byte("refused")) || len(told) < 50 {
			s.t.Fatalf("feed: %v %v %s %s", err, err2, out, told)
		}
		fmt.Fprintf(&bank.read, "%s%s", out, told)
	}
	s.until("what the rooms refused", func() (bool, string) {
		said := s.vigil("payments", "refused", "--errors", report)
		told, err := os.ReadFile(report)
		fmt.Fprintf(&bank.read, "%s%s", said, told)
		return err == nil && strings.Contains(said, "4 records of payments were refused"), said
	})
}

// streams has the platform send the planted stream, with a guest, and some that is bad.
func (s *session) streams(platform *partner) {
	planted, of := s.world.Streams[0], platform.refs[0]
	about := fmt.Sprintf(`"stream":%q,"account":%q`, of, planted.Account)
	session := func(state string, at time.Time) string {
		return fmt.Sprintf(`{%s,"state":%q,"private":true,"country":"CA","started_at":%q,"time":%q,"guests":["guest.canary@example.net"]}`, about, state, planted.Start.Format(time.RFC3339), at.Format(time.RFC3339))
	}
	platform.sends("POST", "/v1/sessions", typeJSON, session("started", planted.Start), http.StatusAccepted)
	platform.sends("POST", "/v1/sessions", typeJSON, strings.Replace(session("started", planted.Start), `"CA"`, `"cana-user-77"`, 1), http.StatusBadRequest)
	for i := range planted.Frames {
		picture, err := planted.Frame(i)
		if err != nil {
			s.t.Fatal(err)
		}
		if i == 1 {
			picture = picture[:len(picture)/2] // goes to the dead letters
		}
		platform.sends("POST", "/v1/frames?stream="+of+"&time="+planted.At(i).Format(time.RFC3339), "image/jpeg", string(picture), http.StatusAccepted, "Vigil-Account", url.PathEscape(planted.Account))
	}
	flag := fmt.Sprintf(`{%s,"id":%q,"reason":"worried-about-a-child","time":%q}`, about, platform.refs[1], planted.At(10).Format(time.RFC3339))
	platform.sends("POST", "/v1/flags", typeJSON, flag, http.StatusAccepted)
	platform.sends("POST", "/v1/flags", typeJSON, strings.Replace(flag, "{", `{"platform":"other",`, 1), http.StatusForbidden)
	file := filepath.Join(s.dir, "streams.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "- {platform: demo, stream: %s, account: %s, input: \"https://live.example/s.m3u8\"}\n", of, planted.Account), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.vigil("streams", "start", file)
	platform.sends("POST", "/v1/sessions", typeJSON, session("ended", planted.At(planted.Frames)), http.StatusAccepted)
	s.until("a raised rate", func() (bool, string) {
		said := platform.sends("GET", "/v1/streams/"+of+"/rate", typeJSON, "", http.StatusOK)
		return strings.Contains(said, `"level":"raised"`), said
	})
}

// answers what the platform was asked, and objects.
func (s *session) answers(platform *partner, appeal any) {
	suspend := s.asked(action.Suspend)
	var asks string
	s.until("the question whose account it is", func() (bool, string) {
		s.platform.mu.Lock()
		defer s.platform.mu.Unlock()
		if len(s.platform.asks) == 0 {
			return false, tail(s.run.log.Name())
		}
		asks = s.platform.asks[0].ID
		return true, ""
	})
	answer := fmt.Sprintf(`{"request_id":%q,"account":{"subject":%q,"platform":"demo","id":"cana-user-77","screen_name":"Canary Screenname","emails":[{"value":"canary@inbox.example"}],"ips":[{"address":"203.0.113.77","at":"2026-03-01T11:55:00+08:00"}],"ongoing":true}}`, asks, suspend.Subject)
	platform.sends("POST", "/v1/accounts", typeJSON, strings.Replace(answer, `"ongoing":true`, `"ongoing":"canary@inbox.example"`, 1), http.StatusBadRequest)
	platform.sends("POST", "/v1/accounts", typeJSON, answer, http.StatusCreated)
	platform.sends("POST", "/v1/receipts", typeJSON, fmt.Sprintf(`{"action_id":%q,"state":"done","at":%q}`, suspend.ID, time.Now().UTC().Format(time.RFC3339)), http.StatusAccepted)
	platform.sends("POST", "/v1/receipts", typeJSON, fmt.Sprintf(`{"action_id":%q,"state":"done","at":%q}`, strings.Repeat("0", 32), time.Now().UTC().Format(time.RFC3339)), http.StatusNotFound)
	said := platform.sends("POST", "/v1/appeals", typeJSON, fmt.Sprintf(`{"action_id":%q,"objection":"canary-objection: it was a drawing lesson"}`, suspend.ID), http.StatusCreated)
	if err := json.Unmarshal([]byte(said), appeal); err != nil {
		s.t.Fatal(err)
	}
}
