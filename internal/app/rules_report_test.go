package app

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/vigil-stream/vigil/payments/profile"
)

func TestTheShadowIsReadFromMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := newRulesMetrics(reg)
	server := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer server.Close()
	c := Config{Listen: strings.TrimPrefix(server.URL, "http://")}
	report := func() string {
		var b strings.Builder
		if err := ShadowReport(t.Context(), c, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := report(); !strings.Contains(got, "no shadow rule") {
		t.Error(got)
	}
	for i := range 3 {
		m.shadow("U01", false, true, profile.Token{byte(i)})
		m.shadow("U02", true, false, profile.Token{1})
	}
	m.shadow("U02", true, true, profile.Token{2})
	m.shadow("U03", false, false, profile.Token{2})
	const want = `rule  shadow alone  live alone  both  subjects: shadow alone  live alone  both
U01   +3            -           0     +3                      -           0
U02   -             -3          1     -                       -1          1
`
	if got := report(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	c.Listen = "127.0.0.1:1"
	if err := ShadowReport(t.Context(), c, new(strings.Builder)); err == nil || !strings.Contains(err.Error(), "is vigil run up") {
		t.Error(err)
	}
}
