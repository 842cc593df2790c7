package api

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// describe says what a panic was about. Only the runtime's texts are known to hold
// nothing of the request's.
func describe(fault any) string {
	var e runtime.Error
	if err, ok := fault.(error); ok && errors.As(err, &e) {
		return e.Error()
	}
	return fmt.Sprintf("%T", fault)
}

// stack tells where a panic came from. debug.Stack would show the arguments too, of
// which one may be a hash.
func stack() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	var text strings.Builder
	for {
		f, more := frames.Next()
		_, _ = fmt.Fprintf(&text, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return text.String()
		}
	}
}
