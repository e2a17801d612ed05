package hotline

import (
	"errors"
	"fmt"
)

// Code is the kind of an error, mapped once to a SIP status, an HTTP status and a metric label.
type Code string

// The kinds of error the gateway tells apart.
const (
	CodeInvalid      Code = "invalid"       // the request makes no sense as sent
	CodeUnauthorized Code = "unauthorized"  // who is asking is not known
	CodeForbidden    Code = "forbidden"     // who is asking may not do this
	CodeNotFound     Code = "not_found"     // what is asked for does not exist
	CodeConflict     Code = "conflict"      // the state has moved on
	CodeUnsupported  Code = "unsupported"   // a codec, method or option we do not have
	CodeTooLarge     Code = "too_large"     // over a stated limit of size
	CodeOverload     Code = "overload"      // over a stated limit of load; try again later
	CodeUnavailable  Code = "unavailable"   // a part we depend on is down
	CodeTimeout      Code = "timeout"       // no answer within the deadline
	CodeModelMissing Code = "model_missing" // a speech model is not installed
	CodeInternal     Code = "internal"      // our own fault
)

// Error is an error with a kind. Op says what was being done, in the words of the caller.
type Error struct {
	Op   string
	Code Code
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Op, e.Code)
	}
	return fmt.Sprintf("%s: %v", e.Op, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an *Error whose cause is formatted like fmt.Errorf.
func Errorf(op string, code Code, format string, args ...any) error {
	return &Error{Op: op, Code: code, Err: fmt.Errorf(format, args...)}
}

// CodeOf returns the kind of the outermost *Error in err's chain, CodeInternal for any other
// error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
