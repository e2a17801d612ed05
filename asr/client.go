package asr

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/speechhttp"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// ClientConfig says where a speech engine listens.
type ClientConfig struct {
	// URL is the base of an OpenAI-compatible API: "unix:/path/to/socket" for the local speech
	// process, or "https://host/v1".
	URL    string
	APIKey string // sent as a bearer token when not empty
	Model  string // name of the engine's model; "" means its default
	// Timeout bounds one recognition with its wait in the engine's queue; 0 means 15 s; within
	// 100 ms…5 min.
	Timeout time.Duration
}

// Client asks a speech engine over the OpenAI audio API (POST /v1/audio/transcriptions). It
// implements Recognizer. The local speech process answers with a whole Result; any other engine's
// answer is folded and guarded here. Errors are *hotline.Error: CodeUnavailable when the engine
// cannot be reached or answers nonsense, CodeTimeout, CodeOverload when it is full, CodeModelMissing.
type Client struct {
	engine  *speechhttp.Engine
	model   string
	timeout time.Duration
}

// NewClient returns a client; it does not connect yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	const op = "make speech client"
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Timeout < 100*time.Millisecond || cfg.Timeout > 5*time.Minute {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "timeout %v outside 100ms…5m", cfg.Timeout)
	}
	engine, err := speechhttp.New(cfg.URL, cfg.APIKey)
	if err != nil {
		return nil, err
	}
	return &Client{engine: engine, model: cfg.Model, timeout: cfg.Timeout}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.engine.Close() }

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// Recognize implements Recognizer.
func (c *Client) Recognize(ctx context.Context, r Request) (Result, error) {
	const op = "ask the speech engine"
	audio := duration(r.PCM)
	if audio > MaxAudio {
		return Result{}, hotline.Errorf(op, hotline.CodeTooLarge, "%v of audio; at most %v", audio, MaxAudio)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout,
		hotline.Errorf(op, hotline.CodeTimeout, "no transcript within %v", c.timeout))
	defer cancel()

	contentType, body, err := c.form(r)
	if err != nil {
		return Result{}, fmt.Errorf("encode request: %w", err)
	}
	asked := time.Now()
	response, err := c.engine.Post(ctx, "/audio/transcriptions", contentType, body)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Result{}, speechhttp.Failed(ctx, err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return Result{}, hotline.Errorf(op, hotline.CodeUnavailable, "the transcript is no JSON: %w", err)
	}
	if a.Hotline != nil {
		return *a.Hotline, nil
	}
	result := a.result(r)
	result.Audio = audio
	result.Elapsed = time.Since(asked)
	return result, nil
}

func duration(pcm []int16) time.Duration {
	return time.Duration(len(pcm)) * time.Second / SampleRate
}

// Prompt joins hotwords the way they travel in the form field "prompt".
func Prompt(hotwords []string) string { return strings.Join(hotwords, "、") }

// form returns the multipart body of a request.
func (c *Client) form(r Request) (contentType string, body *bytes.Reader, err error) {
	var b bytes.Buffer
	b.Grow(wav.HeaderSize + 2*len(r.PCM) + 2<<10)
	form := multipart.NewWriter(&b)
	file, err := form.CreateFormFile("file", "utterance.wav")
	if err != nil {
		return "", nil, err
	}
	if _, err := file.Write(wav.Append(nil, r.PCM, media.Mono(SampleRate))); err != nil {
		return "", nil, err
	}
	fields := [][2]string{
		{"model", c.model},
		{"language", r.Language},
		{"prompt", Prompt(r.Hotwords)},
		{"response_format", "verbose_json"},
		{"temperature", "0"},
	}
	if r.Speculative {
		fields = append(fields, [2]string{"speculative", "true"})
	}
	for _, f := range fields {
		if f[1] == "" {
			continue
		}
		if err := form.WriteField(f[0], f[1]); err != nil {
			return "", nil, err
		}
	}
	if err := form.Close(); err != nil {
		return "", nil, err
	}
	return form.FormDataContentType(), bytes.NewReader(b.Bytes()), nil
}

// answer is verbose_json of the OpenAI audio API, with the local speech process's own object.
type answer struct {
	Text     string `json:"text"`
	Segments []struct {
		Text       string   `json:"text"`
		AvgLogProb *float64 `json:"avg_logprob"`
		NoSpeech   float64  `json:"no_speech_prob"`
	} `json:"segments"`
	Hotline *Result `json:"hotline"`
}

// unstated is the confidence in a text whose engine gives no probabilities.
const unstated = 0.75

// result guards what a foreign engine answered.
func (a answer) result(r Request) Result {
	h := Heard{
		Text:     stripTags(a.Text),
		Audio:    duration(r.PCM),
		Language: r.Language,
		Prompt:   Prompt(r.Hotwords),
	}
	if h.Language == "" {
		h.Language = "zh"
	}
	weight := 0
	for _, s := range a.Segments {
		if s.AvgLogProb != nil {
			n := max(1, utf8.RuneCountInString(s.Text))
			h.LogProb += *s.AvgLogProb * float64(n)
			h.NoSpeech += s.NoSpeech * float64(n)
			weight += n
		}
	}
	if weight > 0 {
		h.LogProb /= float64(weight)
		h.NoSpeech /= float64(weight)
	}
	v := Guard(h)
	result := Result{
		Text: v.Text, Raw: a.Text, LogProb: h.LogProb, NoSpeech: h.NoSpeech,
		Confidence: Confidence(v, h.LogProb), Rejected: v.Rejected,
	}
	if weight == 0 {
		result.Confidence *= unstated
	}
	return result
}

// stripTags removes marks such as <|zh|><|NEUTRAL|> that SenseVoice writes into its text.
func stripTags(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "<|")
		if !ok {
			return text
		}
		_, after, ok := strings.Cut(rest, "|>")
		if !ok {
			return text
		}
		text = before + after
	}
}
