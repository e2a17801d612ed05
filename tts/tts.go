// Package tts speaks: the request every synthesiser shares, the client of the OpenAI-compatible
// speech API, and the cache of rendered prompts.
package tts

import "context"

// SampleRate is the rate of all PCM a synthesiser gives, in Hz, mono (Kokoro's own rate).
const SampleRate = 24000

// Request is one text to speak.
type Request struct {
	Text  string
	Voice string  // engine's name of the voice; "" means its default
	Speed float64 // 1 is the voice's own speed; 0 means 1; within 0.5…2
}

// Synthesizer speaks text. It calls emit with successive pieces of PCM (mono, SampleRate Hz, valid
// until emit returns) as soon as each is ready, the first after about one clause. An error from
// emit or a cancelled ctx stops the synthesis. It is safe for concurrent use.
type Synthesizer interface {
	Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error
}
