package goaml

import (
	"fmt"
	"slices"
)

// A Filer is the reporting entity that a unit knows.
type Filer struct {
	Profile string `json:"profile"` // the name of the unit's profile
	// Holder is the name under which alerts know the filer as the holder of records.
	Holder         string `json:"holder"`
	EntityID       int    `json:"rentity_id"` // that the unit gave it
	Branch         string `json:"rentity_branch"`
	SubmissionCode string `json:"submission_code"` // "E", electronic, where left out
	// Transactions and Activity are the report codes of the two forms, and Indicators
	// those of each report, where they are not the profile's.
	Transactions string   `json:"transactions"`
	Activity     string   `json:"activity"`
	Indicators   []string `json:"indicators"`
	// ReportingPerson or ReportingUserCode says who reports.
	ReportingPerson   *Person  `json:"reporting_person"`
	ReportingUserCode string   `json:"reporting_user_code"`
	Location          *Address `json:"location"`
}

// LoadFiler reads a filer. Its rules are the profile's: see New.
func LoadFiler(data []byte) (Filer, error) {
	var f Filer
	if err := decodeStrictly(data, &f); err != nil {
		return Filer{}, fmt.Errorf("goaml filer: %w", err)
	}
	return f, nil
}

// Books are what the filer itself knows of transactions. They hold personal data: they
// are read where the filer files, and are not kept.
type Books struct {
	// Holder must be the filer's.
	Holder       string         `json:"holder"`
	Transactions []*Transaction `json:"transactions"`
}

// LoadBooks reads books.
func LoadBooks(data []byte) (*Books, error) {
	b := &Books{}
	if err := decodeStrictly(data, b); err != nil {
		return nil, fmt.Errorf("goaml books: %w", err)
	}
	if slices.Contains(b.Transactions, nil) {
		return nil, fmt.Errorf("goaml books: a transaction is null")
	}
	return b, nil
}
