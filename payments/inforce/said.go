package inforce

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments/rule"
	"github.com/vigil-stream/vigil/signal"
)

// said is the value of a key below saidPrefix: enough of a signal to take it back.
type said struct {
	Subject  signal.Subject `json:"subject"`
	Role     signal.Role    `json:"role"`
	Revision uint64         `json:"revision"`
	End      time.Time      `json:"end"`
}

// isOwn reports whether a typology is no rule: P01, X02.
func isOwn(id string) bool {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	return len(id) == 3 && (id[0] == 'P' || id[0] == 'X') && digit(id[1]) && digit(id[2])
}

func saidKey(id, version, signal string) []byte {
	return []byte(saidPrefix + id + "\x00" + version + "\x00" + signal)
}

// Said keeps in mind which signals of rules stand.
func (b *Book) Said(s State, drafts []signal.Draft) error {
	for i := range drafts {
		one := &drafts[i]
		if isOwn(one.Typology) {
			continue
		}
		key := saidKey(one.Typology, one.Rules, one.ID)
		var err error
		if one.Strength == 0 {
			err = s.Delete(key)
		} else {
			var data []byte
			if data, err = json.Marshal(said{one.Subject, one.Role, one.Revision, time.Unix(one.End, 0).UTC()}); err == nil {
				err = s.Set(key, data)
			}
		}
		if err != nil {
			return fmt.Errorf("note what rules have said: %w", err)
		}
	}
	return nil
}

// takeBack withdraws all that stands under rules that the next set does not have, and
// forgets it.
func takeBack(s State, next *rule.Set) ([]signal.Signal, error) {
	stay := make(map[string]bool)
	for _, c := range next.Rules() {
		stay[c.ID()+"\x00"+c.Version()] = true
	}
	var withdrawn []signal.Signal
	var keys [][]byte
	err := s.Scan([]byte(saidPrefix), func(key, value []byte) (bool, error) {
		parts := strings.Split(strings.TrimPrefix(string(key), saidPrefix), "\x00")
		var one said
		if err := json.Unmarshal(value, &one); err != nil || len(parts) != 3 {
			return false, errSaid
		}
		if stay[parts[0]+"\x00"+parts[1]] {
			return true, nil
		}
		withdrawn = append(withdrawn, signal.Signal{
			ID: parts[2], Revision: one.Revision + 1, Kind: signal.KindPayment, Subject: one.Subject,
			Start: one.End, End: one.End, Says: "the rule that said so is no longer in force",
			Payment: &signal.Payment{Typology: parts[0], Rules: parts[1], Role: one.Role, Times: []time.Time{}},
		})
		keys = append(keys, append([]byte{}, key...))
		return true, nil
	})
	for _, key := range keys {
		if err == nil {
			err = s.Delete(key)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("take back what rules said: %w", err)
	}
	return withdrawn, nil
}
