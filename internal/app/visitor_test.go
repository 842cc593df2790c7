package app

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/review"
)

// A visitor is a person at the console. They have a page before them, and follow links and
// press buttons that are on it.
type visitor struct {
	*session
	name string
	http *http.Client
	page string
}

func (s *session) visitor(name string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{session: s, name: name, http: &http.Client{Jar: jar}}
}

func (v *visitor) signsIn(as review.Role) {
	v.t.Helper()
	v.reads("/signin")
	v.press("/signin", "name", v.name, "role", string(as), "code", v.code)
	v.sees("<b>" + v.name + "</b>")
}

// gets asks for an address, whatever page is there.
func (v *visitor) gets(path string, want int) string {
	v.t.Helper()
	res, err := v.http.Get("http://" + v.c.Review.Listen + path)
	if err != nil {
		v.t.Fatalf("%s at %s: %v", v.name, path, err)
	}
	status, page := v.read(res)
	return v.came(path, status, page, want)
}

// posts sends a form, whatever page is there.
func (v *visitor) posts(path string, form url.Values, want int) string {
	v.t.Helper()
	res, err := v.http.PostForm("http://"+v.c.Review.Listen+path, form)
	if err != nil {
		v.t.Fatalf("%s at %s: %v", v.name, path, err)
	}
	status, page := v.read(res)
	return v.came(path, status, page, want)
}

func (v *visitor) came(path string, status int, page string, want int) string {
	v.t.Helper()
	if status != want {
		v.t.Fatalf("%s at %s: %d, want %d\n%s", v.name, path, status, want, mainOf(page))
	}
	return page
}

// reads types an address.
func (v *visitor) reads(path string) {
	v.t.Helper()
	v.page = v.gets(path, http.StatusOK)
}

// opens follows a link of the page.
func (v *visitor) opens(path string) {
	v.t.Helper()
	v.sees(`href="` + html.EscapeString(path) + `"`)
	v.reads(path)
}

// press sends a form of the page with its hidden fields, and values for others that it has.
func (v *visitor) press(path string, fields ...string) {
	v.t.Helper()
	form := v.finds(`(?s)<form method="post" action="` + regexp.QuoteMeta(path) + `"(.*?)</form>`)
	values := url.Values{}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		values.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
		typed := slices.Contains([]string{"name", "code", "note"}, fields[i])
		if !strings.Contains(form, `name="`+fields[i]+`"`) || !typed && !strings.Contains(form, `value="`+fields[i+1]+`"`) {
			v.t.Fatalf("%s cannot choose %s=%s:\n%s", v.name, fields[i], fields[i+1], form)
		}
	}
	v.page = v.posts(path, values, http.StatusOK)
}

func (v *visitor) sees(all ...string) {
	v.t.Helper()
	for _, want := range all {
		if !strings.Contains(v.page, want) {
			v.t.Fatalf("%s does not see %q:\n%s", v.name, want, v.main())
		}
	}
}

func (v *visitor) finds(pattern string) string {
	v.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(v.page)
	if m == nil {
		v.t.Fatalf("%s does not find %s:\n%s", v.name, pattern, v.main())
	}
	return m[1]
}

// main is the page without its frame.
func (v *visitor) main() string { return mainOf(v.page) }

func mainOf(page string) string {
	if _, rest, ok := strings.Cut(page, "<main"); ok {
		page, _, _ = strings.Cut(rest, "</main>")
	}
	return page
}
