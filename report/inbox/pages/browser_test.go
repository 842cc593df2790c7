//go:build chromium

package pages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
)

// These tests drive a real Chromium. VIGIL_AXE is the file axe.min.js of axe-core, and
// VIGIL_SHOTS a folder for screenshots, if there shall be any. `make pages` sets both.

// A stage is an inbox and a browser before it.
type stage struct {
	*served
	t   *testing.T
	ctx context.Context
}

func newStage(t *testing.T) *stage { return newStageOf(t, serve(t)) }

func newStageOf(t *testing.T, inbox *served) *stage {
	t.Helper()
	s := &stage{t: t, served: inbox}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1366, 768),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-dev-shm-usage", true))
	for _, name := range []string{os.Getenv("VIGIL_CHROMIUM_PATH"), "/usr/bin/chromium", "/usr/bin/chromium-browser"} {
		if _, err := os.Stat(name); err == nil {
			opts = append(opts, chromedp.ExecPath(name))
			break
		}
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop2 := chromedp.NewContext(alloc)
	t.Cleanup(stop2)
	s.ctx = ctx
	s.do(chromedp.EmulateViewport(1366, 768))
	var stop3 context.CancelFunc
	s.ctx, stop3 = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop3)
	return s
}

func (s *stage) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

func ask[T any](s *stage, a chromedp.Action[T]) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func asJSON(text string) string {
	data, _ := json.Marshal(text) // a string
	return string(data)
}

func (s *stage) path() string {
	s.t.Helper()
	u, err := url.Parse(ask(s, chromedp.Location()))
	if err != nil {
		s.t.Fatal(err)
	}
	return u.Path
}

// key types and waits until the page holds what shows that it had its effect.
func (s *stage) key(keys, until string) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.ctx, 8*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(keys), chromedp.WaitVisible(until)); err != nil {
		s.t.Fatalf("key %q, waiting for %s at %s: %v", keys, until, s.path(), err)
	}
}

// signIn uses keys alone.
func (s *stage) signIn(name string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.URL+"/signin?code="+testCode), chromedp.WaitVisible("#name"), chromedp.Focus("#name"),
		chromedp.KeyEvent(name+kb.Enter), chromedp.WaitVisible("a.row"))
}

func (s *stage) theme(scheme string) {
	s.t.Helper()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
}

// axe looks for what the guidelines do not allow on the page as it is.
func (s *stage) axe(name string) {
	s.t.Helper()
	code, err := os.ReadFile(os.Getenv("VIGIL_AXE"))
	if err != nil {
		s.t.Fatalf("VIGIL_AXE: %v", err)
	}
	type findings struct {
		Passes     int
		Violations []struct {
			ID, Help string
			Nodes    []string
		}
	}
	s.do(chromedp.Evaluate[chromedp.Void](string(code) + `;true`))
	found := ask(s, chromedp.Evaluate[findings](`axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}})
		.then((r) => ({Passes: r.passes.length, Violations: r.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary.slice(0, 240))}))}))`, chromedp.EvalAwaitPromise))
	for _, v := range found.Violations {
		s.t.Errorf("%s: %s: %s\n  %s", name, v.ID, v.Help, strings.Join(v.Nodes, "\n  "))
	}
	if found.Passes < 8 {
		s.t.Errorf("%s: only %d checks passed: was there a page?", name, found.Passes)
	}
	if ask(s, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`)) {
		s.t.Errorf("%s is wider than 1366", name)
	}
}

// shot keeps a picture of what is seen, or of the whole page, in its 256 commonest colours.
func (s *stage) shot(name string, whole bool) {
	dir := os.Getenv("VIGIL_SHOTS")
	if dir == "" {
		return
	}
	s.t.Helper()
	s.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	shoot := chromedp.CaptureScreenshot()
	if whole {
		shoot = chromedp.FullScreenshot(100)
	}
	drawn, err := png.Decode(bytes.NewReader(ask(s, shoot)))
	if err != nil {
		s.t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewer(drawn)); err != nil {
		s.t.Fatal(err)
	}
	if size := small.Len(); size > 250<<10 {
		s.t.Errorf("%s takes %d KiB", name, size>>10)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), small.Bytes(), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func fewer(m image.Image) image.Image {
	counts := map[color.RGBA]int{}
	b := m.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(m.At(x, y)).(color.RGBA) }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(uint32(a.R)<<16|uint32(a.G)<<8|uint32(a.B), uint32(b.R)<<16|uint32(b.G)<<8|uint32(b.B)))
	})
	var palette color.Palette
	for _, c := range colors[:min(256, len(colors))] {
		palette = append(palette, c)
	}
	index := map[color.RGBA]uint8{}
	out := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			i, ok := index[c]
			if !ok {
				i = uint8(palette.Index(c))
				index[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// TestEveryPageIsAccessible looks at each page in light and in dark.
func TestEveryPageIsAccessible(t *testing.T) {
	s := newStage(t)
	s.do(chromedp.Navigate(s.URL + "/signin?code=" + testCode))
	s.axe("sign in")
	s.signIn("anna")
	if _, err := s.store.Say(t.Context(), inbox.Word{Alert: s.alerts[3].ID, Result: report.Insufficient, Missing: []string{report.CheckUrgency, report.CheckIdentifiers}, Reference: "PH-2026-17", By: "ben"}); err != nil {
		t.Fatal(err)
	}
	unread, err := s.store.Unread(t.Context())
	if err != nil || len(unread) != 2 {
		t.Fatalf("%+v, %v", unread, err)
	}
	pages := []struct {
		name, path string
		whole      bool
	}{
		{"list", "/alerts", false}, {"alert", "/alert/" + s.alerts[0].ID, true}, {"retracted", "/alert/" + s.alerts[4].ID, false},
		{"answered", "/alerts?place=answered", false}, {"insufficient", "/alert/" + s.alerts[3].ID, false}, {"known", "/alert/" + s.alerts[1].ID, false},
		{"correction", "/correction/" + unread[1].ID, false}, {"failed", "/failed", false}, {"journal", "/journal", false}, {"help", "/help", false}, {"problem", "/alert/none", false},
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		for _, p := range pages {
			s.do(chromedp.Navigate(s.URL+p.path), chromedp.WaitReady("main h1"),
				chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach((d) => { d.open = true; })`))
			s.axe(p.name + " " + scheme)
			s.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach((d) => { d.open = false; })`))
			if p.name == "list" || scheme == "light" && slices.Contains([]string{"alert", "retracted", "failed"}, p.name) {
				s.shot(map[string]string{"light": "", "dark": "dark-"}[scheme]+p.name, p.whole)
			}
		}
		s.do(chromedp.Navigate(s.URL + "/alerts"))
		s.key("?", "dialog[open]")
		s.axe("keys " + scheme)
	}
	// Nothing is shown that is not ours, and no picture at all but our own sign.
	s.do(chromedp.Navigate(s.URL + "/alert/" + s.alerts[0].ID))
	if n := ask(s, chromedp.Evaluate[int](`document.images.length + document.querySelectorAll('video, iframe, object, embed').length`)); n != 0 {
		t.Errorf("%d pictures are shown", n)
	}
}

// TestByKeyboardAlone opens the most urgent alert, says what came of it, and takes it back,
// without a pointer.
func TestByKeyboardAlone(t *testing.T) {
	s := newStage(t)
	s.signIn("anna")
	s.key("j", "a.row:focus")
	s.key("j", "a.row:focus")
	s.key("k", "a.row:focus")
	s.key(kb.Enter, "#say")
	if got, want := s.path(), "/alert/"+s.alerts[0].ID; got != want {
		t.Fatalf("at %s, want %s", got, want)
	}
	if ask(s, chromedp.Evaluate[bool](`getComputedStyle(document.querySelector('.only-insufficient')).display !== 'none'`)) {
		t.Error("what is missing is asked of an alert that is not insufficient")
	}
	s.key("4", "input[value=insufficient]:checked")
	s.key("\t", "input[value=evidence]:focus")
	s.key("\t", "input[value=identifiers]:focus")
	s.key(" ", "input[value=identifiers]:checked")
	s.do(chromedp.KeyEvent(kb.Escape), chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	s.key("r", "#reference:focus")
	s.do(chromedp.KeyEvent("PH-17"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible(".past li"))
	if text := ask(s, chromedp.Text(".past")); !strings.Contains(text, "insufficient") || !strings.Contains(text, "anna") || !strings.Contains(text, "identifier that leads") || !strings.Contains(text, "PH-17") {
		t.Errorf("it says %q", text)
	}
	s.key("u", ".past li:nth-child(2)")
	waiting, err := s.store.Unsent(t.Context(), 10)
	if err != nil || len(waiting) != 2 {
		t.Errorf("%d words wait to leave, %v", len(waiting), err)
	}
	s.key("l", "a.row")
	if text := ask(s, chromedp.Text("main")); !strings.Contains(text, "acknowledged") {
		t.Errorf("the list says\n%s", text)
	}
}
