// Package speechhttp is what the recognition and the synthesis client share: how a speech engine
// with an OpenAI-compatible API is reached, and what its errors mean.
package speechhttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

const op = "ask the speech engine"

// Engine is one speech engine. It is safe for concurrent use.
type Engine struct {
	http *http.Client
	base string
	key  string
}

// New returns an engine at "unix:/path/to/socket" or "http(s)://host/v1"; it does not connect yet.
// The key is sent as a bearer token when not empty.
func New(address, key string) (*Engine, error) {
	const op = "make speech client"
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     time.Minute,
	}
	base := strings.TrimRight(address, "/")
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		if socket == "" {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "URL %q names no socket", address)
		}
		base = "http://speech/v1"
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
	} else if u, err := url.Parse(base); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "URL %q is neither unix:/path nor http(s)://host/path", address)
	}
	return &Engine{http: &http.Client{Transport: transport}, base: base, key: key}, nil
}

// Close drops idle connections.
func (e *Engine) Close() { e.http.CloseIdleConnections() }

// Post sends a request below the base URL and returns the answer when it is 200. Every error is as
// Failed makes it, or the engine's own refusal with its code.
func (e *Engine) Post(ctx context.Context, path, contentType string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.base+path, body)
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	request.Header.Set("Content-Type", contentType)
	if e.key != "" {
		request.Header.Set("Authorization", "Bearer "+e.key)
	}
	// Asking twice does no harm, so a connection that a restarted engine left dead is replaced. The
	// empty key says so to net/http and is not sent.
	request.Header["X-Idempotency-Key"] = nil
	response, err := e.http.Do(request)
	if err != nil {
		return nil, Failed(ctx, err)
	}
	if response.StatusCode != http.StatusOK {
		defer func() { _ = response.Body.Close() }()
		return nil, refusal(response)
	}
	return response, nil
}

// Failed gives the error of a broken exchange its code: the cause of ctx when that has ended, with
// CodeTimeout for a deadline, else CodeUnavailable.
func Failed(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return hotline.Errorf(op, hotline.CodeTimeout, "%w", err)
	case cause != nil:
		return cause
	default:
		return hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
	}
}

// refusal turns an answer in the OpenAI error shape into an error.
func refusal(response *http.Response) error {
	var body struct {
		Error struct {
			Message string `json:"message"`
			Code    any    `json:"code"` // some engines send a number
		} `json:"error"`
	}
	raw, _ := io.ReadAll(io.LimitReader(response.Body, 8<<10))
	if err := json.Unmarshal(raw, &body); err != nil || body.Error.Message == "" {
		body.Error.Message = http.StatusText(response.StatusCode)
	}
	code := codeOf(response.StatusCode)
	if body.Error.Code == string(hotline.CodeModelMissing) {
		code = hotline.CodeModelMissing
	}
	return hotline.Errorf(op, code, "%d: %s", response.StatusCode, body.Error.Message)
}

func codeOf(status int) hotline.Code {
	switch status {
	case http.StatusUnauthorized:
		return hotline.CodeUnauthorized
	case http.StatusForbidden:
		return hotline.CodeForbidden
	case http.StatusNotFound:
		return hotline.CodeNotFound
	case http.StatusRequestEntityTooLarge:
		return hotline.CodeTooLarge
	case http.StatusTooManyRequests:
		return hotline.CodeOverload
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return hotline.CodeTimeout
	}
	if status >= 500 {
		return hotline.CodeUnavailable
	}
	return hotline.CodeInvalid
}
