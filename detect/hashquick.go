package detect

// quickHashRecord reads a hash record as Encode and most writers of JSON write it. It
// takes nothing that the schema would refuse, and reads the same from what it takes; what
// it does not take (an escape in a string, a field twice, a number with a fraction, a
// fault) is for the schema to read or to refuse. The schema takes as long as to look a
// hash up several times.
func quickHashRecord(data []byte) (r HashRecord, ok bool) {
	if len(data) > maxQuick {
		return r, false
	}
	q := quick{data: string(data)} // Of which the record's strings are parts.
	once := func(seen *bool) {     // A field twice is for the schema.
		q.check(!*seen)
		*seen = true
	}
	var kind, hash, quality, digest bool
	q.object(func(name string) {
		switch name {
		case "kind":
			once(&kind)
			r.Kind = q.string()
			q.check(r.Kind == "pdq" || r.Kind == "phash" || r.Kind == "dhash" || r.Kind == "ahash")
		case "hash":
			once(&hash)
			r.Hash = q.string()
			q.check(isHash(r.Hash))
		case "quality":
			once(&quality)
			r.Quality = q.percent()
		case "sha256":
			once(&digest)
			r.SHA256 = q.string()
			q.check(len(r.SHA256) == 64 && isHex(r.SHA256, false))
		case "views":
			q.check(r.Views == nil)
			r.Views = q.views()
		default:
			q.bad = true
		}
	})
	q.space()
	return r, !q.bad && q.at == len(data) && kind && hash && quality
}

// maxQuick is more than a record with all views has bytes, with spaces.
const maxQuick = 4 << 10

// quick reads JSON of known shape from left to right. What it does not know is bad, and
// stays so.
type quick struct {
	data string
	at   int
	bad  bool
}

func (q *quick) check(ok bool) { q.bad = q.bad || !ok }

func (q *quick) space() {
	for q.at < len(q.data) {
		switch q.data[q.at] {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			return
		}
	}
}

// next reports whether c comes next, behind white space, and passes over it.
func (q *quick) next(c byte) bool {
	q.space()
	if q.bad || q.at >= len(q.data) || q.data[q.at] != c {
		return false
	}
	q.at++
	return true
}

// object calls field with the name of each field, to read its value.
func (q *quick) object(field func(name string)) {
	q.check(q.next('{'))
	for first := true; !q.bad; first = false {
		if !first && !q.next(',') {
			q.check(q.next('}'))
			return
		}
		name := q.string() // An empty object is bad: there is none in a record.
		q.check(q.next(':'))
		if !q.bad {
			field(name)
		}
	}
}

// string reads a string of plain ASCII.
func (q *quick) string() string {
	if !q.next('"') {
		q.bad = true
		return ""
	}
	from := q.at
	for q.at < len(q.data) {
		c := q.data[q.at]
		if c == '"' {
			q.at++
			return q.data[from : q.at-1]
		}
		if c < ' ' || c == '\\' || c > '~' {
			break
		}
		q.at++
	}
	q.bad = true
	return ""
}

// percent reads a whole number from 0 to 100.
func (q *quick) percent() (n int) {
	q.space()
	from := q.at
	for q.at < len(q.data) && q.at < from+3 && q.data[q.at] >= '0' && q.data[q.at] <= '9' {
		n = 10*n + int(q.data[q.at]-'0')
		q.at++
	}
	// What follows a number must end it; a zero stands alone.
	q.check(q.at > from && n <= 100 && (q.data[from] != '0' || q.at == from+1))
	q.check(q.at < len(q.data) && (q.data[q.at] < '0' || q.data[q.at] > '9'))
	return n
}

// views reads up to maxViews of them.
func (q *quick) views() []View {
	all := make([]View, 0, maxViews)
	q.check(q.next('['))
	if q.next(']') {
		return all
	}
	for !q.bad && len(all) < maxViews {
		var v View
		q.object(func(name string) {
			switch {
			case name == "view" && v.View == "":
				v.View = q.string()
				_, known := viewOf(v.View)
				q.check(known && v.View != "")
			case name == "hash" && v.Hash == "":
				v.Hash = q.string()
				q.check(isHash(v.Hash))
			default:
				q.bad = true
			}
		})
		q.check(v.View != "" && v.Hash != "")
		all = append(all, v)
		if !q.next(',') {
			q.check(q.next(']'))
			return all
		}
	}
	q.bad = true
	return nil
}

func isHash(s string) bool { return (len(s) == 16 || len(s) == 64) && isHex(s, true) }

func isHex(s string, upper bool) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (!upper || c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
