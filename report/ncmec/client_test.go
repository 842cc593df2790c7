package ncmec

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/report/ncmec/standin"
)

func TestTwoSwitchesForProduction(t *testing.T) {
	for _, c := range []struct {
		s    Settings
		base string // "" for an error
	}{
		{Settings{}, TestURL},
		{Settings{URL: TestURL}, TestURL},
		{Settings{URL: ProductionURL}, ""},
		{Settings{Production: true}, ""},
		{Settings{Really: true}, ""},
		{Settings{URL: TestURL, Production: true}, ""},
		{Settings{Production: true, Really: true}, ProductionURL},
		{Settings{URL: "https://new.example/ispws", Production: true, Really: true}, "https://new.example/ispws"},
		{Settings{URL: "https://new.example/ispws"}, ""},
		{Settings{URL: "http://127.0.0.1:9660/ispws"}, "http://127.0.0.1:9660/ispws"},
		{Settings{URL: "http://localhost:9660"}, "http://localhost:9660"},
		{Settings{URL: "http://127.0.0.1:9660/ispws", Production: true, Really: true}, ""},
		{Settings{URL: "http://exttest.cybertip.org/ispws"}, ""},
		{Settings{URL: "https://user:password@exttest.cybertip.org/ispws"}, ""},
		{Settings{URL: "::"}, ""},
	} {
		c.s.User, c.s.Password = "u", "p"
		got, err := NewClient(c.s)
		if (err == nil) != (c.base != "") || err == nil && got.base != c.base {
			t.Errorf("%+v: %v, %v", c.s, got, err)
		}
	}
	if _, err := NewClient(Settings{}); err == nil {
		t.Error("a client without credentials")
	}
}

func TestAnswersOverHTTP(t *testing.T) {
	server, err := standin.New("demo", "secret", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(server)
	defer front.Close()
	client := func(password string) *Client {
		c, err := NewClient(Settings{URL: front.URL + "/ispws/", User: "demo", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, err := client("secret").Status(t.Context())
	if err != nil || a.RequestID == "" || !strings.Contains(a.Says, "demo") {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = client("wrong").Status(t.Context())
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Class != Denied || refusal.Status != 401 || refusal.RequestID == "" {
		t.Errorf("got %v", err)
	}
	xsd, err := client("secret").Schema(t.Context())
	if err != nil || !strings.Contains(string(xsd), "xs:schema") {
		t.Errorf("%.80s, %v", xsd, err)
	}
	if _, err := client("wrong").Schema(t.Context()); !errors.As(err, &refusal) || refusal.Class != Denied {
		t.Errorf("got %v", err)
	}
	server.Fail(func(*http.Request) standin.Fault { return standin.Fault{Vanish: true} })
	var unknown *Unknown
	if _, err = client("secret").Submit(t.Context(), draft(t).XML); !errors.As(err, &unknown) || unknown.Step != "submit" {
		t.Errorf("got %v", err)
	}
	front.Close()
	if _, err = client("secret").Status(t.Context()); !errors.As(err, &refusal) || refusal.Class != Again {
		t.Errorf("where nobody listens: got %v", err)
	}
}

// answering is a service that gives one answer.
type answering struct {
	status int
	body   string
	header http.Header
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	h := a.header
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func TestWhatAnswersMean(t *testing.T) {
	ok := `<reportResponse><responseCode>0</responseCode><reportId>7</reportId></reportResponse>`
	coded := func(code string) string {
		return `<?xml version="1.0"?><reportResponse><responseCode>` + code + `</responseCode><responseDescription>d</responseDescription></reportResponse>`
	}
	for name, c := range map[string]struct {
		answering
		class   Class
		unknown bool
		after   time.Duration
	}{
		"ok":                     {answering: answering{200, ok, nil}},
		"ok with an error":       {answering: answering{500, ok, nil}, class: Again},
		"no body and 401":        {answering: answering{401, "", nil}, class: Denied},
		"forbidden":              {answering: answering{403, "<html>", nil}, class: Denied},
		"busy":                   {answering: answering{429, "", http.Header{"Retry-After": {"30"}}}, class: Again, after: 30 * time.Second},
		"busy for ever":          {answering: answering{503, "", http.Header{"Retry-After": {"99999999"}}}, class: Again, after: 24 * time.Hour},
		"a page that moved":      {answering: answering{302, "", http.Header{"Location": {"https://elsewhere.example"}}}, class: Final},
		"not found":              {answering: answering{404, "", nil}, class: Final},
		"server error":           {answering: answering{200, coded("1000"), nil}, class: Again},
		"a new error of its own": {answering: answering{200, coded("1999"), nil}, class: Again},
		"save":                   {answering: answering{200, coded("1100"), nil}, class: Again},
		"credentials":            {answering: answering{200, coded("2000"), nil}, class: Denied},
		"not allowed":            {answering: answering{200, coded("3100"), nil}, class: Denied},
		"invalid":                {answering: answering{400, coded("4100"), nil}, class: Final},
		"no such report":         {answering: answering{200, coded("5001"), nil}, class: Gone},
		"retracted":              {answering: answering{200, coded("5101"), nil}, class: Retired},
		"finished":               {answering: answering{200, coded("5102"), nil}, class: Finished},
		"a code beyond":          {answering: answering{200, coded("9000"), nil}, class: Final},
		"half an answer":         {answering: answering{200, ok[:40], nil}, unknown: true},
		"another answer":         {answering: answering{200, "<html/>", nil}, unknown: true},
		"no code":                {answering: answering{200, "<reportResponse/>", nil}, unknown: true},
		"two answers":            {answering: answering{200, ok + ok, nil}, unknown: true},
		"too long":               {answering: answering{200, ok + strings.Repeat(" ", maxAnswer), nil}, unknown: true},
		"entities":               {answering: answering{200, `<!DOCTYPE r [<!ENTITY x "y">]><reportResponse><responseCode>&x;</responseCode></reportResponse>`, nil}, unknown: true},
	} {
		cl, err := NewClient(Settings{URL: "http://127.0.0.1:1", User: "u", Password: "p", HTTP: &http.Client{Transport: c.answering}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = cl.Submit(t.Context(), []byte("<report/>"))
		var refusal *Refusal
		var unknown *Unknown
		switch {
		case c.unknown:
			if !errors.As(err, &unknown) {
				t.Errorf("%s: %v is not unknown", name, err)
			}
		case c.class == OK:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &refusal) || refusal.Class != c.class || refusal.After != c.after:
			t.Errorf("%s: got %v, want %s", name, err, c.class)
		}
	}
}

func TestAnUploadWithOtherBytesIsTriedAgain(t *testing.T) {
	cl, err := NewClient(Settings{URL: "http://127.0.0.1:1", User: "u", Password: "p", HTTP: &http.Client{Transport: answering{200,
		`<reportResponse><responseCode>0</responseCode><reportId>7</reportId><fileId>f</fileId><hash>fafa5efeaf3cbe3b23b2748d13e629a1</hash></reportResponse>`, nil}}})
	if err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	if _, err := cl.Upload(t.Context(), 7, "a.jpg", picture); !errors.As(err, &refusal) || refusal.Class != Again {
		t.Errorf("got %v", err)
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(`<reportDoneResponse><responseCode>0</responseCode><reportId>7</reportId><files><fileId>a</fileId></files></reportDoneResponse>`))
	f.Add([]byte(`<reportResponse><responseCode>5102</responseCode></reportResponse><!-- x -->`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := parseAnswer(data); err != nil && a != (Answer{}) {
			t.Error("half an answer was kept")
		}
	})
}
