package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/kb"
)

// statuses maps every kind of error to an HTTP status.
var statuses = map[hotline.Code]int{
	hotline.CodeInvalid:      http.StatusUnprocessableEntity,
	hotline.CodeUnauthorized: http.StatusUnauthorized,
	hotline.CodeForbidden:    http.StatusForbidden,
	hotline.CodeNotFound:     http.StatusNotFound,
	hotline.CodeConflict:     http.StatusConflict,
	hotline.CodeUnsupported:  http.StatusUnsupportedMediaType,
	hotline.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	hotline.CodeOverload:     http.StatusTooManyRequests,
	hotline.CodeUnavailable:  http.StatusServiceUnavailable,
	hotline.CodeTimeout:      http.StatusServiceUnavailable,
	hotline.CodeModelMissing: http.StatusServiceUnavailable,
}

const problemType = "application/problem+json"

// waitError is an error that tells when to try again.
type waitError struct {
	error
	after time.Duration
}

func (w waitError) Unwrap() error { return w.error }

// statusError is an error with a status that no kind of error has.
type statusError struct {
	error
	status int
}

func (s statusError) Unwrap() error { return s.error }

// mustError keeps a person from everything but what has to be done first.
func mustError(m account.Must) error {
	text := "请先修改密码 the password has to be changed first"
	if m == account.MustEnrol {
		text = "请先启用两步验证 a second factor has to be turned on first"
	}
	return codeError{hotline.Errorf(opIdentify, hotline.CodeForbidden, "%s", text), string(m)}
}

// codeError is an error with a code for programs.
type codeError struct {
	error
	code string
}

func (c codeError) Unwrap() error { return c.error }

// problem is a problem document. Code tells programs apart what a status does not.
type problem struct {
	huma.ErrorModel
	Code string `json:"code,omitempty"`
}

// problemOf makes a problem document of an error. What is our own fault is told without detail.
func problemOf(err error) *problem {
	status, known := statuses[hotline.CodeOf(err)]
	if !known {
		status = http.StatusInternalServerError
	}
	var special statusError
	if errors.As(err, &special) {
		status = special.status
	}
	p := &problem{ErrorModel: huma.ErrorModel{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail(err)}}
	var coded codeError
	if errors.As(err, &coded) {
		p.Code = coded.code
	}
	var refused account.Refused
	if errors.As(err, &refused) {
		p.Code = string(refused.Reason)
	}
	var problems kb.Problems
	if errors.As(err, &problems) {
		p.Detail = "内容有误 the content is refused"
		for _, problem := range problems {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Message: problem.Reason, Location: strings.Trim("body."+problem.Field, ".")})
		}
	}
	switch status {
	case http.StatusInternalServerError:
		p.Detail = "内部错误，请稍后再试 internal error"
	case http.StatusServiceUnavailable:
		p.Detail = "服务暂时不可用，请稍后再试 the service is unavailable for a moment"
	}
	return p
}

// detail is the cause of an error without what was being done.
func detail(err error) string {
	var ours *hotline.Error
	if errors.As(err, &ours) && ours.Err != nil {
		return ours.Err.Error()
	}
	return err.Error()
}

func retryAfter(err error, status int) string {
	after := time.Duration(0)
	var wait waitError
	var refused account.Refused
	if errors.As(err, &wait) {
		after = wait.after
	} else if errors.As(err, &refused) && refused.After > 0 {
		after = refused.After
	} else if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		after = 5 * time.Second
	}
	if after == 0 {
		return ""
	}
	return strconv.Itoa(int((after + time.Second - 1) / time.Second))
}

// refuse answers with a problem document and logs what is our own fault.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	a.logFault(r.Context(), r.Method, p.Status, err)
	if after := retryAfter(err, p.Status); after != "" {
		w.Header().Set("Retry-After", after)
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="hotline"`)
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // nobody is left to be told
}

func (a *API) logFault(ctx context.Context, method string, status int, err error) {
	if status < http.StatusInternalServerError {
		return
	}
	route := ""
	if c := chi.RouteContext(ctx); c != nil {
		route = c.RoutePattern()
	}
	a.log.Error("request failed", "method", method, "route", route, "status", status, "error", err)
}

// failed makes an error of a handler one that huma answers with.
func (a *API) failed(ctx context.Context, err error) error {
	p := problemOf(err)
	a.logFault(ctx, "", p.Status, err)
	if after := retryAfter(err, p.Status); after != "" {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {after}})
	}
	return p
}

// speakable puts what huma finds into the words of all other problems.
func speakable(_ huma.Context, _ string, v any) (any, error) {
	var p *huma.ErrorModel
	switch v := v.(type) {
	case *huma.ErrorModel:
		p = v
	case *problem:
		p = &v.ErrorModel
	default:
		return v, nil
	}
	p.Type = "about:blank"
	switch p.Status {
	case http.StatusUnprocessableEntity:
		if p.Detail == "validation failed" {
			p.Detail = "请求与接口说明不符 the request does not match the description"
		}
	case http.StatusRequestEntityTooLarge:
		p.Detail = "请求太大 " + p.Detail
	case http.StatusBadRequest:
		p.Detail = strings.TrimSpace("无法读取请求 the request cannot be read: " + cut(p.Detail))
	case http.StatusUnsupportedMediaType:
		p.Detail = "不支持这种内容类型 the content type is not supported"
	}
	if p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusBadRequest {
		p.Errors = brief(p.Errors)
	}
	return v, nil
}

// Bounds of what is said about a request: what was sent is known to who sent it.
const (
	mostErrors = 20
	mostSaid   = 200 // bytes of a value, a place or a message
)

func brief(list []*huma.ErrorDetail) []*huma.ErrorDetail {
	list = list[:min(len(list), mostErrors)]
	for _, e := range list {
		if text, err := json.Marshal(e.Value); err != nil || len(text) > mostSaid {
			e.Value = nil
		}
		e.Message, e.Location = cut(e.Message), cut(e.Location)
	}
	return list
}

func cut(text string) string {
	if len(text) <= mostSaid {
		return text
	}
	return strings.ToValidUTF8(text[:mostSaid], "") + "…"
}

func (a *API) problemResponse(status int) *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(errorModel, true, "ErrorModel")
	return &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

// reply answers with JSON.
func (a *API) reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // nobody is left to be told
}

func statusText(status int) string { return strconv.Itoa(status) }

// recovered answers a panic with 500 and keeps the server alive.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault == http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
				panic(fault)
			}
			a.log.Error("request panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			a.refuse(w, r, hotline.Errorf("serve", hotline.CodeInternal, "panic"))
		}()
		next.ServeHTTP(w, r)
	})
}

// methods are those an endpoint may have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range methods {
		if a.router.Match(chi.NewRouteContext(), m, r.URL.Path) {
			allowed = append(allowed, m)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	a.refuse(w, r, statusError{hotline.Errorf("call", hotline.CodeInvalid, "该地址不支持 %s the endpoint has another method", r.Method), http.StatusMethodNotAllowed})
}
