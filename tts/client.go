package tts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/speechhttp"
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
	engine *speechhttp.Engine
	model  string
	stall  time.Duration
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
	engine, err := speechhttp.New(cfg.URL, cfg.APIKey)
	if err != nil {
		return nil, err
	}
	return &Client{engine: engine, model: cfg.Model, stall: cfg.Stall}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.engine.Close() }

// Synthesize implements Synthesizer.
func (c *Client) Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error {
	r, err := r.Validate()
	if err != nil {
		return err
	}
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() {
		cancel(hotline.Errorf("ask the speech engine", hotline.CodeTimeout, "nothing came for %v", c.stall))
	})
	defer watch.Stop()

	response, err := c.post(within, r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
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
			return speechhttp.Failed(within, err)
		}
	}
}

func (c *Client) post(ctx context.Context, r Request) (*http.Response, error) {
	fields := map[string]any{"model": c.model, "input": r.Text, "voice": r.Voice, "speed": r.Speed, "response_format": "pcm"}
	if r.Background { // our own extension, sent only by what is rendered ahead
		fields["background"] = true
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return c.engine.Post(ctx, "/audio/speech", "application/json", bytes.NewReader(body))
}
