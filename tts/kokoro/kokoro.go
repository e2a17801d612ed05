// Package kokoro speaks Mandarin with the Kokoro-82M model (Apache-2.0) through the onnxruntime
// shared library. Text is spoken clause by clause, the first one short, so that sound is ready early.
package kokoro

import (
	"context"
	"errors"

	"github.com/hotline-cc/hotline/tts"
)

// DefaultVoice is the female voice used when a request names none. DefaultMaleVoice is the male
// voice that was understood best.
const (
	DefaultVoice     = "zf_xiaobei"
	DefaultMaleVoice = "zm_yunjian"
)

// Config describes an engine.
type Config struct {
	Model     string // path of the ONNX model
	VoicesDir string // folder of voice tables, <voice>.bin
	Library   string // path of the onnxruntime shared library; "" searches LibraryPath's places
	Threads   int    // threads of one synthesis, 1…16; 0 means 1
	// Gate, when not nil, is asked before each clause is synthesised and released after it, so that
	// synthesis shares the processor with recognition. nil lets one clause run at a time.
	Gate func(ctx context.Context) (release func(), err error)
}

// Engine is a loaded model with its voices. It implements tts.Synthesizer.
type Engine struct{}

// Open loads the library, the model and the voices and tries a short synthesis.
func Open(cfg Config) (*Engine, error) { return nil, errors.New("not built") }

// Synthesize implements tts.Synthesizer.
func (e *Engine) Synthesize(ctx context.Context, r tts.Request, emit func(pcm []int16) error) error {
	return errors.New("not built")
}

// Voices lists the voices that are fit for callers, sorted. Others in the folder work by name.
func (e *Engine) Voices() []string { return nil }

// Close frees the model. No Synthesize may be running.
func (e *Engine) Close() error { return nil }
