package review

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxNote limits what a person writes, in bytes: 3,000 characters of any script, which is
// what forms let in.
const MaxNote = 9000

// An InputError says what of what somebody sent will not do, in words for them.
type InputError struct{ error }

func (e InputError) Unwrap() error { return e.error }

// inputErrors makes one InputError of some, or nil of none.
func inputErrors(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return InputError{err}
	}
	return nil
}

// checkWords checks what a person wrote. PostgreSQL keeps no NUL.
func checkWords(what, text string) error {
	if len(text) > MaxNote || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return InputError{fmt.Errorf("the %s must be text of at most %d bytes", what, MaxNote)}
	}
	return nil
}
