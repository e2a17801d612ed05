// Package tts speaks: the request every synthesiser shares, the client of the OpenAI-compatible
// speech API, and the cache of rendered prompts.
package tts

import (
	"context"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
)

// SampleRate is the rate of all PCM a synthesiser gives, in Hz, mono (Kokoro's own rate).
const SampleRate = 24000

// MaxTextLength is the longest text a request may hold, in characters (the OpenAI API's limit).
const MaxTextLength = 4096

// Request is one text to speak.
type Request struct {
	Text  string
	Voice string  // engine's name of the voice; "" means its default
	Speed float64 // 1 is the voice's own speed; 0 means 1; within 0.5…2
	// Background marks what nobody waits for: it yields to everything else, and its clauses
	// are long from the first.
	Background bool
}

// Validate returns the request with its defaults filled in, or an error with hotline.CodeInvalid or
// hotline.CodeTooLarge that names the field.
func (r Request) Validate() (Request, error) {
	const op = "speak"
	if r.Speed == 0 {
		r.Speed = 1
	}
	if !(r.Speed >= 0.5 && r.Speed <= 2) {
		return r, hotline.Errorf(op, hotline.CodeInvalid, "speed %v outside 0.5…2", r.Speed)
	}
	if n := utf8.RuneCountInString(r.Text); n > MaxTextLength {
		return r, hotline.Errorf(op, hotline.CodeTooLarge, "text of %d characters, at most %d", n, MaxTextLength)
	}
	if !utf8.ValidString(r.Text) {
		return r, hotline.Errorf(op, hotline.CodeInvalid, "text is not valid UTF-8")
	}
	return r, nil
}

// Synthesizer speaks text. It calls emit with successive pieces of PCM (mono, SampleRate Hz, valid
// until emit returns) as soon as each is ready, the first after about one clause. An error from
// emit or a cancelled ctx stops the synthesis. It is safe for concurrent use.
type Synthesizer interface {
	Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error
}
