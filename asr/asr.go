// Package asr recognises speech: the request and result every engine shares, the client of the
// OpenAI-compatible speech API, and the guards that keep an engine's inventions out of the dialog.
package asr

import (
	"context"
	"time"
)

// SampleRate is the rate of all PCM given to a recogniser, in Hz, mono.
const SampleRate = 16000

// Request is one utterance to recognise.
type Request struct {
	PCM      []int16 // mono, SampleRate Hz; at most MaxAudio
	Language string  // ISO 639-1; "" means the engine's default (zh)
	// Hotwords are words the dialog expects in this state; engines bias towards them.
	Hotwords []string
	// Speculative marks a decode that may be thrown away: it yields to final ones and uses
	// fewer threads.
	Speculative bool
}

// Token is one token of the result with its probability, 0…1.
type Token struct {
	Text string  `json:"text"`
	Prob float64 `json:"prob"`
}

// Result is what an engine heard.
type Result struct {
	// Text is what was said, always in simplified script, valid UTF-8; "" when a guard dropped it.
	Text string `json:"text"`
	// Raw is the engine's own text before folding and guards.
	Raw string `json:"raw,omitempty"`
	// Tokens carry per-token probabilities where the engine gives them.
	Tokens []Token `json:"tokens,omitempty"`
	// LogProb is the mean token log-probability (0 is certain; whisper speech is above about -1.1).
	LogProb float64 `json:"log_prob"`
	// NoSpeech is the engine's probability that nobody spoke, 0…1.
	NoSpeech float64 `json:"no_speech"`
	// Confidence is 0…1, comparable between engines.
	Confidence float64 `json:"confidence"`
	// Rejected names the guard that dropped or repaired the text, one of the Rejected constants;
	// "" when none tripped.
	Rejected string `json:"rejected,omitempty"`
	// Retried tells that a guard asked for a second decode at full context.
	Retried bool `json:"retried,omitempty"`
	// Audio is the length of the utterance; Queued and Elapsed are waiting and decoding time.
	Audio   time.Duration `json:"audio_ns"`
	Queued  time.Duration `json:"queued_ns"`
	Elapsed time.Duration `json:"elapsed_ns"`
}

// Recognizer turns an utterance into text. It is safe for concurrent use; cancelling ctx stops the
// decode and frees its worker.
type Recognizer interface {
	Recognize(ctx context.Context, r Request) (Result, error)
}
