//go:build chromium

package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vigil-stream/vigil/review"
)

// These tests drive a real Chromium. VIGIL_AXE is the file axe.min.js of axe-core, and
// VIGIL_SHOTS a folder for screenshots, if there shall be any. `make pages` sets both.

// A movable clock goes on by itself, from where a test put it.
type movable struct {
	mu  sync.Mutex
	off time.Duration
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.off)
}

func (m *movable) back(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = -d
}

// A stage is a console with cases in it and a browser before it.
type stage struct {
	t     *testing.T
	clock *movable
	store *review.Store
	base  string
	ctx   context.Context
	first review.Case
}

func newStage(t *testing.T) *stage { return newStageOf(t, serve) }

func newStageOf(t *testing.T, serve func(testing.TB, *review.Store, func() time.Time) *httptest.Server) *stage {
	return newStageWith(t, 34, review.DefaultPolicy(), serve)
}

// newStageWith has as many cases as it is told, under a policy.
func newStageWith(t *testing.T, cases int, policy review.Policy, serve func(testing.TB, *review.Store, func() time.Time) *httptest.Server) *stage {
	t.Helper()
	clock := &movable{}
	s := newStore(t, clock.now, policy)
	for i := range cases {
		clock.back(time.Duration(i*i*7+3) * time.Minute / 4)
		receive(t, s, caseOf(i, i, clock.now().UTC().Truncate(time.Second)))
	}
	clock.back(0)
	st := &stage{t: t, clock: clock, store: s, base: serve(t, s, clock.now).URL, first: caseOf(0, 0, start)}
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
	st.ctx = ctx
	st.do(chromedp.EmulateViewport(1366, 768))
	var stop3 context.CancelFunc
	st.ctx, stop3 = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop3)
	return st
}

func (s *stage) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

// ask runs an action that answers.
func ask[T any](s *stage, a chromedp.Action[T]) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// as signs somebody in without the form, which a test of its own fills in.
func (s *stage) as(name string, roles ...string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base+"/signin?code="+testCode),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { document.querySelector('#name').value = %q;
			document.querySelectorAll('[name=role]').forEach((b) => { b.checked = %s.includes(b.value); }); })()`, name, asJSON(roles))),
		chromedp.Submit("#name"), chromedp.WaitVisible(".me .name"))
}

func asJSON(v any) string {
	data, _ := json.Marshal(v) // strings
	return string(data)
}

func (s *stage) theme(scheme string) {
	s.t.Helper()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
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

// shot keeps a picture of what is seen, or of the whole page.
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
	if size := small.Len(); size > 200<<10 {
		s.t.Errorf("%s takes %d KiB", name, size>>10)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), small.Bytes(), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// fewer is a picture in its 256 commonest colours, which takes a third of the room.
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

// axe looks for what the guidelines do not allow on the page as it is.
func (s *stage) axe(name string) {
	s.t.Helper()
	file := os.Getenv("VIGIL_AXE")
	if file == "" {
		s.t.Fatal("VIGIL_AXE names no file")
	}
	code, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
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

// TestEveryPageIsAccessible looks at each page in light and in dark.
func TestEveryPageIsAccessible(t *testing.T) {
	s := newStage(t)
	id := s.first.ID
	s.do(chromedp.Navigate(s.base + "/signin?code=" + testCode))
	s.axe("sign in")
	s.shot("signin", false)
	s.as("ben", "reviewer")
	for i := range 6 { // something for a supervisor to see
		s.decide(i)
	}
	s.outcomes(0, 2, 26, 28, 30, 32)
	s.as("sue", "supervisor", "administrator")
	if _, err := s.store.Claim(s.ctx, caseOf(3, 3, start).ID, review.Reviewer("carl")); err != nil {
		t.Fatal(err)
	}
	s.do(chromedp.Navigate(s.base+"/case/"+caseOf(12, 12, start).ID), chromedp.Click(`[data-key=c]`), chromedp.WaitVisible(`#decide`))
	pages := []struct {
		name, path string
		whole      bool
	}{
		{"queue", "/queue", false}, {"case", "/case/" + caseOf(12, 12, start).ID, true}, {"second", "/queue?place=second", false},
		{"closed", "/case/" + id, false}, {"search", "/search?q=" + string(caseOf(0, 0, start).Signals[0].Session.Guests[0]), false},
		{"supervise", "/supervise", true}, {"me", "/me", false}, {"rules", "/help", false}, {"problem", "/case/none", false},
	}
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		for _, p := range pages {
			s.do(chromedp.Navigate(s.base+p.path), chromedp.WaitVisible("main h1"))
			s.axe(p.name + " " + scheme)
			if scheme == "light" || p.name == "queue" || p.name == "case" {
				s.shot(map[string]string{"light": "", "dark": "dark-"}[scheme]+p.name, p.whole)
			}
		}
		s.do(chromedp.Navigate(s.base + "/queue"))
		s.key("?", "dialog[open]")
		s.axe("help " + scheme)
		if scheme == "light" {
			s.shot("help", false)
		}
	}
}

// outcomes lets alerts leave, of cases that are confirmed or are confirmed now, and their
// centre answer.
func (s *stage) outcomes(cases ...int) {
	s.t.Helper()
	for _, i := range cases {
		if i >= 6 {
			s.decide(i)
		}
	}
	s.clock.back(-2 * time.Minute)
	leave(s.t, s.store, "ph", "us")
	results := []string{review.ResultWrong, review.ResultActionable, review.ResultKnown, review.ResultInsufficient, review.ResultActionable, review.ResultAcknowledged}
	for n, i := range cases {
		said(s.t, s.store, caseOf(i, i, start).ID, "ph", results[n%len(results)], func(o *review.AlertOutcome) {
			if o.Result == review.ResultInsufficient {
				o.Missing = []string{"originals", "times"}
			}
		})
	}
	said(s.t, s.store, caseOf(cases[0], 0, start).ID, "us", review.ResultKnown, nil)
}

// decide lets the store's people decide a case, so that there is a past.
func (s *stage) decide(i int) {
	s.t.Helper()
	id := caseOf(i, i, start).ID
	word := func(who string, v review.Verdict, reason, danger string) {
		c, _, err := s.store.Show(s.ctx, id, review.Reviewer(who))
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.store.Decide(s.ctx, review.Request{CaseID: id, Digest: c.Digest, Verdict: v, Reason: reason, By: review.Reviewer(who), Danger: danger}); err != nil {
			s.t.Fatal(err)
		}
	}
	switch i {
	case 0:
		word("anna", review.Confirm, "known-material", "")
		word("carl", review.Confirm, "several-signs", "")
	case 1, 4:
		word("anna", review.Dismiss, "lawful-explanation", "")
	case 2:
		word("carl", review.Confirm, "live-abuse-suspected", "The stream goes on, and somebody is being hurt in it now.")
	case 5:
		word("anna", review.Confirm, "paid-abuse-suspected", "")
	case 26, 28, 30, 32:
		word("anna", review.Confirm, "several-signs", "")
		word("dora", review.Confirm, "several-signs", "")
	}
}

// typeName signs somebody in by the form of development mode, with keys alone.
func (s *stage) typeName(name string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base+"/signin?code="+testCode), chromedp.WaitVisible("#name"), chromedp.Focus("#name"),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(name+kb.Enter), chromedp.WaitVisible("a.row"))
}

// TestByKeyboardAlone goes from the queue over a claim and a decision to the second person
// and an undo, without a pointer.
func TestByKeyboardAlone(t *testing.T) {
	s := newStage(t)
	s.typeName("anna")
	rowOne := ask(s, chromedp.AttributeValue("a.row", "id")).Value
	s.key("j", "a.row:focus")
	s.key("j", "a.row:focus")
	s.key("k", "a.row:focus")
	if focused := ask(s, chromedp.Evaluate[string](`document.activeElement.id`)); focused != rowOne || rowOne == "" {
		t.Errorf("the focus is on %q, want %q", focused, rowOne)
	}
	s.key(kb.Enter, "[data-key=c]")
	at := s.path()
	s.key("c", "#decide")
	s.key("?", "dialog[open]")
	s.do(chromedp.KeyEvent(kb.Escape))
	s.key("1", "input[value='confirm/known-material']:checked")
	s.key("m", "#note:focus")
	s.do(chromedp.KeyEvent("seen twice"))
	s.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible(".undo"))
	if got := s.path(); got != at {
		t.Errorf("after the decision at %s, want %s", got, at)
	}

	s.do(chromedp.Focus(`form[action="/signout"] button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#name"))
	s.typeName("ben")
	s.key("n", "#decide") // a case that waits for a second person comes first
	if got := s.path(); got != at {
		t.Fatalf("the next case is %s, want %s", got, at)
	}
	text := ask(s, chromedp.Text("main"))
	if !strings.Contains(text, "You are the second person") || strings.Contains(text, "anna") || strings.Contains(text, "seen twice") {
		t.Errorf("the second person reads\n%s", text)
	}
	s.shot("second-person", false)
	s.key("4", "input[value='confirm/several-signs']:checked")
	s.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible(".undo"))
	text = ask(s, chromedp.Text(".undo"))
	if !strings.Contains(text, "Nothing leaves before") || !strings.Contains(text, "s left") {
		t.Errorf("the bar says %q", text)
	}
	s.shot("undo", false)
	s.do(chromedp.KeyEvent("u"), chromedp.WaitNotPresent(".undo"))
	if page, err := s.store.Queue(s.ctx, review.Reviewer("x"), review.QueueFilter{Place: review.PlaceSecond}); err != nil || len(page.Items) != 1 || "/case/"+page.Items[0].ID != at {
		t.Errorf("after the undo %+v waits for a second person, %v", page.Items, err)
	}
	// Single keys can be turned off.
	s.do(chromedp.Navigate(s.base+"/me"), chromedp.SetValue("#keys", "off"), chromedp.Submit("#keys"), chromedp.WaitVisible("body[data-keys=off]"), chromedp.KeyEvent("q"), chromedp.Sleep(300*time.Millisecond))
	if got := s.path(); got != "/me" {
		t.Errorf("a single key went to %s, and they are off", got)
	}
}

// TestTheQueueIsLive lets a case come while the page is open.
func TestTheQueueIsLive(t *testing.T) {
	s := newStage(t)
	s.as("anna", "reviewer")
	s.do(chromedp.WaitVisible("a.row"))
	c := caseOf(2000, 0, time.Now().UTC())
	receive(t, s.store, c)
	ctx, stop := context.WithTimeout(s.ctx, 10*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.WaitVisible("#case-"+c.ID)); err != nil {
		t.Errorf("the case does not come: %v", err)
	}
}

// TestWhoActsKeepsTheCase presses keys on the page of a case while time goes by.
func TestWhoActsKeepsTheCase(t *testing.T) {
	s := newStage(t)
	s.as("anna", "reviewer")
	s.key("n", "#decide")
	id := strings.TrimPrefix(s.path(), "/case/")
	until := func() time.Time {
		st, err := s.store.Stand(s.ctx, id, review.Reviewer("anna"))
		if err != nil || st.ClaimedBy != "anna" {
			t.Fatalf("in the hands of %q, %v", st.ClaimedBy, err)
		}
		return st.Until
	}
	before := until()
	s.clock.back(-10 * time.Minute)
	s.do(chromedp.KeyEvent("j"))
	ctx, stop := context.WithTimeout(s.ctx, 20*time.Second)
	defer stop()
	shown := `!document.querySelector('#stand').textContent.includes(` + asJSON(before.Format("15:04:05")) + `)`
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](shown)); err != nil {
		t.Fatalf("the page shows no later time: %v", err)
	}
	if got := until(); got.Sub(before) < 9*time.Minute {
		t.Errorf("until %s, before %s", got, before)
	}
}

// TestImagesInABrowser looks at the blurred ones and at one in the clear, as it is drawn.
func TestImagesInABrowser(t *testing.T) {
	s := newStageOf(t, serveFrames(preservedOf(t, 5)))
	s.as("anna", "reviewer")
	s.do(chromedp.Navigate(s.base + "/case/" + caseOf(12, 12, start).ID))
	s.key("c", "#decide")
	s.key("i", ".frame img")
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("images " + scheme)
	}
	s.theme("light")
	drawn := `[...document.images].filter((m) => m.complete && m.naturalWidth > 0).length`
	if got := ask(s, chromedp.Evaluate[int](drawn)); got != 5 {
		t.Errorf("%d blurred images are drawn", got)
	}
	s.shot("images", false)
	s.key("2", "input[name=frame]:checked")
	s.do(chromedp.SetValue("#reason", "tell-what-happens"), chromedp.Submit("#reason"), chromedp.WaitVisible("#code"))
	s.do(chromedp.SendKeys("#code", testCode+kb.Enter), chromedp.WaitVisible(".frame img"))
	s.key("2", "input[name=frame]:checked")
	s.do(chromedp.SetValue("#reason", "tell-what-happens"), chromedp.Submit("#reason"), chromedp.WaitVisible(".clear img"))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("image " + scheme)
	}
	s.theme("light")
	if got := ask(s, chromedp.Evaluate[int](drawn)); got != 1 {
		t.Errorf("%d images in the clear are drawn", got)
	}
	s.shot("image", false)
	s.key("b", ".frame img")
	if e, err := s.store.Exposure(s.ctx, "anna"); err != nil || e.Images != 1 {
		t.Errorf("%+v, %v", e, err)
	}
}
