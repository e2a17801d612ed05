// Package kokoro speaks Mandarin with the Kokoro-82M model (Apache-2.0) through the onnxruntime
// shared library. Text is spoken clause by clause, the first one short, so that sound is ready
// early; every clause is trimmed, brought to one loudness and followed by the pause its
// punctuation asks for.
package kokoro

import (
	"context"
	"fmt"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/tts"
)

// Version names what this package makes of the model's output. It belongs in the key of every
// prompt cache and changes whenever the same request sounds different.
const Version = "kokoro-2"

// fullStop is the model's number for ".", the shortest text there is.
const fullStop = 4

// Clause lengths in characters. The first is short because the caller waits for it; the longest
// have a natural melody.
const (
	firstClause = 6
	laterClause = 30
)

// Frontend turns text into what the model reads; *zh.Frontend is one for Mandarin.
type Frontend interface {
	// Clauses cuts text into pieces to be spoken one after another, the first of about first
	// characters and the others of at most about rest.
	Clauses(text string, first, rest int) []string
	// Phonemes returns the model's symbols for a clause.
	Phonemes(clause string) string
	// Tokens returns the model's numbers for its symbols, without padding.
	Tokens(phonemes string) ([]int64, error)
}

// Config describes an engine.
type Config struct {
	Text      Frontend
	Model     string // path of the ONNX model
	VoicesDir string // folder of voice tables, <voice>.bin
	Library   string // path of the onnxruntime shared library; "" means LibraryPath()
	Threads   int    // threads of one synthesis, 1…16; 0 means 1
	// Gate, when not nil, is asked before each clause is synthesised and released after it, so that
	// synthesis shares the processor with recognition. nil lets one clause run at a time.
	Gate func(ctx context.Context) (release func(), err error)
}

// Engine is a loaded model with its voices. It implements tts.Synthesizer.
type Engine struct {
	text   Frontend
	voices voices
	model  *model
	gate   func(ctx context.Context) (release func(), err error)
}

// Open loads the library, the model and the voices and tries a short synthesis. A missing file is
// an error with hotline.CodeModelMissing. The library stays loaded until the process ends and is
// the same for every Engine of a process.
func Open(cfg Config) (*Engine, error) {
	if cfg.Threads == 0 {
		cfg.Threads = 1
	}
	if cfg.Threads < 1 || cfg.Threads > 16 {
		return nil, hotline.Errorf("open kokoro", hotline.CodeInvalid, "threads %d outside 1…16", cfg.Threads)
	}
	if cfg.Text == nil {
		return nil, hotline.Errorf("open kokoro", hotline.CodeInvalid, "text front end is missing")
	}
	if cfg.Library == "" {
		cfg.Library = LibraryPath()
	}
	voices, err := loadVoices(cfg.VoicesDir)
	if err != nil {
		return nil, err
	}
	model, err := openModel(cfg.Library, cfg.Model, cfg.Threads, wantsSigned())
	if err != nil {
		return nil, err
	}
	e := &Engine{text: cfg.Text, voices: voices, model: model, gate: cfg.Gate}
	if e.gate == nil {
		e.gate = oneAtATime()
	}
	if _, err := model.run(context.Background(), []int64{fullStop}, voices[DefaultVoice].style(1), 1); err != nil {
		_ = model.close()
		return nil, fmt.Errorf("try the model %s: %w", cfg.Model, err)
	}
	return e, nil
}

// Voices lists the voices that are fit for callers, sorted. Others in the folder work by name.
func (e *Engine) Voices() []string { return e.voices.recommended() }

// Close frees the model. No Synthesize may be running.
func (e *Engine) Close() error { return e.model.close() }

// Synthesize implements tts.Synthesizer. Text without anything speakable gives no sound and no
// error. A cancelled ctx stops the model within a few milliseconds.
func (e *Engine) Synthesize(ctx context.Context, r tts.Request, emit func(pcm []int16) error) error {
	r, err := r.Validate()
	if err != nil {
		return err
	}
	voice, err := e.voices.named(r.Voice)
	if err != nil {
		return err
	}
	var s shaper
	first := firstClause
	if r.Background {
		first = laterClause
	}
	clauses := e.text.Clauses(r.Text, first, laterClause)
	for i, clause := range clauses {
		pcm, err := e.clause(ctx, clause, voice, float32(r.Speed))
		if err != nil {
			return fmt.Errorf("synthesise %q: %w", clause, err)
		}
		pause := pauseAfter(clause, r.Speed)
		if i == len(clauses)-1 {
			pause = 0
		}
		out := s.shape(pcm, pause)
		if len(out) == 0 {
			continue
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}

// clause returns the model's sound for a piece of text, nil when nothing in it is spoken.
func (e *Engine) clause(ctx context.Context, text string, v voice, speed float32) ([]float32, error) {
	phonemes := strings.TrimSpace(e.text.Phonemes(text))
	tokens, err := e.text.Tokens(phonemes)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, nil
	}
	release, err := e.gate(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return e.model.run(ctx, tokens, v.style(len(tokens)), speed)
}

// oneAtATime returns a gate with one place.
func oneAtATime() func(ctx context.Context) (func(), error) {
	place := make(chan struct{}, 1)
	leave := func() { <-place }
	return func(ctx context.Context) (func(), error) {
		select {
		case place <- struct{}{}:
			return leave, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
