package review

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A QueueFilter chooses what of the queue a page shows.
type QueueFilter struct {
	Place Place
	// Mark keeps the cases that have it: "kind:match", "list:NAME", "typology:P01" or
	// "explanation:NAME". Empty keeps all.
	Mark string
	// Claimed keeps the cases in this person's hands, Unclaimed those in nobody's.
	Claimed   string
	Unclaimed bool
	// After is the key that the page before gave, or empty for the first.
	After string
	Limit int // 0 means DefaultLimit; at most MaxLimit
}

// A Queued is a case's line in the queue. It has no evidence in it, and so is not a view.
type Queued struct {
	ID          string
	Subject     signal.Subject
	State       State
	Place       Place
	Probability float64
	Danger      Danger
	Since, Due  time.Time // when it began to wait there, and until when it should
	ClaimedBy   string    // who has it in hand, or empty
	Until       time.Time // until when
	Last        time.Time // of the evidence, event time
	Marks       []string
}

// A QueuePage is a page of the queue, the most pressing first. Next is the key of the page
// after it, or empty.
type QueuePage struct {
	Items []Queued
	Next  string
}

// Queue returns a page. Pages are told apart by key, so that what comes and goes in
// between neither repeats nor hides a case that stays.
func (s *Store) Queue(ctx context.Context, who Person, f QueueFilter) (page QueuePage, err error) {
	if !who.May(List) {
		return page, fmt.Errorf("queue: %w %s", ErrDenied, List)
	}
	limit := bound(f.Limit)
	now := s.now().UnixMicro()
	from, order := "queue q", "q"
	var where []string
	var args []any
	add := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	if f.Mark != "" {
		from, order = "marks m JOIN queue q ON q.case_id = m.case_id", "m"
		add("m.mark = ?", f.Mark)
	}
	switch {
	case f.Claimed != "":
		add("q.claimed_by = ? AND q.claimed_until > ?", f.Claimed, now)
	default:
		add(order+".place = ?", string(f.Place))
	}
	add(hasNoPart, who.ID)
	if f.Place == PlaceClosed { // to who judged one that came back blind it waits like any other
		add("NOT EXISTS (SELECT 1 FROM probes b WHERE b.case_id = q.case_id)")
	}
	if f.Unclaimed {
		add("(q.claimed_by = '' OR q.claimed_until <= ?)", now)
	}
	if f.After != "" {
		priority, id, err := splitKey(f.After)
		if err != nil {
			return page, err
		}
		add(order+".priority <= ? AND ("+order+".priority < ? OR "+order+".case_id > ?)", priority, priority, id)
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT c.id, c.subject, c.state, c.probability, c.last_at, q.place, q.danger, q.priority, q.since_at, q.due_at, q.claimed_by, q.claimed_until,
			coalesce((SELECT string_agg(x.mark, '|' ORDER BY x.mark) FROM marks x WHERE x.case_id = c.id), '')
		FROM `+from+` JOIN cases c ON c.id = q.case_id WHERE `+strings.Join(where, " AND ")+`
		ORDER BY `+order+`.priority DESC, `+order+`.case_id LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return page, fmt.Errorf("queue: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var priority int64
	for rows.Next() {
		if len(page.Items) == limit { // there is one more
			page.Next = strconv.FormatInt(priority, 10) + "." + page.Items[limit-1].ID
			break
		}
		var q Queued
		var last, since, due, until int64
		var marks string
		err := rows.Scan(&q.ID, &q.Subject, &q.State, &q.Probability, &last, &q.Place, &q.Danger, &priority, &since, &due, &q.ClaimedBy, &until, &marks)
		if err != nil {
			return page, fmt.Errorf("queue: %w", err)
		}
		q.Last, q.Since, q.Due, q.Until = fromMicros(last), fromMicros(since), fromMicros(due), fromMicros(until)
		if until <= now {
			q.ClaimedBy = ""
		}
		q.Marks = strings.Split(marks, "|")
		page.Items = append(page.Items, q)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("queue: %w", err)
	}
	return page, nil
}

var errKey = InputError{errors.New("there is no such page of the queue")}

// hasNoPart leaves out the cases in which a person has no part: of one that came back blind,
// whoever had a word in it would know what it is.
const hasNoPart = `NOT EXISTS (SELECT 1 FROM recusals x WHERE x.case_id = q.case_id AND x.person = ?)`

func splitKey(key string) (priority int64, id string, err error) {
	text, id, ok := strings.Cut(key, ".")
	if priority, err = strconv.ParseInt(text, 10, 64); !ok || err != nil || !alertID.MatchString(id) {
		return 0, "", errKey
	}
	return priority, id, nil
}
