package review

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/storetest"
)

// A process of this test binary that has decideIn set receives and confirms cases in that
// store, from the number in decideFrom on, and prints each decision's id when Decide has
// returned, until it is killed.
const (
	decideIn   = "VIGIL_TEST_DECIDE_IN"
	decideFrom = "VIGIL_TEST_DECIDE_FROM"
)

func decideForever(place string) error {
	ctx := context.Background()
	first, err := strconv.Atoi(os.Getenv(decideFrom))
	if err != nil {
		return err
	}
	s, err := Open(ctx, place, time.Now, OnePerson())
	if err != nil {
		return err
	}
	for i := first; ; i++ {
		data, err := json.Marshal(caseNo(i))
		if err != nil {
			return err
		}
		if _, err := s.Receive(ctx, data); err != nil {
			return err
		}
		out, err := s.Decide(ctx, Request{
			CaseID: caseNo(i).ID, Digest: digest(data), Verdict: Confirm, Reason: "several-signs", By: Reviewer("reviewer-1"),
		})
		if err != nil {
			return err
		}
		fmt.Println(out.Decision.ID)
	}
}

// TestAKilledProcessLeavesWholeDecisions kills two processes that decide at once, wherever
// they are, many times: each decision that was told is there, and each that is there has its
// one entry for the audit log and its one order for an alert, in this order.
func TestAKilledProcessLeavesWholeDecisions(t *testing.T) {
	place := storetest.Place(t)
	told := map[string]bool{}
	for round := range 5 {
		lines := make(chan string)
		var killed []*exec.Cmd
		for p := range 2 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), decideIn+"="+place, decideFrom+"="+strconv.Itoa(10_000*round+1000*p))
			var complaints strings.Builder
			cmd.Stderr = &complaints
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			killed = append(killed, cmd)
			go func() {
				for in := bufio.NewScanner(out); in.Scan(); {
					lines <- in.Text()
				}
				_ = cmd.Wait() // says that it was killed
				lines <- ""
				if complaints.Len() > 0 {
					t.Errorf("a process said: %s", complaints.String())
				}
			}()
		}
		for ended, n := 0, 0; ended < len(killed); {
			line := <-lines
			if line == "" {
				ended++
				continue
			}
			told[line] = true
			if n++; n == 3+2*round {
				for _, cmd := range killed {
					if err := cmd.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}

	s, err := Open(t.Context(), place, time.Now, OnePerson())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	there := map[string]bool{}
	if err := s.Decided(t.Context(), func(d Decision) error { there[d.ID] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	entries, orders := map[string]int{}, map[string]int{}
	rows, err := s.Outbox(t.Context(), MaxLimit)
	if err != nil || len(rows) == MaxLimit {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		switch {
		case row.Kind == KindAlert:
			orders[row.Decision.ID]++
			if entries[row.Decision.ID] == 0 {
				t.Errorf("the order for decision %s stands before its entry", row.Decision.ID)
			}
		case row.Entry.Kind == audit.KindDecision:
			entries[row.Entry.ID]++
		}
	}
	t.Logf("%d decisions were told, %d are there", len(told), len(there))
	for id := range told {
		if !there[id] {
			t.Errorf("decision %s was told and is lost", id)
		}
	}
	for id := range there {
		if entries[id] != 1 || orders[id] != 1 {
			t.Errorf("decision %s has %d entries and %d orders", id, entries[id], orders[id])
		}
	}
	if len(there) < 30 || !slices.Equal(slices.Sorted(maps.Keys(entries)), slices.Sorted(maps.Keys(orders))) || len(orders) != len(there) {
		t.Errorf("%d decisions, %d entries, %d orders", len(there), len(entries), len(orders))
	}
}
