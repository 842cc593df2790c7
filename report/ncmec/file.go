package ncmec

import "encoding/xml"

// FileDetails say what an uploaded file is.
type FileDetails struct {
	XMLName      xml.Name         `xml:"fileDetails"`
	ReportID     int64            `xml:"reportId"`
	FileID       string           `xml:"fileId"`
	Name         string           `xml:"fileName,omitempty"`
	OriginalName string           `xml:"originalFileName,omitempty"`
	Location     string           `xml:"locationOfFile,omitempty"`
	Viewed       *bool            `xml:"fileViewedByEsp,omitempty"`
	Public       *bool            `xml:"publiclyAvailable,omitempty"`
	Relevance    Relevance        `xml:"fileRelevance,omitempty"`
	Annotations  *FileAnnotations `xml:"fileAnnotations,omitempty"`
	Hashes       []Hash           `xml:"originalFileHash"`
	Details      []Details        `xml:"details"`
	Info         []string         `xml:"additionalInfo"`
}

// Relevance is how a file relates to its report.
type Relevance string

// What a report is about, and what helps to understand it.
const (
	ReportedFile Relevance = "Reported"
	Supplemental Relevance = "Supplemental Reported"
)

// FileAnnotations are tags of a file.
type FileAnnotations struct {
	LiveStreaming *Tag `xml:"liveStreaming,omitempty"`
}

// A Hash is of the bytes as they came to the platform.
type Hash struct {
	Type  string `xml:"hashType,attr"`
	Value string `xml:",chardata"`
}

// Details are facts of a file. Their optional type (EXIF or HASH) is left out: public
// descriptions differ in which element has it.
type Details struct {
	Pairs []NameValue `xml:"nameValuePair"`
}

// A NameValue is one fact.
type NameValue struct {
	Name  string `xml:"name"`
	Value string `xml:"value"`
}
