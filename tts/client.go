package tts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// ClientConfig says where a speech engine listens.
type ClientConfig struct {
	// URL is the base of an OpenAI-compatible API: "unix:/path/to/socket" for the local speech
	// process, or "https://host/v1".
	URL    string
	APIKey string // sent as a bearer token when not empty
	Model  string // name of the engine's model; "" means its default
	// Stall is how long the engine may stay silent, before the first piece of sound or between two,
	// until it counts as hung; 0 means 10 s; within 100 ms…5 min.
	Stall time.Duration
}

// Client asks a speech engine over the OpenAI audio API (POST /v1/audio/speech, raw 16-bit PCM,
// streamed). It implements Synthesizer. Errors are *hotline.Error: CodeUnavailable when the engine
// cannot be reached or breaks off, CodeTimeout when it stalls, CodeOverload when it is full.
type Client struct {
	http     *http.Client
	endpoint string
	key      string
	model    string
	stall    time.Duration
}

// NewClient returns a client; it does not connect yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	const op = "make speech client"
	if cfg.Stall == 0 {
		cfg.Stall = 10 * time.Second
	}
	if cfg.Stall < 100*time.Millisecond || cfg.Stall > 5*time.Minute {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "stall %v outside 100ms…5m", cfg.Stall)
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     time.Minute,
	}
	base := strings.TrimRight(cfg.URL, "/")
	if socket, ok := strings.CutPrefix(cfg.URL, "unix:"); ok {
		if socket == "" {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "URL %q names no socket", cfg.URL)
		}
		base = "http://speech/v1"
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
	} else if u, err := url.Parse(base); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "URL %q is neither unix:/path nor http(s)://host/path", cfg.URL)
	}
	return &Client{
		http:     &http.Client{Transport: transport},
		endpoint: base + "/audio/speech",
		key:      cfg.APIKey,
		model:    cfg.Model,
		stall:    cfg.Stall,
	}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// errStalled is the cause of a request that was given up because nothing came.
var errStalled = errors.New("the speech engine stalled")

// Synthesize implements Synthesizer.
func (c *Client) Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error {
	r, err := r.Validate()
	if err != nil {
		return err
	}
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	defer watch.Stop()

	response, err := c.post(within, r)
	if err != nil {
		return c.failed(within, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	decode, err := newPCMDecoder(response.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	buffer := make([]byte, 16<<10)
	for {
		watch.Reset(c.stall)
		n, err := response.Body.Read(buffer)
		watch.Stop() // emit takes as long as it likes
		if pcm := decode.next(buffer[:n], err == io.EOF); len(pcm) > 0 {
			if err := emit(pcm); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return c.failed(within, err)
		}
	}
}

func (c *Client) post(ctx context.Context, r Request) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{
		"model": c.model, "input": r.Text, "voice": r.Voice, "speed": r.Speed, "response_format": "pcm",
	})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	return c.http.Do(request)
}

// failed gives a broken exchange its code.
func (c *Client) failed(ctx context.Context, err error) error {
	const op = "ask the speech engine"
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errStalled):
		return hotline.Errorf(op, hotline.CodeTimeout, "nothing came for %v", c.stall)
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
			Message string       `json:"message"`
			Code    hotline.Code `json:"code"`
		} `json:"error"`
	}
	raw, _ := io.ReadAll(io.LimitReader(response.Body, 8<<10))
	if err := json.Unmarshal(raw, &body); err != nil || body.Error.Message == "" {
		body.Error.Message = http.StatusText(response.StatusCode)
	}
	code := codeOfStatus(response.StatusCode)
	if body.Error.Code == hotline.CodeModelMissing {
		code = hotline.CodeModelMissing
	}
	return hotline.Errorf("ask the speech engine", code, "%d: %s", response.StatusCode, body.Error.Message)
}

func codeOfStatus(status int) hotline.Code {
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
