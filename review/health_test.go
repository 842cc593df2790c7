package review

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAPauseAfterWork(t *testing.T) {
	l := Limits{CasesADay: 10, PauseAfter: 50 * time.Minute, PauseFor: 10 * time.Minute}
	at := func(minutes ...int) (list []time.Time) {
		for _, m := range minutes {
			list = append(list, start.Add(time.Duration(m)*time.Minute))
		}
		return list
	}
	for name, c := range map[string]struct {
		now  int
		seen []time.Time
		rest int // minute, or -1
	}{
		"nothing":                {60, nil, -1},
		"little":                 {40, at(0, 9, 18, 27, 36), -1},
		"long":                   {52, at(0, 9, 18, 27, 36, 45, 51), 61},
		"rested since":           {61, at(0, 9, 18, 27, 36, 45, 51), -1},
		"a gap in between":       {52, at(0, 9, 20, 29, 38, 47, 51), -1},
		"just not long enough":   {50, at(0, 9, 18, 27, 36, 45, 49), -1},
		"paused, and long again": {91, at(0, 9, 18, 38, 47, 56, 65, 74, 83, 90), 100},
	} {
		e := exposureOf(start.Add(time.Duration(c.now)*time.Minute), len(c.seen), c.seen, l)
		want := time.Time{}
		if c.rest >= 0 {
			want = start.Add(time.Duration(c.rest) * time.Minute)
		}
		if !e.Rest.Equal(want) {
			t.Errorf("%s: rests until %s, want %s", name, e.Rest, want)
		}
		if e.Reached != (len(c.seen) >= 10) {
			t.Errorf("%s: reached is %v after %d", name, e.Reached, len(c.seen))
		}
	}
}

func TestTheStricterLimitHolds(t *testing.T) {
	org := Limits{100, 50 * time.Minute, 10 * time.Minute, 20, 60}
	for _, c := range []struct{ own, want Limits }{
		{Limits{}, org},
		{Limits{200, time.Hour, time.Minute, 30, 0}, org},
		{Limits{20, 30 * time.Minute, 15 * time.Minute, 5, 6}, Limits{20, 30 * time.Minute, 15 * time.Minute, 5, 6}},
	} {
		if got := org.Stricter(c.own); got != c.want {
			t.Errorf("own %v: %v, want %v", c.own, got, c.want)
		}
		if got := c.own.Stricter(org); got != c.want {
			t.Errorf("own %v the other way round: %v, want %v", c.own, got, c.want)
		}
	}
}

func TestNoNewCaseWhenItIsEnough(t *testing.T) {
	ctx := context.Background()
	s, clock := strictStore(t)
	anna := Reviewer("anna")
	if err := s.SetLimits(ctx, anna, true, Limits{CasesADay: 1}); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer set the organisation's limits: %v", err)
	}
	if err := s.SetLimits(ctx, anna, false, Limits{CasesADay: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		receive(t, s, caseNo(i))
	}
	if _, err := s.Claim(ctx, caseNo(0).ID, anna); err != nil {
		t.Fatal(err)
	}
	for range 3 { // one case counts once
		if _, _, err := s.Show(ctx, caseNo(0).ID, anna); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := s.Exposure(ctx, "anna"); err != nil || e.Cases != 1 || !e.Reached {
		t.Errorf("exposure %+v, %v", e, err)
	}
	if _, err := s.Claim(ctx, caseNo(1).ID, anna); !errors.Is(err, ErrEnough) {
		t.Errorf("one more: %v", err)
	}
	if _, err := s.ClaimNext(ctx, anna, PlaceOpen); !errors.Is(err, ErrEnough) {
		t.Errorf("the next: %v", err)
	}
	if _, err := s.Decide(ctx, by(t, caseNo(0), Dismiss, anna)); err != nil {
		t.Errorf("what she has in hand: %v", err)
	}
	clock.at = clock.at.Add(24 * time.Hour)
	if _, err := s.Claim(ctx, caseNo(1).ID, anna); err != nil {
		t.Errorf("the day after: %v", err)
	}
}
