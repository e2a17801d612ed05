package tts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeEngine speaks each text as two pieces of distinct samples. When gate is not nil it waits for a
// value between the pieces; err, when set, is returned instead of the second piece.
type fakeEngine struct {
	calls atomic.Int32
	gate  chan struct{}
	err   error
}

const fakeSamples = 1000

func (e *fakeEngine) Synthesize(ctx context.Context, r Request, emit func([]int16) error) error {
	e.calls.Add(1)
	pcm := speech(r.Text)
	if err := emit(pcm[:400]); err != nil {
		return err
	}
	if e.gate != nil {
		select {
		case <-e.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if e.err != nil {
		return e.err
	}
	return emit(pcm[400:])
}

// speech is what fakeEngine says.
func speech(text string) []int16 {
	pcm := make([]int16, fakeSamples)
	for i := range pcm {
		pcm[i] = int16(i) + int16(text[0])<<8
	}
	return pcm
}

func newTestCache(t *testing.T, engine Synthesizer, cfg CacheConfig) *Cache {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	c, err := NewCache(engine, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// hear speaks r and returns what was emitted.
func hear(ctx context.Context, c *Cache, r Request) (pcm []int16, from Source, err error) {
	from, err = c.Speak(ctx, r, func(piece []int16) error {
		pcm = append(pcm, piece...)
		return nil
	})
	return pcm, from, err
}

func mustHear(t *testing.T, c *Cache, r Request, want Source) {
	t.Helper()
	pcm, from, err := hear(t.Context(), c, r)
	if err != nil {
		t.Fatal(err)
	}
	if from != want {
		t.Errorf("%q came from %s, want %s", r.Text, from, want)
	}
	if diff := cmp.Diff(speech(r.Text), pcm); diff != "" {
		t.Errorf("sound of %q (-want +got):\n%s", r.Text, diff)
	}
}

func TestPromptIsLiveOnceThenCachedAlsoAfterRestart(t *testing.T) {
	dir, engine := t.TempDir(), &fakeEngine{}
	c := newTestCache(t, engine, CacheConfig{Dir: dir})
	r := Request{Text: "您好"}
	mustHear(t, c, r, SourceLive)
	mustHear(t, c, r, SourceCache)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, link} {
		mustHear(t, newTestCache(t, nil, CacheConfig{Dir: dir}), r, SourceCache)
	}
	if want := (CacheStats{Hits: 1, Misses: 1}); c.Stats() != want {
		t.Errorf("stats %+v, want %+v", c.Stats(), want)
	}
}

func TestWhatShapesTheSoundTellsPromptsApart(t *testing.T) {
	same := Request{Text: "请稍等 一下", Voice: "a", Speed: 1}
	for name, tc := range map[string]struct {
		engine string
		r      Request
		hit    bool
	}{
		"same":                {"e", same, true},
		"white space":         {"e", Request{Text: " 请稍等\n一下", Voice: "a", Speed: 1}, true},
		"speed left to 1":     {"e", Request{Text: same.Text, Voice: "a"}, true},
		"other text":          {"e", Request{Text: "请稍等二下", Voice: "a", Speed: 1}, false},
		"other voice":         {"e", Request{Text: same.Text, Voice: "b", Speed: 1}, false},
		"other speed":         {"e", Request{Text: same.Text, Voice: "a", Speed: 1.1}, false},
		"other engine":        {"f", same, false},
		"parts not run along": {"ea", Request{Text: same.Text, Voice: "", Speed: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := newTestCache(t, nil, CacheConfig{Dir: dir, Engine: "e"}).Put(same, speech(same.Text)); err != nil {
				t.Fatal(err)
			}
			_, hit := newTestCache(t, nil, CacheConfig{Dir: dir, Engine: tc.engine}).Lookup(tc.r)
			if hit != tc.hit {
				t.Errorf("hit %v, want %v", hit, tc.hit)
			}
		})
	}
}

func TestCorruptFileIsRenderedAnew(t *testing.T) {
	r := Request{Text: "您好"}
	for name, damage := range map[string]func([]byte) []byte{
		"bit flipped":     func(b []byte) []byte { b[len(b)-7] ^= 4; return b },
		"cut off":         func(b []byte) []byte { return b[:len(b)-2] },
		"only a header":   func(b []byte) []byte { return b[:entryHeader] },
		"empty":           func([]byte) []byte { return nil },
		"other magic":     func(b []byte) []byte { b[0] = 'X'; return b },
		"other rate":      func(b []byte) []byte { b[4]++; return b },
		"of another text": func(b []byte) []byte { return encodeEntry(key{1}, speech("x")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, engine := t.TempDir(), &fakeEngine{}
			mustHear(t, newTestCache(t, engine, CacheConfig{Dir: dir}), r, SourceLive)
			files, err := filepath.Glob(filepath.Join(dir, "*", "*"+entrySuffix))
			if err != nil || len(files) != 1 {
				t.Fatalf("files %v, error %v", files, err)
			}
			raw, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], damage(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			c := newTestCache(t, engine, CacheConfig{Dir: dir})
			mustHear(t, c, r, SourceLive)
			mustHear(t, newTestCache(t, nil, CacheConfig{Dir: dir}), r, SourceCache)
		})
	}
}

func TestPinnedPromptsOutliveTheEngineAndTheBounds(t *testing.T) {
	dir, engine := t.TempDir(), &fakeEngine{}
	c := newTestCache(t, engine, CacheConfig{Dir: dir, DiskBytes: 1 << 20, MemoryBytes: 1})
	pinned := []Request{{Text: "a 系统繁忙"}, {Text: "b 请稍后再拨"}}
	if err := c.Pin(t.Context(), pinned); err != nil {
		t.Fatal(err)
	}
	fill(t, c, 3<<20)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	engine.err = hotline.Errorf("synthesise", hotline.CodeUnavailable, "down")
	for _, r := range pinned {
		mustHear(t, c, r, SourceCache)
	}
}

// fill puts prompts of 64 KiB until bytes have been written.
func fill(t *testing.T, c *Cache, bytes int) {
	t.Helper()
	for i := range bytes / (64 << 10) {
		if err := c.Put(Request{Text: "filler " + string(rune('a'+i))}, make([]int16, 32<<10)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDiskBoundDropsTheLongestUnused(t *testing.T) {
	dir := t.TempDir()
	c := newTestCache(t, nil, CacheConfig{Dir: dir, DiskBytes: 1 << 20, MemoryBytes: 1})
	fill(t, c, 1<<20-64<<10)
	if _, ok := c.Lookup(Request{Text: "filler a"}); !ok {
		t.Fatal("the first prompt is gone before the bound is reached")
	}
	for i := range 4 {
		if err := c.Put(Request{Text: "late " + string(rune('a'+i))}, make([]int16, 32<<10)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for _, text := range []string{"filler a", "filler b", "late d"} {
		_, got[text] = c.Lookup(Request{Text: text})
	}
	want := map[string]bool{"filler a": true, "filler b": false, "late d": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	size := int64(0)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > 1<<20 {
		t.Errorf("%d bytes on disk", size)
	}
}

func TestMemoryKeepsTheLastUsedWithinItsBound(t *testing.T) {
	m := newMemory(2 * 2 * fakeSamples)
	a, b, c := key{1}, key{2}, key{3}
	for _, k := range []key{a, b} {
		m.put(k, make([]int16, fakeSamples))
	}
	m.get(a)
	m.put(c, make([]int16, fakeSamples))
	for k, want := range map[key]bool{a: true, b: false, c: true} {
		if _, got := m.get(k); got != want {
			t.Errorf("prompt %d in memory: %v, want %v", k[0], got, want)
		}
	}
	if m.size > m.limit {
		t.Errorf("%d bytes, limit %d", m.size, m.limit)
	}
}

func TestSamePromptAtTheSameTimeIsSynthesisedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &fakeEngine{gate: make(chan struct{})}
		c := newTestCache(t, engine, CacheConfig{})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { mustHear(t, c, Request{Text: "您好"}, SourceLive) })
		}
		synctest.Wait()
		close(engine.gate)
		wg.Wait()
		if n := engine.calls.Load(); n != 1 {
			t.Errorf("%d syntheses, want 1", n)
		}
	})
}

func TestSynthesisStopsWhenTheLastListenerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &fakeEngine{gate: make(chan struct{})}
		c := newTestCache(t, engine, CacheConfig{})
		r := Request{Text: "您好"}
		leaving, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := hear(leaving, c, r); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left got %v", err)
			}
		})
		synctest.Wait()
		staying, giveUp := context.WithCancel(t.Context())
		wg.Go(func() {
			if _, _, err := hear(staying, c, r); !errors.Is(err, context.Canceled) {
				t.Errorf("the last one got %v", err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		if len(c.flights) != 1 {
			t.Error("the synthesis ended although someone listened")
		}
		giveUp()
		wg.Wait()
		synctest.Wait()
		if len(c.flights) != 0 {
			t.Error("the synthesis goes on although nobody listens")
		}
		if _, ok := c.Lookup(r); ok {
			t.Error("half a prompt was cached")
		}
		close(engine.gate)
		mustHear(t, c, r, SourceLive)
	})
}

func TestFailureKeepsItsCodeAndIsNotCached(t *testing.T) {
	engine := &fakeEngine{err: hotline.Errorf("synthesise", hotline.CodeOverload, "full")}
	c := newTestCache(t, engine, CacheConfig{})
	r := Request{Text: "您好"}
	if _, _, err := hear(t.Context(), c, r); hotline.CodeOf(err) != hotline.CodeOverload {
		t.Errorf("error %v, want code %s", err, hotline.CodeOverload)
	}
	engine.err = nil
	mustHear(t, c, r, SourceLive)
	if got := c.Stats().Failures; got != 1 {
		t.Errorf("%d failures, want 1", got)
	}
}

func TestNothingCachedAndNoEngine(t *testing.T) {
	c := newTestCache(t, nil, CacheConfig{})
	if _, _, err := hear(t.Context(), c, Request{Text: "您好"}); hotline.CodeOf(err) != hotline.CodeUnavailable {
		t.Errorf("error %v, want code %s", err, hotline.CodeUnavailable)
	}
}

func TestPrerenderGoesOnAfterAFailure(t *testing.T) {
	c := newTestCache(t, &fakeEngine{}, CacheConfig{})
	var seen []int
	err := c.Prerender(t.Context(), []Request{{Text: "一"}, {Text: "二", Speed: 9}, {Text: "三"}},
		func(done, total int, err error) {
			if total != 3 || (err != nil) != (done == 2) {
				t.Errorf("progress %d of %d: %v", done, total, err)
			}
			seen = append(seen, done)
		})
	if hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("error %v, want code %s", err, hotline.CodeInvalid)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, seen); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	mustHear(t, c, Request{Text: "三"}, SourceCache)
}

func FuzzDecodeEntry(f *testing.F) {
	k := key{1, 2, 3}
	f.Add(encodeEntry(k, speech("x")))
	f.Add([]byte(entryMagic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		pcm, err := decodeEntry(k, raw)
		if err != nil {
			if !errors.Is(err, errCorrupt) {
				t.Fatalf("error %v is not errCorrupt", err)
			}
			return
		}
		if diff := cmp.Diff(raw, encodeEntry(k, pcm)); diff != "" {
			t.Fatalf("accepted bytes are not what is written (-read +written):\n%s", diff)
		}
	})
}
