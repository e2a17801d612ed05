// Package whisper recognises speech with OpenAI's Whisper models through whisper.cpp, in this
// process: one copy of the weights, one state for each worker, decodes sized to the utterance and
// stopped the moment nobody wants them any more.
package whisper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
)

const maxWorkers = 8 // whisper.cpp has crashed with more states on one context

// Config describes an engine.
type Config struct {
	Model    string // path of a ggml model: any size, quantised or not, fine-tuned or not
	Language string // of requests that name none, ISO 639-1 or "auto"; "" means zh
	Workers  int    // utterances decoded at once, 1…8; 0 means 1
	// Threads of one final decode, 1…16; 0 means 1. Speculative decodes use one. It counts only
	// when Cores is nil.
	Threads int
	// Cores, when not nil, is asked before each decode how many threads it may use, and released
	// after it, so that recognition shares the processor with synthesis and with itself.
	Cores func(ctx context.Context, speculative bool) (threads int, release func(), err error)
	// MaxWaiting is how many utterances may wait for a worker, 1…1000; 0 means 16.
	MaxWaiting int
	// RetryWithin is the most that another decode, in a larger context after a guard has tripped,
	// may be expected to take; negative means no other decode, 0 means 3 s.
	RetryWithin time.Duration
}

func (c Config) withDefaults() (Config, error) {
	if c.Language == "" {
		c.Language = "zh"
	}
	if c.RetryWithin == 0 {
		c.RetryWithin = 3 * time.Second
	}
	for _, f := range []struct {
		name            string
		value           *int
		instead, lo, hi int
	}{
		{"workers", &c.Workers, 1, 1, maxWorkers},
		{"threads", &c.Threads, 1, 1, 16},
		{"waiting utterances", &c.MaxWaiting, 16, 1, 1000},
	} {
		if *f.value == 0 {
			*f.value = f.instead
		}
		if *f.value < f.lo || *f.value > f.hi {
			return c, hotline.Errorf("open whisper", hotline.CodeInvalid, "%s %d outside %d…%d", f.name, *f.value, f.lo, f.hi)
		}
	}
	return c, nil
}

// Engine is a loaded model. It implements asr.Recognizer.
type Engine struct {
	cfg      Config
	model    model
	slots    *slots
	settings settings
	close    sync.Once
}

// Open loads a model. A missing file is an error with hotline.CodeModelMissing.
func Open(cfg Config) (*Engine, error) {
	const op = "open whisper"
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := readable(cfg.Model); err != nil {
		return nil, err
	}
	m, err := loadModel(cfg.Model)
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", cfg.Model, err)
	}
	if !m.multilingual() {
		cfg.Language = "en"
	}
	if !m.knows(cfg.Language) {
		m.free()
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "the model does not know the language %q", cfg.Language)
	}
	e := &Engine{cfg: cfg, model: m, settings: liveSettings}
	var states []*state
	for range cfg.Workers {
		s, err := m.newState()
		if err != nil {
			for _, s := range states {
				s.free()
			}
			m.free()
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
		}
		states = append(states, s)
	}
	e.slots = newSlots(states, cfg.MaxWaiting)
	return e, nil
}

func readable(path string) error {
	const op = "open whisper"
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return hotline.Errorf(op, hotline.CodeModelMissing,
			`语音识别模型尚未安装，请运行 hotline models pull (%q is not there: run "hotline models pull")`, path)
	}
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	return f.Close()
}

// Close waits for running decodes and frees the model. Waiting utterances are refused.
func (e *Engine) Close() error {
	e.close.Do(func() {
		for _, s := range e.slots.close() {
			s.free()
		}
		e.model.free()
	})
	return nil
}

// Recognize implements asr.Recognizer. Hotwords are favoured wherever the model has begun one.
func (e *Engine) Recognize(ctx context.Context, r asr.Request) (asr.Result, error) {
	const op = "recognise speech"
	audio := time.Duration(len(r.PCM)) * time.Second / asr.SampleRate
	if audio > asr.MaxAudio {
		return asr.Result{}, hotline.Errorf(op, hotline.CodeTooLarge, "%v of audio; at most %v", audio, asr.MaxAudio)
	}
	if len(r.PCM) == 0 {
		return asr.Result{Rejected: asr.RejectedEmpty}, nil
	}
	if r.Language == "" || !e.model.multilingual() {
		r.Language = e.cfg.Language
	}
	if !e.model.knows(r.Language) {
		return asr.Result{}, hotline.Errorf(op, hotline.CodeInvalid, "the model does not know the language %q", r.Language)
	}
	came := time.Now()
	s, err := e.slots.take(ctx, r.Speculative)
	if err != nil {
		return asr.Result{}, err
	}
	defer e.slots.give(s)
	threads, release, err := e.cores(ctx, r.Speculative)
	if err != nil {
		return asr.Result{}, fmt.Errorf("wait for a processor core: %w", err)
	}
	defer release()

	started := time.Now()
	result, err := e.guarded(ctx, s, r, threads)
	if err != nil {
		return asr.Result{}, err
	}
	result.Audio = audio
	result.Queued = started.Sub(came)
	result.Elapsed = time.Since(started)
	return result, nil
}

func (e *Engine) cores(ctx context.Context, speculative bool) (int, func(), error) {
	if e.cfg.Cores != nil {
		return e.cfg.Cores(ctx, speculative)
	}
	threads := e.cfg.Threads
	if speculative {
		threads = 1
	}
	return threads, func() {}, nil
}
