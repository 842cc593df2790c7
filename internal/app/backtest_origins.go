package app

import (
	"context"
	"errors"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/origin"
	"github.com/vigil-stream/vigil/payments/profile"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// pastOrigins does for payments of the past what the topic origins does for those that
// come: one that is told of twice counts once, and one that is taken back is withdrawn.
type pastOrigins struct {
	ledger   *origin.Ledger
	splitter *split.Splitter
	state    *origin.Memory
	taken    int // payments that withdrawals took back
	again    int // payments that were told of before, or withdrawn before they came
	bad      int // records that contradict one before
}

// pastDays is how long a payment is remembered at least: as long as a profile keeps it,
// since a file of withdrawals may come behind a file of months.
const pastDays = profile.Kept / (24 * 3600)

func newPastOrigins(splitter *split.Splitter) *pastOrigins {
	return &pastOrigins{ledger: origin.New(pastDays), splitter: splitter, state: origin.NewMemory(pastDays)}
}

// transfers are what a record leads to, those that are taken back first.
func (p *pastOrigins) transfers(ctx context.Context, r payments.Record) ([]payments.Transfer, error) {
	var data []byte
	var both [2]payments.Transfer
	if r.Withdrawal != nil {
		_, data, _ = origin.OfWithdrawal(r.Withdrawal)
	} else {
		var err error
		both = p.splitter.Split(r.Transaction)
		if _, data, err = origin.OfTransaction(r.Transaction, both); err != nil {
			return nil, err
		}
	}
	result, err := p.ledger.Process(ctx, p.state, data)
	var rejection *signal.Rejection
	if errors.As(err, &rejection) {
		p.bad++
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case r.Withdrawal != nil:
		p.taken += len(result.Withdrawn) / len(both)
	case len(result.Passed) == 0:
		p.again++
	default:
		return append(result.Withdrawn, both[:]...), nil
	}
	return result.Withdrawn, nil
}

// part forgets all, where what comes next is of other people.
func (p *pastOrigins) part() { p.state = origin.NewMemory(pastDays) }
