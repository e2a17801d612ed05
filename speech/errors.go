package speech

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/hotline-cc/hotline"
)

// retryAfter is what a full queue tells its clients, in seconds: a decode takes less.
const retryAfter = "1"

// statusOf maps the kind of an error to the HTTP status that the clients of asr and tts read.
func statusOf(code hotline.Code) int {
	switch code {
	case hotline.CodeInvalid, hotline.CodeUnsupported:
		return http.StatusBadRequest
	case hotline.CodeUnauthorized:
		return http.StatusUnauthorized
	case hotline.CodeForbidden:
		return http.StatusForbidden
	case hotline.CodeNotFound:
		return http.StatusNotFound
	case hotline.CodeConflict:
		return http.StatusConflict
	case hotline.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case hotline.CodeOverload:
		return http.StatusTooManyRequests
	case hotline.CodeUnavailable, hotline.CodeModelMissing:
		return http.StatusServiceUnavailable
	case hotline.CodeTimeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// kindOf is the "type" of an error in the OpenAI API.
func kindOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "authentication_error"
	case status == http.StatusTooManyRequests:
		return "rate_limit_error"
	case status >= http.StatusInternalServerError:
		return "server_error"
	}
	return "invalid_request_error"
}

// fail answers with an error in the shape of the OpenAI API. Only what is our own fault is logged:
// the rest is the client's to know. What a caller said is never in it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	code := hotline.CodeOf(err)
	switch {
	case r.Context().Err() != nil: // the client went away, or the server shuts down
		code = hotline.CodeUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		code = hotline.CodeTimeout
	}
	status := statusOf(code)
	if status == http.StatusInternalServerError {
		s.log.Error("speech request failed", "path", r.URL.Path, "error", err)
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", retryAfter)
	}
	type body struct {
		Message string       `json:"message"`
		Type    string       `json:"type"`
		Code    hotline.Code `json:"code"`
	}
	writeJSON(w, status, map[string]body{"error": {err.Error(), kindOf(status), code}})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	raw, err := json.Marshal(value)
	if err != nil { // a NaN from an engine
		http.Error(w, `{"error":{"message":"the engine's answer cannot be written","type":"server_error","code":"internal"}}`,
			http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // a client that went away is no fault of ours
}
