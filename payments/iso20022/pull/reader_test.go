package pull

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vigil-stream/vigil/signal"
)

// ours lists the tokens of a text; texts that follow each other are one.
func ours(x *Reader) (tokens []string, err error) {
	text := ""
	flush := func() {
		if text != "" {
			tokens = append(tokens, "text "+text)
		}
		text = ""
	}
	for {
		switch x.Next() {
		case Failed:
			flush()
			return tokens, x.Err()
		case EOF:
			flush()
			return tokens, nil
		case Text:
			text += x.Chars()
		case End:
			flush()
			tokens = append(tokens, "end")
		case Start:
			flush()
			s := fmt.Sprintf("start {%s}%s", x.Space(), x.Local())
			for _, a := range x.attrs {
				s += fmt.Sprintf(" %s=%q", a.name, a.string())
			}
			tokens = append(tokens, s)
		}
	}
}

// theirs lists those of encoding/xml.
func theirs(data string) (tokens []string, err error) {
	raw := xml.NewDecoder(strings.NewReader(data))
	raw.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("charset") }
	d := &attributes{in: raw}
	dec := xml.NewTokenDecoder(d)
	text := ""
	flush := func() {
		if text != "" {
			tokens = append(tokens, "text "+text)
		}
		text = ""
	}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			flush()
			return tokens, nil
		}
		if err != nil {
			flush()
			return tokens, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			flush()
			tokens = append(tokens, "end")
		case xml.StartElement:
			flush()
			tokens = append(tokens, fmt.Sprintf("start {%s}%s%s", token.Name.Space, token.Name.Local, d.written))
		case xml.Directive:
			return tokens, errors.New("directive")
		}
	}
}

// attributes passes raw tokens on, and notes attributes as they are written.
type attributes struct {
	in      *xml.Decoder
	written string
	twice   bool
}

func (a *attributes) Token() (xml.Token, error) {
	token, err := a.in.RawToken()
	if start, ok := token.(xml.StartElement); ok {
		a.written = ""
		for i, at := range start.Attr {
			name := at.Name.Local
			if at.Name.Space != "" {
				name = at.Name.Space + ":" + name
			}
			a.written += fmt.Sprintf(" %s=%q", name, at.Value)
			for _, other := range start.Attr[:i] {
				a.twice = a.twice || other.Name == at.Name
			}
		}
	}
	return token, err
}

var documents = []string{
	`<?xml version="1.0" encoding="UTF-8"?><a xmlns="urn:x"><b c="d &lt; e">text &#65;&amp;</b><f/></a>`,
	"<a>\r\n one\rtwo <![CDATA[ <&> \r\n ]]> three</a>",
	`<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:q" p:c='"'/><c xmlns=""/></p:a>`,
	`<a><!-- x - y --><?pi z?><b></b ></a ><second/>`,
	"\ufeff<a>ä€😀</a>", `<ä:é xmlns:ä="x"/>`, `<a b = "1"c='2'/>`, `plain`, ``,
	`<a:b:c/>`, `<:a/>`, `<a:/>`, `<a>]]></a>`, `<a b="]]>"/>`, `<a b="<"/>`, `<a b=c/>`, `<a b/>`, `<a / >`, `<a`, `<a><b></a></b>`, `</a>`, `<a></ a>`,
	`<a>&nbsp;</a>`, `<a>&#0;</a>`, `<a>&#xD800;</a>`, `<a>&#x10FFFF;&#1114112;</a>`, `<a>&</a>`, `<a>& b;</a>`, "<a>\x00</a>", "<a>\xff</a>", "<a>\uffff</a>",
	`<!DOCTYPE a><a/>`, `<!ENTITY x "y">`, `<![x`, `<!-`, `<!`, `<!-- -- -->`, `<!---->`, `<!--->`, `<a><![CDATA[x]]</a>`, `<![CDATA[]]>`,
	`<?xml version="1.1"?><a/>`, `<?xml version="1.0" encoding="latin1"?><a/>`, `<?xml?><a/>`, `<?xml version='1.0' standalone="yes"?>`, `<??>`, `<?x`,
	`<1a/>`, `<-a/>`, `<a.b-c_1/>`, `<a b="1" b="2"/>`, `<a xmlns:x="1" xmlns:x="2"/>`, "<a\t\n b='1'\r/>", `<a/`, `<`, `<a>&lt`, `<a>` + strings.Repeat("<b>", 38) + `x`,
}

// same compares what is read by both, as the package's text promises.
func same(t *testing.T, data string) {
	t.Helper()
	got, gotErr := ours(NewBytes([]byte(data), 1<<20))
	want, wantErr := theirs(data)
	if gotErr == nil {
		if wantErr != nil && !strings.Contains(wantErr.Error(), "invalid XML name") {
			t.Fatalf("%q is read, and encoding/xml says %v", data, wantErr)
		}
		if wantErr == nil && !slices.Equal(got, want) {
			t.Fatalf("%q\ngot  %q\nwant %q", data, got, want)
		}
	}
	var r *signal.Rejection
	if gotErr != nil && !errors.As(gotErr, &r) {
		t.Fatalf("%q: %v is no Rejection", data, gotErr)
	}
	if wantErr == nil && gotErr != nil {
		again := &attributes{in: xml.NewDecoder(strings.NewReader(data))}
		for {
			if _, err := again.Token(); err != nil {
				break
			}
		}
		stricter := r.Reason() != "xml" || again.twice || strings.Contains(data, "<?xml") || strings.Contains(data, "&#") || !ascii(data)
		if !stricter {
			t.Fatalf("%q is refused (%v), and encoding/xml reads %q", data, gotErr, want)
		}
	}
	// In pieces it is the same.
	pieces, piecesErr := ours(NewReader(iotest.OneByteReader(strings.NewReader(data)), 1<<20))
	if !slices.Equal(pieces, got) || fmt.Sprint(piecesErr) != fmt.Sprint(gotErr) {
		t.Fatalf("%q\nwhole     %q, %v\nin pieces %q, %v", data, got, gotErr, pieces, piecesErr)
	}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func TestReadsWhatEncodingXMLReads(t *testing.T) {
	read := 0
	for _, data := range documents {
		same(t, data)
		if tokens, err := ours(NewBytes([]byte(data), 1<<20)); err == nil && len(tokens) > 0 {
			read++
		}
	}
	if read < 13 {
		t.Errorf("only %d were read", read)
	}
}

func TestRefuses(t *testing.T) {
	deep := strings.Repeat("<a>", MaxDepth) + strings.Repeat("</a>", MaxDepth)
	for _, c := range []struct{ name, data, reason string }{
		{"as deep as may be", deep, ""},
		{"deeper", "<a>" + deep + "</a>", "xml-limit"},
		{"a long text", "<a>" + strings.Repeat("x", MaxToken) + "</a>", "xml-limit"},
		{"a long CDATA", "<a><![CDATA[" + strings.Repeat("x", MaxToken) + "]]></a>", "xml-limit"},
		{"a long comment", "<a><!--" + strings.Repeat("x", MaxToken) + "--></a>", "xml-limit"},
		{"a long instruction", "<?a " + strings.Repeat("x", MaxToken) + "?>", "xml-limit"},
		{"a long value", `<a b="` + strings.Repeat("x", MaxToken) + `"/>`, "xml-limit"},
		{"a long name", `<a` + strings.Repeat("x", MaxToken) + `/>`, "xml-limit"},
		{"many attributes", "<a" + manyAttributes(maxAttrs+1) + "/>", "xml-limit"},
		{"as many as may be", "<a" + manyAttributes(maxAttrs) + "/>", ""},
		{"many parts", "<a>" + strings.Repeat("<b/>", MaxParts) + "</a>", "xml-limit"},
		{"many comments", strings.Repeat("<!---->", MaxParts+1), "xml-limit"},
		{"an attribute twice", `<a b="1" b="2"/>`, "xml"},
		{"a document type", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, "xml-dtd"},
		{"another character set", `<?xml version="1.0" encoding="UTF-16"?><a/>`, "xml-charset"},
		{"UTF-16", "\xff\xfe<\x00a\x00", "xml"},
	} {
		for _, x := range []*Reader{NewBytes([]byte(c.data), 1<<30), NewReader(strings.NewReader(c.data), 1<<30)} {
			_, err := ours(x)
			var r *signal.Rejection
			if errors.As(err, &r); (r == nil) != (c.reason == "") || r != nil && r.Reason() != c.reason {
				t.Errorf("%s: %v, want reason %q", c.name, err, c.reason)
			}
		}
	}
}

func manyAttributes(n int) (s string) {
	for i := range n {
		s += fmt.Sprintf(" a%d='1'", i)
	}
	return s
}

func TestLinesOfFaultsAreCounted(t *testing.T) {
	long := strings.Repeat("<a>\n</a>\n", 100_000)
	x := NewReader(strings.NewReader(long+"\n<b></c>"), 1<<20)
	for x.Next() != Failed {
		x.ResetParts()
	}
	if want := "line 200002"; !strings.Contains(x.Err().Error(), want) {
		t.Errorf("%v, want %s", x.Err(), want)
	}
}

func TestWhatIsMarkedIsKept(t *testing.T) {
	var data bytes.Buffer
	data.WriteString("<all>")
	for i := range 5000 {
		fmt.Fprintf(&data, "<one><n>%d</n>%s</one>\n", i, strings.Repeat("<x>yyyyyyyyyyyyyyyyy</x>", 10))
	}
	data.WriteString("</all>")
	whole := data.String()
	x := NewReader(&data, 1<<20)
	x.Next()
	for i := range 5000 {
		x.ResetParts()
		if !x.Child() {
			t.Fatal(x.Err())
		}
		x.Mark()
		at := x.Offset()
		x.Skip()
		want := fmt.Sprintf("<one><n>%d</n>", i)
		if got := string(x.Marked()); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "</one>") || whole[at:int(at)+len(got)] != got {
			t.Fatalf("%d: got %.40q", i, got)
		}
		x.Unmark()
	}
	if x.Child() || x.Next() != EOF {
		t.Error("there is more")
	}
}

func TestAFaultOfTheSourceIsNoFaultOfTheData(t *testing.T) {
	boom := errors.New("boom")
	const data = `<?xml version="1.0"?><a b="c ä"><!-- d --><![CDATA[e]]>f&amp;ä</a >`
	for n := range len(data) + 1 {
		_, err := ours(NewReader(io.MultiReader(strings.NewReader(data[:n]), iotest.ErrReader(boom)), 1<<20))
		if !errors.Is(err, boom) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, data := range documents {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) { same(t, data) })
}
