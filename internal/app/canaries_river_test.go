package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
)

// TestNoCustomerReachesTheOtherSide goes from payments and frames to an alert and an appeal
// by the real program's own services, and looks for each side's people in all that the other
// side can read, and for both in what whoever runs it reads.
func TestNoCustomerReachesTheOtherSide(t *testing.T) {
	s := newSession(t, func(c *Config) {
		c.Listen, c.LogLevel, c.NameAccounts, c.Attach = freeAddr(t), "debug", []string{"ca"}, nil
		c.Review.onePerson()
	})
	broker := s.connects()
	bank, txs := s.newBank(freeAddr(t))
	planted := s.world.Streams[0]
	platform := &partner{
		s: s, addr: freeAddr(t), key: strings.TrimSpace(s.vigil("intake", "key", "--name", "desk", "--platform", "demo")), refs: []string{"canastream-1", "canaflag-1"},
		people: []string{planted.Account, "guest.canary@example.net", "cana-user-77", "Canary Screenname", "canary@inbox.example", "203.0.113.77", "canary-objection"},
	}
	ops := []string{s.c.Listen, s.ops, freeAddr(t), freeAddr(t)}
	startWorker(t, s.bin, filepath.Join(s.dir, "payments.log"), "payments", "serve", "--config", s.config, "--listen", bank.addr, "--metrics", ops[2])
	startWorker(t, s.bin, filepath.Join(s.dir, "intake.log"), "intake", "serve", "--config", s.config, "--listen", platform.addr, "--metrics", ops[3])

	s.step("the bank sends its payments, and reads what is refused", func() { s.pays(bank, txs) })
	s.step("the platform sends a session, frames and a flag", func() { s.streams(platform) })
	var id, digest string
	s.step("a case opens, with the payments", func() {
		drained(s.t, "the river", broker, s.c, func() {})
		found := regexp.MustCompile(`(?m)^([0-9a-f]{32})\s+open`).FindAllStringSubmatch(s.vigil("review", "list"), -1)
		if len(found) != 1 {
			s.t.Fatalf("cases: %v", found)
		}
		id = found[0][1]
		shown := s.vigil("review", "show", "--reviewer", "anna", id)
		seen := regexp.MustCompile(`(?m)^digest\s+([0-9a-f]{64})$`).FindStringSubmatch(shown)
		if seen == nil || !strings.Contains(shown, "list-match") || !strings.Contains(shown, "strangers-who-pay") {
			s.t.Fatal(shown)
		}
		digest = seen[1]
		s.vigil("review", "decide", "--reviewer", "anna", "--digest", digest, "--verdict", "confirm", "--reason", "several-signs", "--action", "suspend", id)
	})
	platform.addr, platform.key = s.api, s.key // from here on it calls `vigil platforms serve`
	var appeal struct{ ID string }
	s.step("the platform says whose account it is, what it did, and objects", func() { s.answers(platform, &appeal) })
	alert := ""
	s.step("the centre reads bank and reference, the account, and nobody's name", func() {
		s.inbox("ALERT ")
		alert = s.vigil("inbox", "--centre", "ca", "--json")
		for _, want := range []string{bank.refs[0], "canaref-", "cana-user-77", "Canary Screenname", "canary@inbox.example", "203.0.113.77", platform.refs[0]} {
			if !strings.Contains(alert, want) {
				s.t.Errorf("the alert has no %s: %s", want, alert)
			}
		}
	})
	s.step("a reversal is answered, lifted and told", func() {
		store, err := s.c.openStore(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = store.AnswerAppeal(s.t.Context(), review.AnswerRequest{AppealID: appeal.ID, Digest: digest, Outcome: review.Reversed, Reason: "lawful-explanation", By: review.Reviewer("carl")})
		if err != nil || store.Close() != nil {
			s.t.Fatal(err)
		}
		s.asked(action.Lift)
		if said := platform.sends("GET", "/v1/appeals/"+appeal.ID, typeJSON, "", http.StatusOK); !strings.Contains(said, `"state":"accepted"`) {
			s.t.Error(said)
		}
		alert += s.inbox("RETRACTION of ALERT ")
	})

	everybody := slices.Concat(bank.people, platform.people)
	everything := slices.Concat(everybody, bank.refs, platform.refs)
	none := func(where string, data []byte, least int, words ...string) {
		t.Helper()
		if hit := canaryIn(data, words...); hit != "" || len(data) < least {
			t.Errorf("%s: there is %q in %d bytes, of at least %d", where, hit, len(data), least)
		}
	}
	none("the centre", []byte(alert), 2000, bank.people...)
	none("another centre", []byte(s.vigil("inbox", "--centre", "us", "--json")), 500, everybody...)
	none("the bank", bank.read.Bytes(), 2000, slices.Concat(platform.people, platform.refs)...)
	s.platform.mu.Lock()
	platform.read.WriteString(s.platform.read.String())
	s.platform.mu.Unlock()
	none("the platform", platform.read.Bytes(), 5000, slices.Concat(bank.people, bank.refs)...)
	sizes := s.searchTopics(none, bank, everybody, everything)
	if sizes[topicDeadLetter] < 5 || sizes[topicCases] == 0 || sizes[topicSignals] == 0 || sizes[topicStreams] == 0 || sizes[topicActions] < 2 || sizes[topicReceipts] < 2 || sizes["alerts.ca"] < 2 {
		t.Errorf("records by topic: %v", sizes)
	}

	for _, name := range []string{"run", "platforms", "payments", "intake"} {
		log, err := os.ReadFile(filepath.Join(s.dir, name+".log"))
		if err != nil {
			t.Fatal(err)
		}
		none("the log of "+name, log, 100, everybody...)
	}
	for _, addr := range ops {
		res, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		metrics, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		none("metrics at "+addr, metrics, 2000, everything...)
	}
	var entries bytes.Buffer
	if _, err := audit.Read(t.Context(), s.c.auditDir(), mustVerifier(t, s.c), func(_ uint64, e audit.Entry) {
		text, err := e.Encode()
		if err != nil {
			t.Error(err)
		}
		entries.Write(text)
	}); err != nil {
		t.Fatal(err)
	}
	none("the audit log", append(entries.Bytes(), allBytes(t, s.c.auditDir())...), 1000, everything...)
}

// searchTopics looks through every topic, and counts its records. Payments as they came are in
// one topic and, where they are bad, in the dead letters' values; the first must have them.
func (s *session) searchTopics(none func(string, []byte, int, ...string), bank *partner, everybody, everything []string) map[string]int {
	directory, err := s.c.directory()
	if err != nil {
		s.t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, topic := range names(s.c.topicSpecs(directory)) {
		var heads, values bytes.Buffer
		if err := s.client.ReadAll(s.t.Context(), topic, func(m stream.Message) error {
			sizes[topic]++
			values.Write(m.Data)
			m.Data = nil
			fmt.Fprintln(&heads, m.Event, m.Headers)
			return nil
		}); err != nil {
			s.t.Fatal(err)
		}
		none("what stands beside records of "+topic, heads.Bytes(), 0, everybody...)
		switch {
		case topic == topicTransactions:
			for _, word := range slices.Concat(bank.people, bank.refs) {
				if canaryIn(values.Bytes(), word) == "" {
					s.t.Errorf("%s never came", word)
				}
			}
		case topic == topicDeadLetter:
		case topic == topicCases:
			if !strings.Contains(values.String(), bank.refs[0]) || !strings.Contains(values.String(), "canaref-") {
				s.t.Error("no case has a reference of the bank")
			}
			none(topic, values.Bytes(), 0, everybody...)
		case topic == topicActions || topic == topicReceipts || topic == topicStreams:
			none(topic, append(heads.Bytes(), values.Bytes()...), 0, slices.Concat(everybody, bank.refs)...)
		case strings.HasPrefix(topic, "alerts."):
			none(topic, append(heads.Bytes(), values.Bytes()...), 0, everything...)
		default:
			none(topic, values.Bytes(), 0, everybody...)
		}
	}
	return sizes
}
