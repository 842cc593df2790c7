package ncmec

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A checker gathers what the service would refuse.
type checker struct{ faults []error }

func (c *checker) fault(path, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// text checks a text: UTF-8, no control characters but line breaks and tabs, and at most so
// many characters; 0 is without a limit of its own.
func (c *checker) text(path, s string, most int) {
	if !utf8.ValidString(s) {
		c.fault(path, "is not UTF-8")
		return
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff }); i >= 0 {
		c.fault(path, "has a control character at byte %d", i)
	}
	if n := utf8.RuneCountInString(s); most > 0 && n > most {
		c.fault(path, "has %d characters, and the limit is %d", n, most)
	}
}

func (c *checker) needed(path, s string, most int) {
	if strings.TrimSpace(s) == "" {
		c.fault(path, "must not be blank")
	}
	c.text(path, s, most)
}

// address checks a URL: blanks and control characters in one are refused (code 4100).
func (c *checker) address(path, s string, most int) {
	c.text(path, s, most)
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		c.fault(path, "must be a URL without blanks")
	}
}

func (c *checker) past(path string, t, now time.Time) {
	if t.IsZero() || t.After(now) {
		c.fault(path, "must be a time that has passed")
	}
}

func (c *checker) event(path, s string) {
	if s != "" && !slices.Contains(Events, s) {
		c.fault(path, "must be one of %s", strings.Join(Events, ", "))
	}
}

// Check returns all that the service would refuse of a report, each fault with its place.
func (r Report) Check(now time.Time) error {
	var c checker
	if !slices.Contains([]IncidentType{Material, Trafficking, Enticement}, r.Incident.Type) {
		c.fault("incidentSummary/incidentType", "is none that Vigil reports")
	}
	c.text("incidentSummary/platform", r.Incident.Platform, 256)
	c.text("incidentSummary/escalateToHighPriority", r.Incident.Escalate, 3000)
	c.past("incidentSummary/incidentDateTime", r.Incident.At.Time, now)
	c.text("incidentSummary/incidentDateTimeDescription", r.Incident.AtMeans, 3000)
	for i, d := range r.Internet {
		at := fmt.Sprintf("internetDetails[%d]", i)
		if d.Web == nil {
			c.fault(at, "must have exactly one kind of incident")
			continue
		}
		for j, u := range d.Web.URLs {
			c.address(fmt.Sprintf("%s/webPageIncident/url[%d]", at, j), u, 0)
		}
		c.text(at+"/webPageIncident/additionalInfo", d.Web.Info, 0)
	}
	c.person("reporter/reportingPerson", r.Reporter.Person)
	if len(r.Reporter.Person.Emails) == 0 {
		c.fault("reporter/reportingPerson/email", "must be there")
	}
	c.text("reporter/companyTemplate", r.Reporter.Template, 0)
	c.text("reporter/termsOfService", r.Reporter.Terms, 0)
	if r.Reporter.LegalURL != "" {
		c.address("reporter/legalURL", r.Reporter.LegalURL, 0)
	}
	if r.Reported != nil {
		c.user("personOrUserReported", r.Reported.Person, r.Reported.User, now)
	}
	for i, v := range r.Victims {
		c.user(fmt.Sprintf("victim[%d]", i), v.Person, v.User, now)
	}
	c.text("additionalInfo", r.Info, 0)
	return errors.Join(c.faults...)
}

func (c *checker) person(at string, p Person) {
	c.text(at+"/firstName", p.First, 0)
	c.text(at+"/lastName", p.Last, 0)
	for i, e := range p.Emails {
		if a, err := mail.ParseAddress(e.Address); err != nil || a.Address != e.Address {
			c.fault(fmt.Sprintf("%s/email[%d]", at, i), "must be a bare e-mail address")
		}
	}
	for i, n := range p.Phones {
		c.needed(fmt.Sprintf("%s/phone[%d]", at, i), n.Number, 0)
	}
}

func (c *checker) user(at string, p *Person, u User, now time.Time) {
	if p != nil {
		c.person(at+"/person", *p)
	}
	c.needed(at+"/espIdentifier", u.ID, 255)
	c.text(at+"/espService", u.Service, 100)
	c.text(at+"/screenName", u.ScreenName, 0)
	for i, n := range u.DisplayNames {
		c.needed(fmt.Sprintf("%s/displayName[%d]", at, i), n, 0)
	}
	for i, a := range u.ProfileURLs {
		c.address(fmt.Sprintf("%s/profileUrl[%d]", at, i), a, 0)
	}
	for i, ip := range u.IPs {
		place := fmt.Sprintf("%s/ipCaptureEvent[%d]", at, i)
		if a, err := netip.ParseAddr(ip.Address); err != nil || a.Zone() != "" {
			c.fault(place+"/ipAddress", "must be an IP address")
		}
		c.event(place+"/eventName", ip.Event)
		if ip.At != nil {
			c.past(place+"/dateTime", ip.At.Time, now)
		}
		if ip.Port < 0 || ip.Port > 65535 {
			c.fault(place+"/port", "must be from 1 to 65535")
		}
	}
	for i, d := range u.Devices {
		place := fmt.Sprintf("%s/deviceId[%d]", at, i)
		c.text(place+"/idType", d.Type, 0)
		c.needed(place+"/idValue", d.Value, 0)
		c.event(place+"/eventName", d.Event)
		if d.At != nil {
			c.past(place+"/dateTime", d.At.Time, now)
		}
	}
	for i, id := range u.Prior {
		if id <= 0 {
			c.fault(fmt.Sprintf("%s/priorCTReports[%d]", at, i), "must be the number of a report")
		}
	}
	for name, d := range map[string]*Disabled{"accountTemporarilyDisabled": u.Suspended, "accountPermanentlyDisabled": u.Disabled} {
		if d != nil && d.At != nil {
			c.past(at+"/"+name+"/@disabledDate", d.At.Time, now)
		}
	}
	c.text(at+"/additionalInfo", u.Info, 0)
}

// Check returns all that the service would refuse of file details.
func (d FileDetails) Check() error {
	var c checker
	if d.ReportID <= 0 {
		c.fault("reportId", "must be the number of a report")
	}
	c.needed("fileId", d.FileID, 0)
	c.text("fileName", d.Name, 2056)
	c.text("originalFileName", d.OriginalName, 2056)
	if d.Location != "" {
		c.address("locationOfFile", d.Location, 2083)
	}
	if d.Relevance != ReportedFile && d.Relevance != Supplemental {
		c.fault("fileRelevance", "must be %s or %s", ReportedFile, Supplemental)
	}
	for i, h := range d.Hashes {
		c.needed(fmt.Sprintf("originalFileHash[%d]", i), h.Value, 0)
		c.needed(fmt.Sprintf("originalFileHash[%d]/@hashType", i), h.Type, 64)
	}
	for i, one := range d.Details {
		if len(one.Pairs) == 0 {
			c.fault(fmt.Sprintf("details[%d]", i), "must have a pair")
		}
		for j, p := range one.Pairs {
			c.needed(fmt.Sprintf("details[%d]/nameValuePair[%d]/name", i, j), p.Name, 64)
			c.text(fmt.Sprintf("details[%d]/nameValuePair[%d]/value", i, j), p.Value, 0)
		}
	}
	for i, s := range d.Info {
		c.needed(fmt.Sprintf("additionalInfo[%d]", i), s, 0)
	}
	return errors.Join(c.faults...)
}
