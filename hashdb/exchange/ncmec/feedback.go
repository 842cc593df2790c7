package ncmec

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// namespace is of what is sent; answers are read whatever theirs is.
const namespace = "https://hashsharing.ncmec.org/hashsharing/v2"

// types are NCMEC's words for kinds of fingerprints, in its feedback.
var types = map[hashdb.Kind]string{
	hashdb.KindPDQ:  "PDQ",
	hashdb.KindMD5:  "MD5",
	hashdb.KindSHA1: "SHA1",
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Reason is why an entry may be disputed, one of NCMEC's list.
type Reason struct {
	GUID string `xml:"guid,attr"`
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
}

// Reasons returns why an entry of the kind may be disputed.
func (s *Source) Reasons(ctx context.Context, k hashdb.Kind) ([]Reason, error) {
	name, ok := types[k]
	if !ok {
		return nil, fmt.Errorf("ncmec: %w on %v", exchange.ErrTakesNone, k)
	}
	var answer struct {
		XMLName xml.Name
		Reasons []Reason `xml:"reason"`
		// The published client looks for the list within another element of its name,
		// and the published example has one only.
		Inner []Reason `xml:"availableFeedbackReasons>reason"`
	}
	if err := s.get(ctx, "v2/feedback/"+name+"/reasons", &answer); err != nil {
		return nil, err
	}
	return append(answer.Reasons, answer.Inner...), nil
}

type submission struct {
	XMLName     xml.Name  `xml:"feedbackSubmission"`
	Namespace   string    `xml:"xmlns,attr"`
	Affirmative *struct{} `xml:"affirmative"`
	Negative    *negative `xml:"negative"`
}

type negative struct {
	GUIDs []string `xml:"reasonIds>guid"`
}

// Feedback tells NCMEC what a reviewer found of an entry's fingerprint. A dispute
// needs a reason: one of Reasons, by its name or its GUID, and may be left empty only
// where there is but one. The same verdict again changes nothing.
func (s *Source) Feedback(ctx context.Context, f exchange.Feedback) error {
	name, ok := types[f.Kind]
	if !ok {
		return fmt.Errorf("ncmec: %w on %v", exchange.ErrTakesNone, f.Kind)
	}
	member, entry, ok := strings.Cut(f.Ref, "/")
	if !ok || member == "" || entry == "" {
		return fmt.Errorf("ncmec: %.80q is no entry's id: want member/id", f.Ref)
	}
	body := submission{Namespace: namespace}
	switch f.Verdict {
	case exchange.Affirmed:
		body.Affirmative = &struct{}{}
	case exchange.Disputed:
		id, err := s.reason(ctx, f)
		if err != nil {
			return err
		}
		body.Negative = &negative{[]string{id}}
	default:
		return fmt.Errorf("ncmec: verdict %.20q is not one of %s, %s", f.Verdict, exchange.Affirmed, exchange.Disputed)
	}
	text, err := xml.Marshal(body)
	if err != nil {
		return fmt.Errorf("ncmec: %w", err)
	}
	_, err = s.client.Do(ctx, exchange.Request{
		Method: http.MethodPut,
		Ref:    "v2/entries/" + segment(member) + "/" + segment(entry) + "/" + name + "/feedback",
		Header: http.Header{"Content-Type": {"application/xml; charset=utf-8"}},
		Body:   append([]byte(xml.Header), text...),
	})
	if err != nil {
		return fmt.Errorf("ncmec: %w", err)
	}
	return nil
}

// segment escapes one part of a path, also where it is made of dots alone.
func segment(text string) string {
	if strings.Trim(text, ".") == "" {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// reason returns the GUID of a dispute's reason.
func (s *Source) reason(ctx context.Context, f exchange.Feedback) (string, error) {
	if guid.MatchString(f.Reason) {
		return f.Reason, nil
	}
	all, err := s.Reasons(ctx, f.Kind)
	if err != nil {
		return "", err
	}
	if f.Reason == "" && len(all) == 1 {
		return all[0].GUID, nil
	}
	names := make([]string, len(all))
	for i, r := range all {
		if names[i] = r.Name; r.Name == f.Reason {
			return r.GUID, nil
		}
	}
	if len(all) == 0 {
		return "", errors.New("ncmec: it has no reason for a dispute of this kind of fingerprint; ask NCMEC")
	}
	return "", fmt.Errorf("ncmec: a dispute's reason %.80q is not one of %.1000s", f.Reason, strings.Join(names, "; "))
}
