package tts

import (
	"context"
	"errors"
	"log/slog"
)

// Source tells where the sound of a prompt came from.
type Source string

// The sources of sound a Cache knows.
const (
	SourceCache Source = "cache" // rendered before
	SourceLive  Source = "live"  // synthesised for this request
)

// CacheConfig describes a prompt cache.
type CacheConfig struct {
	// Dir holds the rendered prompts; it is made when missing.
	Dir string
	// Engine names everything besides the request that shapes the sound: engine, its version and
	// its model's checksum. Prompts rendered under another name are not used.
	Engine string
	// Normalise brings texts that sound the same to one form; nil collapses white space.
	Normalise   func(text string) string
	DiskBytes   int64 // bound of Dir; 0 means 1 GiB; at least 1 MiB
	MemoryBytes int64 // bound of PCM kept in memory, pinned prompts not counted; 0 means 64 MiB
	Logger      *slog.Logger
}

// Cache keeps rendered prompts on disk and in memory in front of another Synthesizer.
// Requests for the same prompt at the same time share one synthesis. It is safe for concurrent use.
type Cache struct{}

// NewCache returns a cache over engine, which may be nil: then only what is cached can be spoken.
func NewCache(engine Synthesizer, cfg CacheConfig) (*Cache, error) {
	return nil, errors.New("not built")
}

// Speak calls emit with the prompt's PCM like Synthesizer and tells where it came from. When the
// text is not cached and the engine fails, the error carries the engine's code
// (hotline.CodeUnavailable when there is none), and pieces may already have been emitted.
func (c *Cache) Speak(ctx context.Context, r Request, emit func(pcm []int16) error) (Source, error) {
	return "", errors.New("not built")
}

// Synthesize implements Synthesizer.
func (c *Cache) Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error {
	_, err := c.Speak(ctx, r, emit)
	return err
}

// Lookup returns the whole prompt if it is cached. The PCM is shared: read it only.
func (c *Cache) Lookup(r Request) ([]int16, bool) { return nil, false }

// Put stores PCM (mono, SampleRate Hz) as the rendering of r, for prompts that come as files.
func (c *Cache) Put(r Request, pcm []int16) error { return errors.New("not built") }

// Pin renders prompts that are not cached yet and keeps all of them in memory and on disk for as
// long as the cache lives, so that they can be spoken when the engine is down. It goes on after a
// failure and returns the joined errors.
func (c *Cache) Pin(ctx context.Context, prompts []Request) error { return errors.New("not built") }

// Prerender renders prompts that are not cached yet, one after another. progress, when not nil, is
// called after each with the count so far and what went wrong with it, if anything.
func (c *Cache) Prerender(ctx context.Context, prompts []Request, progress func(done, total int, err error)) error {
	return errors.New("not built")
}

// Close stops running syntheses and waits for them. The files stay.
func (c *Cache) Close() error { return nil }
