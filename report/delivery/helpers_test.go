package delivery

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/signal"
)

// alertNo is one of many made-up alerts to the centre us.
func alertNo(t testing.TB, i int, danger bool, at time.Time) report.Alert {
	t.Helper()
	data, err := os.ReadFile("../testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := report.DecodeAlert(data)
	if err != nil {
		t.Fatal(err)
	}
	a.ID, a.Centre.ID = signal.ID("alert", strconv.Itoa(i)), "us"
	a.Statement.Danger, a.Statement.At, a.Statement.Probability = danger, at.UTC(), float64(i%7)/10
	return a
}

// memory is a store of deliveries that keeps the order of the contract.
type memory struct {
	mu      sync.Mutex
	rows    map[string]Delivery
	sending int // how often something was noted as about to be sent
}

func (m *memory) order(t testing.TB, a report.Alert, within time.Duration) {
	t.Helper()
	d, err := Order(a, within)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[string]Delivery{}
	}
	if _, ok := m.rows[d.Alert]; !ok {
		m.rows[d.Alert] = d
	}
}

func (m *memory) NextFiling(_ context.Context, centre string, now time.Time) (Delivery, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	over := func(d Delivery) bool { return d.State == Filed || d.State == Withdrawn }
	var due []Delivery
	for _, d := range m.rows {
		d.Superseded = false
		blocked := false
		for _, o := range m.rows {
			if o.Corrects != "" && o.Corrects == cmp.Or(d.Corrects, d.Alert) && o.Sequence > d.Sequence {
				d.Superseded = true
			}
			blocked = blocked || d.Corrects != "" && d.Corrects == cmp.Or(o.Corrects, o.Alert) && o.Sequence < d.Sequence && !over(o)
		}
		now := d.State != Failed && !d.Next.After(now) || d.Superseded && slices.Contains([]State{Queued, Held, Failed}, d.State)
		if d.Centre == centre && !over(d) && now && !blocked {
			due = append(due, d)
		}
	}
	if len(due) == 0 {
		return Delivery{}, false, nil
	}
	return slices.MinFunc(due, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.Alert, b.Alert))
	}), true, nil
}

func (m *memory) SaveFiling(_ context.Context, d Delivery) (Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[d.Alert].Revision != d.Revision {
		return d, ErrStale
	}
	d.Revision++
	m.rows[d.Alert] = d
	if d.State == Sending {
		m.sending++
	}
	return d, nil
}

func (m *memory) EarlierFilings(_ context.Context, d Delivery) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Delivery
	for _, o := range m.rows {
		of := d.Corrects != "" && d.Corrects == cmp.Or(o.Corrects, o.Alert) || d.Corrects == "" && o.Case == d.Case
		if of && o.Alert != d.Alert && o.State == Filed && o.Sequence <= d.Sequence {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b Delivery) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return all, nil
}

func (m *memory) count(s State) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.rows {
		if d.State == s {
			n++
		}
	}
	return n
}

func (m *memory) get(alert string) Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[alert]
}

// centre is a channel that answers as it is told, and notes what it was asked.
type centre struct {
	mu       sync.Mutex
	send     func(a report.Alert) (report.Answer, error)
	ask      func(id string) (report.Answer, error)
	withdraw func(id string) (report.Answer, error)
	sent     []string
	asked    []string
	at       []time.Time

	corrected, withdrawn []string
}

func (c *centre) Send(_ context.Context, a report.Alert, _ []Delivery) (report.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent, c.at = append(c.sent, a.ID), append(c.at, time.Now())
	return c.send(a)
}

// Correct notes a correction after what it corrects: "id of receipts".
func (c *centre) Correct(_ context.Context, k report.Correction, earlier []Delivery) (report.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := k.ID + " of"
	for _, e := range earlier {
		said += " " + e.Receipt
	}
	c.corrected = append(c.corrected, said)
	return c.send(report.Alert{ID: k.ID})
}

func (c *centre) Withdraw(_ context.Context, id string, may bool) (report.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.withdrawn = append(c.withdrawn, fmt.Sprint(id, " ", may))
	if c.withdraw == nil {
		return report.Answer{State: report.Withdrawn}, nil
	}
	return c.withdraw(id)
}

func (c *centre) Ask(_ context.Context, id string) (report.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, id)
	return c.ask(id)
}

func always(s report.State) func(report.Alert) (report.Answer, error) {
	return func(report.Alert) (report.Answer, error) { return report.Answer{State: s, Says: "as told"}, nil }
}

func worker(c Channel, s Store, set Settings) *Worker {
	return &Worker{Centre: "us", Channel: c, Store: s, Settings: set, Now: time.Now, Chance: func() float64 { return 0.5 },
		Pass: func(_ context.Context, _ Delivery, a report.Alert) (report.Alert, error) { return a, nil }}
}
