package main

import (
	"container/heap"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/vigil-stream/vigil/internal/world/simulate"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/rates"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// A town is what `vigil simulate` makes of its published and assumed numbers, knobs as
// they come, as transfers of 90 days. Larger worlds are copies of it, so that every size
// has the same mix of people and what differs is the size alone.
type town struct {
	payments []planned
	accounts int // profiles that it makes
}

type planned struct {
	arrives time.Duration // since the town began
	late    time.Duration // arrives, less when it was paid
	two     [2]payments.Transfer
}

// townPeople make some 10,000 accounts: a sender and a recipient are two.
const townPeople = 12_300

func newTown(ctx context.Context) (*town, error) {
	w, err := simulate.New(simulate.Options{Seed: 1, People: townPeople, Days: int(window / (24 * time.Hour)), Knobs: simulate.DefaultKnobs()})
	if err != nil {
		return nil, err
	}
	tok, err := signal.NewTokenizer(w.Key())
	if err != nil {
		return nil, err
	}
	file, err := w.Rates()
	if err != nil {
		return nil, err
	}
	table, err := rates.Read(file, rates.Options{Base: "EUR"})
	if err != nil {
		return nil, err
	}
	splitter, err := split.New(tok, split.Options{Rates: table})
	if err != nil {
		return nil, err
	}
	t := &town{}
	type account struct {
		subject signal.Subject
		role    signal.Role
	}
	accounts := map[account]bool{}
	err = w.Play(ctx, func(r simulate.Record) error {
		if r.Topic != simulate.Transactions {
			return nil
		}
		records, err := intake.Parse(r.ContentType, r.Data)
		for _, one := range records {
			if one.Transaction == nil {
				continue
			}
			p := planned{arrives: r.Arrives.Sub(w.Start()), late: r.Arrives.Sub(one.At()), two: splitter.Split(one.Transaction)}
			if p.arrives < window {
				t.payments = append(t.payments, p)
				for _, end := range p.two {
					accounts[account{end.Subject, end.Role}] = true
				}
			}
		}
		return err
	})
	t.accounts = len(accounts)
	if err == nil && len(t.payments) == 0 {
		err = errors.New("the simulated world has no payments")
	}
	return t, err
}

// A region has copies of a town, each with its calendar turned by a time of its own, who
// live their 90 days over and over.
type region struct {
	town  *town
	began time.Time
	next  copies
}

// A copied is one copy of the town, and its next payment.
type copied struct {
	number, index, round int
	turn                 time.Duration
	at                   time.Duration // of its next payment, since the region began
}

func newRegion(t *town, accounts int) *region {
	r := &region{town: t, began: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	n := max(1, (accounts+t.accounts/2)/t.accounts)
	for i := range n {
		c := &copied{number: i, turn: window / time.Duration(n) * time.Duration(i)}
		// From the first payment on that comes after the turn, to the end, and round.
		for c.index < len(t.payments) && t.payments[c.index].arrives < c.turn {
			c.index++
		}
		c.settle(t)
		r.next = append(r.next, c)
	}
	heap.Init(&r.next)
	return r
}

// settle says when the next payment comes.
func (c *copied) settle(t *town) {
	if c.index == len(t.payments) {
		c.index = 0
		c.round++
	}
	c.at = t.payments[c.index].arrives - c.turn + time.Duration(c.round)*window
}

func (r *region) accounts() int { return r.town.accounts * len(r.next) }
func (r *region) warm() int     { return len(r.town.payments) * len(r.next) }

func (r *region) draw() func() [2]payments.Transfer {
	c := r.next[0]
	p, number, round, at := &r.town.payments[c.index], c.number, c.round, r.began.Add(c.at)
	c.index++
	c.settle(r.town)
	heap.Fix(&r.next, 0)
	return func() [2]payments.Transfer { return p.copy(number, round, at) }
}

// copy makes the transfers of a copy of the town: the same, under other tokens.
func (p *planned) copy(number, round int, arrives time.Time) [2]payments.Transfer {
	two := p.two
	mask := maskOf(number)
	ref := fmt.Sprintf("%s-%d-%d", two[0].Ref, number, round)
	for i := range two {
		t := &two[i]
		t.Ref = ref
		t.ID = payments.TransferID(t.Institution, ref, t.Role)
		t.At = arrives.Add(-p.late).Truncate(time.Second)
		t.Subject, t.Other = signal.Subject(masked("sub_", string(t.Subject), mask)), signal.Subject(masked("sub_", string(t.Other), mask))
		t.Names, t.OtherNames = maskedAll(t.Names, mask), maskedAll(t.OtherNames, mask)
		t.Town, t.OtherTown = masked("", t.Town, mask), masked("", t.OtherTown, mask)
	}
	return two
}

func maskOf(number int) (mask [16]byte) {
	digits := signal.ID("copy of a town", fmt.Sprint(number))
	if _, err := hex.Decode(mask[:], []byte(digits)); err != nil {
		panic(err) // an id is 32 hex digits
	}
	return mask
}

// masked is another token for each copy; which of a copy's are equal stays.
func masked(prefix, token string, mask [16]byte) string {
	if token == "" {
		return ""
	}
	var raw [16]byte
	if _, err := hex.Decode(raw[:], []byte(token[len(prefix):])); err != nil {
		panic(err) // the splitter makes no other
	}
	for i := 0; i < len(raw); i += 8 {
		v := binary.LittleEndian.Uint64(raw[i:]) ^ binary.LittleEndian.Uint64(mask[i:])
		binary.LittleEndian.PutUint64(raw[i:], v)
	}
	return prefix + hex.EncodeToString(raw[:])
}

func maskedAll(tokens []string, mask [16]byte) []string {
	out := make([]string, len(tokens))
	for i := range tokens {
		out[i] = masked("", tokens[i], mask)
	}
	return out
}

// copies has the copy first whose next payment comes first.
type copies []*copied

func (q copies) Len() int { return len(q) }
func (q copies) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q copies) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *copies) Push(x any)   { *q = append(*q, x.(*copied)) }
func (q *copies) Pop() any     { last := (*q)[len(*q)-1]; *q = (*q)[:len(*q)-1]; return last }
