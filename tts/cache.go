package tts

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotline-cc/hotline"
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
	// Dir holds the rendered prompts; it is made when missing. One process uses it at a time.
	Dir string
	// Engine names everything besides the request that shapes the sound: engine, its version and
	// its model's checksum. Prompts rendered under another name are not used.
	Engine string
	// Normalise brings texts that sound the same to one form; nil collapses white space.
	Normalise   func(text string) string
	DiskBytes   int64        // bound of Dir; 0 means 1 GiB; at least 1 MiB
	MemoryBytes int64        // bound of PCM in memory, pinned prompts not counted; 0 means 64 MiB
	Logger      *slog.Logger // nil discards
}

// Cache keeps rendered prompts on disk and in memory in front of another Synthesizer.
// Requests for the same prompt at the same time share one synthesis, which is stopped when the last
// of them is cancelled. It is safe for concurrent use.
type Cache struct {
	engine    Synthesizer // nil when there is none
	name      string
	normalise func(string) string
	log       *slog.Logger
	memory    *memory
	shelf     *shelf

	hits, misses, failures atomic.Uint64

	mu      sync.Mutex
	flights map[key]*flight
	closed  bool
	running sync.WaitGroup
}

// NewCache returns a cache over engine, which may be nil: then only what is cached can be spoken.
func NewCache(engine Synthesizer, cfg CacheConfig) (*Cache, error) {
	const op = "make prompt cache"
	if cfg.Dir == "" {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "dir is empty")
	}
	if cfg.DiskBytes == 0 {
		cfg.DiskBytes = 1 << 30
	}
	if cfg.DiskBytes < 1<<20 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "disk bytes %d below 1 MiB", cfg.DiskBytes)
	}
	if cfg.MemoryBytes == 0 {
		cfg.MemoryBytes = 64 << 20
	}
	if cfg.MemoryBytes < 0 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "memory bytes %d below 0", cfg.MemoryBytes)
	}
	if cfg.Normalise == nil {
		cfg.Normalise = func(text string) string { return strings.Join(strings.Fields(text), " ") }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	shelf, err := openShelf(cfg.Dir, cfg.DiskBytes)
	if err != nil {
		return nil, err
	}
	return &Cache{
		engine:    engine,
		name:      cfg.Engine,
		normalise: cfg.Normalise,
		log:       cfg.Logger,
		memory:    newMemory(cfg.MemoryBytes),
		shelf:     shelf,
		flights:   map[key]*flight{},
	}, nil
}

// Speak calls emit with the prompt's PCM like Synthesizer and tells where it came from. When the
// text is not cached and the engine fails, the error carries the engine's code
// (hotline.CodeUnavailable when there is none), and pieces may already have been emitted.
func (c *Cache) Speak(ctx context.Context, r Request, emit func(pcm []int16) error) (Source, error) {
	r, k, err := c.key(r)
	if err != nil {
		return "", err
	}
	if pcm, ok := c.lookup(k); ok {
		c.hits.Add(1)
		return SourceCache, emitPieces(ctx, pcm, emit)
	}
	c.misses.Add(1)
	f, err := c.join(k, r)
	if err != nil {
		return "", err
	}
	defer c.leave(k, f)
	return SourceLive, f.follow(ctx, emit)
}

// Synthesize implements Synthesizer.
func (c *Cache) Synthesize(ctx context.Context, r Request, emit func(pcm []int16) error) error {
	_, err := c.Speak(ctx, r, emit)
	return err
}

// Lookup returns the whole prompt if it is cached. The PCM is shared: read it only.
func (c *Cache) Lookup(r Request) ([]int16, bool) {
	_, k, err := c.key(r)
	if err != nil {
		return nil, false
	}
	return c.lookup(k)
}

// Put stores PCM (mono, SampleRate Hz, not changed afterwards) as the rendering of r, for prompts
// that come as files.
func (c *Cache) Put(r Request, pcm []int16) error {
	_, k, err := c.key(r)
	if err != nil {
		return err
	}
	if len(pcm) == 0 || len(pcm) > maxEntrySamples {
		return hotline.Errorf("store prompt", hotline.CodeInvalid, "%d samples outside 1…%d", len(pcm), maxEntrySamples)
	}
	return c.keep(k, pcm)
}

// Pin renders prompts that are not cached yet and keeps all of them in memory and on disk for as
// long as the cache lives, so that they can be spoken when the engine is down. It goes on after a
// failure and returns the joined errors; a prompt that failed is pinned once it has been rendered.
func (c *Cache) Pin(ctx context.Context, prompts []Request) error {
	for _, r := range prompts {
		_, k, err := c.key(r)
		if err != nil {
			return err
		}
		c.memory.pin(k)
		c.shelf.pin(k)
	}
	return c.Prerender(ctx, prompts, nil)
}

// Prerender renders prompts that are not cached yet, one after another. progress, when not nil, is
// called after each with the count so far and what went wrong with it, if anything. It goes on
// after a failure and returns the joined errors.
func (c *Cache) Prerender(ctx context.Context, prompts []Request, progress func(done, total int, err error)) error {
	var failed []error
	for i, r := range prompts {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(failed, err)...)
		}
		r.Background = true
		_, err := c.Speak(ctx, r, func([]int16) error { return nil })
		if err != nil {
			failed = append(failed, err)
		}
		if progress != nil {
			progress(i+1, len(prompts), err)
		}
	}
	return errors.Join(failed...)
}

// CacheStats counts what a cache has done since it was made.
type CacheStats struct {
	Hits     uint64 // spoken from memory or disk
	Misses   uint64 // asked of the engine
	Failures uint64 // syntheses that failed, cancelled ones not counted
}

// Stats may be called at any time.
func (c *Cache) Stats() CacheStats {
	return CacheStats{Hits: c.hits.Load(), Misses: c.misses.Load(), Failures: c.failures.Load()}
}

// Close stops running syntheses and waits for them. The files stay.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	for _, f := range c.flights {
		f.cancel()
	}
	c.mu.Unlock()
	c.running.Wait()
	return nil
}

func (c *Cache) key(r Request) (Request, key, error) {
	r, err := r.Validate()
	if err != nil {
		return r, key{}, err
	}
	return r, newKey(c.name, r, c.normalise(r.Text)), nil
}

func (c *Cache) lookup(k key) ([]int16, bool) {
	if pcm, ok := c.memory.get(k); ok {
		return pcm, true
	}
	pcm, ok, err := c.shelf.load(k)
	if err != nil {
		c.log.Warn("prompt dropped from the cache", "error", err)
	}
	if ok {
		c.memory.put(k, pcm)
	}
	return pcm, ok
}

func (c *Cache) keep(k key, pcm []int16) error {
	c.memory.put(k, pcm)
	return c.shelf.save(k, pcm)
}

// join returns the running synthesis of a prompt and starts it when there is none.
func (c *Cache) join(k key, r Request) (*flight, error) {
	const op = "speak"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil || c.closed {
		return nil, hotline.Errorf(op, hotline.CodeUnavailable, "not cached, and there is no speech engine")
	}
	f, ok := c.flights[k]
	if !ok {
		ctx, cancel := context.WithCancel(context.Background())
		f = newFlight(cancel)
		c.flights[k] = f
		c.running.Go(func() { c.render(ctx, k, r, f) })
	}
	f.listeners++
	return f, nil
}

// leave stops a synthesis that nobody listens to any more.
func (c *Cache) leave(k key, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.listeners--
	if f.listeners > 0 {
		return
	}
	f.cancel()
	c.land(k, f)
}

// land forgets a synthesis, so that the next request starts another. c.mu is held.
func (c *Cache) land(k key, f *flight) {
	if c.flights[k] == f {
		delete(c.flights, k)
	}
}

func (c *Cache) render(ctx context.Context, k key, r Request, f *flight) {
	err := c.engine.Synthesize(ctx, r, func(pcm []int16) error {
		f.append(pcm)
		return ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		c.failures.Add(1)
	}
	if n := len(f.pcm); err == nil && n > 0 && n <= maxEntrySamples {
		if err := c.keep(k, f.pcm); err != nil {
			c.log.Warn("prompt not kept on disk", "error", err)
		}
	}
	c.mu.Lock()
	c.land(k, f)
	c.mu.Unlock()
	f.end(err)
	f.cancel()
}
