package sip

import (
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// statusIntervalTooSmall is of RFC 4028 section 6.
const statusIntervalTooSmall = 422

// statusOf is how each kind of error is answered.
var statusOf = map[hotline.Code]int{
	hotline.CodeInvalid:      gosip.StatusBadRequest,
	hotline.CodeUnauthorized: gosip.StatusUnauthorized,
	hotline.CodeForbidden:    gosip.StatusForbidden,
	hotline.CodeNotFound:     gosip.StatusNotFound,
	hotline.CodeConflict:     gosip.StatusBusyHere,
	hotline.CodeUnsupported:  gosip.StatusNotAcceptableHere,
	hotline.CodeTooLarge:     gosip.StatusRequestEntityTooLarge,
	hotline.CodeOverload:     gosip.StatusServiceUnavailable,
	hotline.CodeUnavailable:  gosip.StatusTemporarilyUnavailable,
	hotline.CodeTimeout:      gosip.StatusRequestTimeout,
	hotline.CodeModelMissing: gosip.StatusServiceUnavailable,
	hotline.CodeInternal:     gosip.StatusInternalServerError,
}

// codeOf is what a final refusal means. Those not listed follow their class.
var codeOf = map[int]hotline.Code{
	gosip.StatusUnauthorized:                 hotline.CodeUnauthorized,
	gosip.StatusForbidden:                    hotline.CodeForbidden,
	gosip.StatusNotFound:                     hotline.CodeNotFound,
	gosip.StatusMethodNotAllowed:             hotline.CodeUnsupported,
	gosip.StatusNotAcceptable:                hotline.CodeUnsupported,
	gosip.StatusProxyAuthRequired:            hotline.CodeUnauthorized,
	gosip.StatusRequestTimeout:               hotline.CodeTimeout,
	gosip.StatusGone:                         hotline.CodeNotFound,
	gosip.StatusRequestEntityTooLarge:        hotline.CodeTooLarge,
	gosip.StatusUnsupportedMediaType:         hotline.CodeUnsupported,
	gosip.StatusBadExtension:                 hotline.CodeUnsupported,
	gosip.StatusTemporarilyUnavailable:       hotline.CodeUnavailable,
	gosip.StatusCallTransactionDoesNotExists: hotline.CodeConflict,
	gosip.StatusAddressIncomplete:            hotline.CodeNotFound,
	gosip.StatusBusyHere:                     hotline.CodeConflict,
	gosip.StatusRequestTerminated:            hotline.CodeTimeout,
	gosip.StatusNotAcceptableHere:            hotline.CodeUnsupported,
	gosip.StatusRequestPending:               hotline.CodeConflict,
	gosip.StatusNotImplemented:               hotline.CodeUnsupported,
	gosip.StatusServiceUnavailable:           hotline.CodeOverload,
	gosip.StatusGatewayTimeout:               hotline.CodeTimeout,
	gosip.StatusGlobalBusyEverywhere:         hotline.CodeConflict,
	gosip.StatusGlobalDecline:                hotline.CodeForbidden,
	gosip.StatusGlobalDoesNotExistAnywhere:   hotline.CodeNotFound,
	gosip.StatusGlobalNotAcceptable:          hotline.CodeUnsupported,
}

// reasons are the phrases of the statuses we send.
var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 400: "Bad Request",
	401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	408: "Request Timeout", 413: "Request Entity Too Large", 415: "Unsupported Media Type",
	420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
	423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
	503: "Service Unavailable", 504: "Server Time-out", 603: "Decline",
}

// StatusOf returns the SIP status that a kind of error is answered with.
func StatusOf(code hotline.Code) int {
	if status, ok := statusOf[code]; ok {
		return status
	}
	return gosip.StatusInternalServerError
}

// CodeOf returns the kind of error that a final refusal (3xx…6xx) stands for.
func CodeOf(status int) hotline.Code {
	if code, ok := codeOf[status]; ok {
		return code
	}
	switch {
	case status >= 300 && status < 400:
		return hotline.CodeUnsupported // we do not follow redirections
	case status >= 400 && status < 500:
		return hotline.CodeInvalid
	}
	return hotline.CodeUnavailable
}

func reasonOf(status int) string {
	if r, ok := reasons[status]; ok {
		return r
	}
	return "Error"
}

// StatusError is a final refusal by the peer.
type StatusError struct {
	Status int
	Reason string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Reason) }

// refusal wraps a final response that is not a success.
func refusal(op string, res *gosip.Response) error {
	return &hotline.Error{Op: op, Code: CodeOf(res.StatusCode), Err: &StatusError{res.StatusCode, printable(res.Reason, 100)}}
}
