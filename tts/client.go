package tts

import (
	"context"
	"errors"
	"net/http"
	"time"
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
// cannot be reached, CodeTimeout when it stalls, CodeOverload when it is full.
type Client struct {
	http *http.Client
}

// NewClient returns a client; it does not connect yet.
func NewClient(cfg ClientConfig) (*Client, error) { return nil, errors.New("not built") }

// Synthesize implements Synthesizer.
func (c *Client) Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error {
	return errors.New("not built")
}

// Close drops idle connections.
func (c *Client) Close() {}
