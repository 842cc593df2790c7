package review

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vigil-stream/vigil/internal/storetest"
)

func TestOpenKeepsTheFileToItsOwner(t *testing.T) {
	storetest.OnlyFile(t)
	path := filepath.Join(t.TempDir(), "new folder", "review %41?#.db")
	s := openAt(t, path)
	receive(t, s, caseOf(1, "a"))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path+suffix, info.Mode())
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("%d files in the folder, want the store and its two side files", len(entries))
	}

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file that others could read was opened as it was: %v, %v", info.Mode(), err)
	}
}

func TestOpenSetsWhatTheGuaranteesNeed(t *testing.T) {
	storetest.OnlyFile(t)
	s := newStore(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := s.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestManyOpenOneNewStoreAtOnce(t *testing.T) {
	path := storetest.Place(t)
	const n = 8
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			s, err := Open(context.Background(), path, ticker(), OnePerson())
			if err == nil {
				_, err = s.Receive(context.Background(), raw(t, caseOf(uint64(i+1), "a")))
				err = errors.Join(err, s.Close())
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	list, err := s.List(context.Background(), Filter{})
	if err != nil || len(list) != 1 || list[0].Revision != n {
		t.Errorf("got %+v, %v, want the highest revision", list, err)
	}
}

// TestWritersComeOneAfterAnother has two stores read a number and write the next, as two
// processes would.
func TestWritersComeOneAfterAnother(t *testing.T) {
	ctx := t.Context()
	place := storetest.Place(t)
	stores := []*Store{openAt(t, place), openAt(t, place)}
	const writers, times = 8, 10
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range times {
				err := stores[i%2].write(ctx, func(tx *sql.Tx) error {
					var n int64
					if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migrations`).Scan(&n); err != nil {
						return err
					}
					_, err := tx.ExecContext(ctx, `INSERT INTO migrations (version, applied_at) VALUES (?, 0)`, n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	steps, err := steps(storetest.Postgres())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stores[0].Version(ctx); err != nil || got != len(steps)+writers*times {
		t.Errorf("the last number is %d, %v, want %d", got, err, len(steps)+writers*times)
	}
}

func TestOpenRefusesAStoreOfANewerVigil(t *testing.T) {
	path := storetest.Place(t)
	s := openAt(t, path)
	if _, err := s.db.Exec(`INSERT INTO migrations (version, applied_at) VALUES (999, 0)`); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), path, ticker(), OnePerson())
	if err == nil || !strings.Contains(err.Error(), "999") {
		t.Errorf("got %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	storetest.OnlyFile(t)
	path := filepath.Join(t.TempDir(), "review.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, ticker(), OnePerson()); err == nil {
		t.Error("a file that is no database was opened")
	}
}

func TestListFiltersAndOrders(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a", "b"))
	for name, c := range map[string]struct {
		filter Filter
		want   int
	}{
		"all":             {Filter{}, 1},
		"open":            {Filter{States: []State{StateOpen}}, 1},
		"open or decided": {Filter{States: []State{StateConfirmed, StateOpen}}, 1},
		"decided":         {Filter{States: []State{StateConfirmed}}, 0},
	} {
		list, err := s.List(context.Background(), c.filter)
		if err != nil || len(list) != c.want {
			t.Errorf("%s: got %d, %v, want %d", name, len(list), err, c.want)
		}
	}
	if _, err := s.List(context.Background(), Filter{States: []State{"' OR 1"}}); err == nil {
		t.Error("a state that there is not was taken")
	}
	for id, probability := range map[string]float64{"x": 0.9, "y": 0.1, "z": 0.99} {
		_, err := s.db.Exec(`INSERT INTO cases SELECT ?, subject, digest, revision, state, score, ?, first_at, last_at, received_at
			FROM cases WHERE id = ?`, id, probability, caseID)
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List(context.Background(), Filter{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, c := range list {
		order = append(order, c.ID)
	}
	if got := strings.Join(order, " "); got != "z x "+caseID {
		t.Errorf("got %s, want the three likeliest, the likeliest first", got)
	}
}
