package ncmec

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// The fields of each type stand in the order that the schema enforces. What Vigil never has
// (vehicles, schools, batches, …) is left out.

// A Report is the root of what is submitted.
type Report struct {
	XMLName  xml.Name   `xml:"report"`
	Incident Incident   `xml:"incidentSummary"`
	Internet []Internet `xml:"internetDetails"`
	Reporter Reporter   `xml:"reporter"`
	Reported *Reported  `xml:"personOrUserReported,omitempty"`
	Victims  []Victim   `xml:"victim"`
	Info     string     `xml:"additionalInfo,omitempty"`
}

// An Incident is what happened, where and when.
type Incident struct {
	Type        IncidentType       `xml:"incidentType"`
	Platform    string             `xml:"platform,omitempty"`
	Escalate    string             `xml:"escalateToHighPriority,omitempty"` // why it is urgent
	Annotations *ReportAnnotations `xml:"reportAnnotations,omitempty"`
	At          Time               `xml:"incidentDateTime"`
	AtMeans     string             `xml:"incidentDateTimeDescription,omitempty"`
}

// IncidentType is one of the service's own words.
type IncidentType string

// The types of incident that Vigil reports, of the eight there are.
const (
	Material    IncidentType = "Child Pornography (possession, manufacture, and distribution)"
	Trafficking IncidentType = "Child Sex Trafficking"
	Enticement  IncidentType = "Online Enticement of Children for Sexual Acts"
)

// ReportAnnotations are tags of a report.
type ReportAnnotations struct {
	Sextortion *Tag `xml:"sextortion,omitempty"`
}

// A Tag is an empty element.
type Tag struct{}

// An Internet says how it happened: exactly one kind, and Vigil knows streams on the web.
type Internet struct {
	Web *WebPage `xml:"webPageIncident"`
}

// A WebPage is where a stream could be seen.
type WebPage struct {
	URLs []string `xml:"url"`
	Info string   `xml:"additionalInfo,omitempty"`
}

// A Reporter is who reports. It comes from the deployment's configuration.
type Reporter struct {
	Person   Person `xml:"reportingPerson"`
	Template string `xml:"companyTemplate,omitempty"` // in every report: how process is served, for how long data are kept
	Terms    string `xml:"termsOfService,omitempty"`
	LegalURL string `xml:"legalURL,omitempty"`
}

// A Person has at least an e-mail address where it reports.
type Person struct {
	First  string  `xml:"firstName,omitempty"`
	Last   string  `xml:"lastName,omitempty"`
	Phones []Phone `xml:"phone"`
	Emails []Email `xml:"email"`
}

// An Email is an address, and whether the platform verified it.
type Email struct {
	Verified *bool  `xml:"verified,attr"`
	Address  string `xml:",chardata"`
}

// A Phone is a number, and whether the platform verified it.
type Phone struct {
	Verified *bool  `xml:"verified,attr"`
	Number   string `xml:",chardata"`
}

// Reported is the account that is reported.
type Reported struct {
	Person *Person `xml:"personOrUserReportedPerson,omitempty"`
	User
}

// A Victim is an account that may be a child's.
type Victim struct {
	Person *Person `xml:"victimPerson,omitempty"`
	User
}

// A User is what the two have in common, which stands in the same order in both.
type User struct {
	ID           string     `xml:"espIdentifier,omitempty"` // on the platform
	Service      string     `xml:"espService,omitempty"`
	ScreenName   string     `xml:"screenName,omitempty"`
	DisplayNames []string   `xml:"displayName"`
	ProfileURLs  []string   `xml:"profileUrl"`
	IPs          []IP       `xml:"ipCaptureEvent"`
	Devices      []Device   `xml:"deviceId"`
	Prior        []int64    `xml:"priorCTReports"`
	Suspended    *Disabled  `xml:"accountTemporarilyDisabled,omitempty"`
	Disabled     *Disabled  `xml:"accountPermanentlyDisabled,omitempty"`
	Location     *Estimated `xml:"estimatedLocation,omitempty"`
	Info         string     `xml:"additionalInfo,omitempty"`
}

// An IP is an address that an account used.
type IP struct {
	Address string `xml:"ipAddress"`
	Event   string `xml:"eventName,omitempty"` // one of Events
	At      *Time  `xml:"dateTime,omitempty"`
	Proxy   *bool  `xml:"possibleProxy,omitempty"`
	Port    int    `xml:"port,omitempty"`
}

// Events are what an address or a device was seen at.
var Events = []string{"Login", "Registration", "Purchase", "Upload", "Other", "Unknown"}

// A Device is one that an account used.
type Device struct {
	Type  string `xml:"idType,omitempty"`
	Value string `xml:"idValue"`
	Event string `xml:"eventName,omitempty"`
	At    *Time  `xml:"dateTime,omitempty"`
}

// Disabled says whether an account was disabled, and when.
type Disabled struct {
	At   *Time `xml:"disabledDate,attr"`
	Done bool  `xml:",chardata"`
}

// Estimated is where an account's user probably is.
type Estimated struct {
	Country string `xml:"countryCode,omitempty"` // ISO 3166-1 alpha-2
}

// A Time is written in UTC, in seconds, with its zone.
type Time struct{ time.Time }

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) {
	return []byte(t.UTC().Format("2006-01-02T15:04:05Z")), nil
}

// Encode returns the XML of a report or of file details, as it is sent.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
