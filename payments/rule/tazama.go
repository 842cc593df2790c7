package rule

import _ "embed"

//go:embed tazama.yaml
var tazama []byte

// Tazama is a rule file: the public rules of Tazama as far as payments carry what
// they ask for, to measure against. The file says which are not there, and why.
func Tazama() []byte { return tazama }
