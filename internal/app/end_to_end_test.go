package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
)

// TestRiverOnRealKafka types what an operator types: it imports the reference
// hashes of a clip, watches another rendition of it as a live stream, feeds
// payments to the streamer's account, decides the case and reads the alert.
func TestRiverOnRealKafka(t *testing.T) {
	broker := realKafka(t)
	media := testMedia(t)
	bin := buildVigil(t)
	dir := t.TempDir()
	c := DefaultConfig(filepath.Join(dir, "data"))
	c.Prefix = fmt.Sprintf("river-%d.", time.Now().UnixNano())
	c.Listen, c.Review.Listen = "none", "none"
	undo := 2 * time.Second
	c.Review.Undo = &undo
	config := writeConfig(t, c, broker)
	vigil(t, bin, "topics", "create", "--config", config)

	list := filepath.Join(dir, "clip.txt")
	if err := os.WriteFile(list, referenceHashes(t, filepath.Join(media, "vpdq", "chair-orig-22-sd-bar.txt")), 0o600); err != nil {
		t.Fatal(err)
	}
	out := vigil(t, bin, "hashes", "import", "--config", config, "--source", "reference", list)
	if !strings.Contains(out, " 0 bad records") {
		t.Errorf("import printed %q", out)
	}

	run := startWorker(t, bin, filepath.Join(dir, "run.log"), "run", "--config", config)
	const account = "streamer.demo@example.org"
	out = vigil(t, bin, "watch", "--config", config, "--stream", "live-1", "--platform", "demo", "--account", account,
		"--country", "CA", "--private", "--fps", "5", filepath.Join(media, "video", "chair-22-with-large-logo-bar.mp4"))
	t.Log(out)
	// Another take in another place is watched too, and must make no case.
	vigil(t, bin, "watch", "--config", config, "--stream", "live-2", "--platform", "demo", "--account", "other.demo@example.org",
		"--country", "CA", "--private", filepath.Join(media, "video", "doorknob-hd-no-bar.mp4"))

	bank := filepath.Join(dir, "bank.xml")
	if err := os.WriteFile(bank, commissions(t, account, time.Now().UTC()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Log(vigil(t, bin, "feed", "--config", config, bank))

	var id string
	eventually(t, time.Minute, "a case of match, session and payments", func() (bool, string) {
		out := vigil(t, bin, "review", "list", "--config", config)
		found := regexp.MustCompile(`(?m)^([0-9a-f]{32})\s+open`).FindAllStringSubmatch(out, -1)
		if len(found) != 1 {
			return false, out
		}
		id = found[0][1]
		shown := vigil(t, bin, "review", "show", "--config", config, "--reviewer", "tester", id)
		return strings.Contains(shown, "list-match") && strings.Contains(shown, "strangers-who-pay") && strings.Contains(shown, "ended"), shown
	})
	// What was seen last is what is decided on, and evidence may still arrive: it voids what
	// the first of two persons said.
	decide := func(reviewer string) (bool, string) {
		shown := vigil(t, bin, "review", "show", "--config", config, "--reviewer", reviewer, id)
		digest := regexp.MustCompile(`(?m)^digest\s+([0-9a-f]{64})$`).FindStringSubmatch(shown)
		if digest == nil {
			t.Fatalf("no digest in %s", shown)
		}
		out, err := exec.Command(bin, "review", "decide", "--config", config, "--reviewer", reviewer,
			"--digest", digest[1], "--verdict", "confirm", "--reason", "several-signs", id).CombinedOutput()
		return err == nil && strings.Contains(string(out), "confirm case "+id), string(out)
	}
	eventually(t, time.Minute, "a decision of two persons", func() (bool, string) {
		_, first := decide("tester")
		_, second := decide("tester-2")
		return strings.HasPrefix(second, "decision "), first + second
	})

	var alert struct {
		Statement struct{ Case string }
		Centre    struct{ ID string }
	}
	eventually(t, time.Minute, "the alert", func() (bool, string) {
		out := vigil(t, bin, "inbox", "--config", config, "--centre", "CA", "--json")
		return json.Unmarshal([]byte(out), &alert) == nil, out
	})
	if alert.Statement.Case != id || alert.Centre.ID != "ca" {
		t.Errorf("the alert is %+v, want case %s for ca", alert, id)
	}
	printed := vigil(t, bin, "inbox", "--config", config, "--centre", "ca")
	t.Log(printed)
	if strings.Contains(printed, account) || strings.Contains(printed, "Payer") {
		t.Error("the alert names a person")
	}
	if out := vigil(t, bin, "audit", "verify", "--config", config); !strings.Contains(out, "verifies") {
		t.Errorf("audit verify printed %q", out)
	}
	run.stop()
}

// referenceHashes turns the reference program's lines (index, quality, hash,
// seconds) into lines of hashes, of those of quality 50 or more.
func referenceHashes(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		var quality int
		if len(fields) != 4 {
			t.Fatalf("%s: %q", file, line)
		}
		if _, err := fmt.Sscan(fields[1], &quality); err != nil {
			t.Fatal(err)
		}
		if quality >= 50 {
			fmt.Fprintln(&b, fields[2])
		}
	}
	return b.Bytes()
}

// commissions are payments by unrelated people abroad to an account, in the
// hours before now.
func commissions(t *testing.T, account string, now time.Time) []byte {
	t.Helper()
	var txs []payments.Transaction
	for i := range 6 {
		txs = append(txs, payments.Transaction{
			Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("R%03d", i), At: now.Add(-time.Duration(30*(i+1)) * time.Minute).Truncate(time.Second),
			Amount: int64(20+10*i) * 100, Currency: "EUR", Remittance: []string{"school uniform"},
			Debtor:   payments.Party{Name: fmt.Sprintf("Payer Made%dup", i), Country: "DE", Agent: "DEMODEFFXXX", Account: fmt.Sprintf("ACC%d", i), Issuer: "DEMODEFFXXX"},
			Creditor: payments.Party{Name: "Payee Demo", Country: "CA", Agent: "DEMOCAXXXXX", Proxy: account},
		})
	}
	var b bytes.Buffer
	if err := iso20022.WritePacs008(&b, txs); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
