package report

// Seen drops repeats: a queue delivers an alert at least once. The zero value is
// ready. It is not safe for concurrent use.
type Seen struct{ ids map[string]struct{} }

// First reports whether id was not given before. Give it the ids of alerts that
// passed Verify only, so that a forged alert cannot hide the true one.
func (s *Seen) First(id string) bool {
	if _, ok := s.ids[id]; ok {
		return false
	}
	if s.ids == nil {
		s.ids = make(map[string]struct{})
	}
	s.ids[id] = struct{}{}
	return true
}
