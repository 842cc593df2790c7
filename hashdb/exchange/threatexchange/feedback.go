package threatexchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// reactions are the ones that ThreatExchange documents for members' feedback and that
// a reviewer's verdict can give rise to.
var reactions = []string{
	"SAW_THIS_TOO", "HELPFUL", "NOT_HELPFUL", "OUTDATED", "WANT_MORE_INFO",
	"DISAGREE_WITH_TAGS", "NON_MALICIOUS", "REVIEWED",
}

// maxReacted bounds how many descriptors of one indicator are reacted to.
const maxReacted = 100

// Feedback reacts to every descriptor that other members of the group have of the
// entry's indicator: SAW_THIS_TOO when affirmed and DISAGREE_WITH_TAGS when disputed,
// as hasher-matcher-actioner does, or the reaction that f.Reason names.
//
// Reactions that were added before an error stay; a second time they change nothing.
func (g *Group) Feedback(ctx context.Context, f exchange.Feedback) error {
	reaction := f.Reason
	switch {
	case !idForm.MatchString(f.Ref):
		return errors.New("threatexchange: feedback: the entry's id is no indicator's: want up to 20 digits")
	case reaction != "" && !slices.Contains(reactions, reaction):
		return fmt.Errorf("threatexchange: feedback: reason %.40q is not one of %s", reaction, strings.Join(reactions, ", "))
	case reaction != "":
	case f.Verdict == exchange.Affirmed:
		reaction = "SAW_THIS_TOO"
	case f.Verdict == exchange.Disputed:
		reaction = "DISAGREE_WITH_TAGS"
	default:
		return fmt.Errorf("threatexchange: feedback: verdict %.20q is neither %s nor %s", f.Verdict, exchange.Affirmed, exchange.Disputed)
	}
	others, err := g.descriptors(ctx, f.Ref)
	if err != nil {
		return fmt.Errorf("threatexchange: descriptors of an indicator: %w", err)
	}
	for i, id := range others {
		if err := g.react(ctx, id, reaction); err != nil {
			return fmt.Errorf("threatexchange: reaction to descriptor %d of %d: %w", i+1, len(others), err)
		}
	}
	return nil
}

// descriptors returns the ids of the descriptors that others have of an indicator.
// Having none to react to is an error, since the feedback would be lost.
func (g *Group) descriptors(ctx context.Context, indicator string) ([]string, error) {
	q := url.Values{"fields": {"descriptors{id,owner{id}}"}, "privacy_group": {g.o.Group}}
	resp, err := g.client.Do(ctx, exchange.Request{Ref: indicator + "?" + q.Encode(), MaxBody: 1 << 20})
	if err != nil {
		return nil, explain(err)
	}
	return others(resp.Body, g.app)
}

// others reads the ids of the descriptors that are not the app's own.
func others(body []byte, app string) ([]string, error) {
	var answer struct {
		Descriptors struct {
			Data []struct {
				ID    string `json:"id"`
				Owner struct {
					ID string `json:"id"`
				} `json:"owner"`
			} `json:"data"`
		} `json:"descriptors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("the answer is not JSON of the published form")
	}
	var ids []string
	for i, d := range answer.Descriptors.Data {
		if !idForm.MatchString(d.ID) {
			return nil, fmt.Errorf("the id of descriptor %d is none", i+1)
		}
		if d.Owner.ID != app || app == "" {
			ids = append(ids, d.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, errors.New("no other member of the group has one, so there is nothing to react to")
	case len(ids) > maxReacted:
		return nil, fmt.Errorf("%d of them, want at most %d", len(ids), maxReacted)
	}
	return ids, nil
}

func (g *Group) react(ctx context.Context, descriptor, reaction string) error {
	resp, err := g.client.Do(ctx, exchange.Request{
		Method:     http.MethodPost,
		Ref:        descriptor + "?" + url.Values{"reactions": {reaction}}.Encode(),
		Repeatable: true,
		MaxBody:    1 << 20,
	})
	if err != nil {
		return explain(err)
	}
	var done struct {
		Success *bool `json:"success"`
	}
	if json.Unmarshal(resp.Body, &done) == nil && done.Success != nil && !*done.Success {
		return errors.New("it was not accepted")
	}
	return nil
}
