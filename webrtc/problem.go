package webrtc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hotline-cc/hotline"
)

// Statuses that have no code, or one that means something else elsewhere.
const (
	statusNotFound    = http.StatusNotFound
	statusConflict    = http.StatusConflict
	statusTooLarge    = http.StatusRequestEntityTooLarge
	statusTooMany     = http.StatusTooManyRequests
	statusUnavailable = http.StatusServiceUnavailable
)

// refusal is an error with the status it is answered with.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// statusOf returns what an error is answered with.
func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	switch hotline.CodeOf(err) {
	case hotline.CodeInvalid:
		return http.StatusBadRequest
	case hotline.CodeUnauthorized:
		return http.StatusUnauthorized
	case hotline.CodeForbidden:
		return http.StatusForbidden
	case hotline.CodeNotFound:
		return http.StatusNotFound
	case hotline.CodeConflict:
		return http.StatusConflict
	case hotline.CodeUnsupported:
		return http.StatusUnprocessableEntity
	case hotline.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case hotline.CodeOverload, hotline.CodeUnavailable, hotline.CodeTimeout:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problem is the body of a refusal (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// refuse answers with a problem document.
func (e *Endpoint) refuse(w http.ResponseWriter, err error) {
	status := statusOf(err)
	e.counters.refuse(status)
	p := problem{Title: http.StatusText(status), Status: status, Detail: err.Error()}
	switch status {
	case http.StatusInternalServerError:
		e.log.Error("browser call not taken", "err", err)
		p.Detail = "" // it is ours and nobody else's
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case statusTooMany, statusUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(e.cfg.Limits.RetryAfter/time.Second)))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p) // whoever is gone need not read it
}
