package main

import (
	"errors"
	"flag"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/packs"
)

// asProgram makes the test binary behave as the program, for the gateway and its speech process.
const asProgram = "HOTLINE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	// The former is for all that is started from here. Who speaks with a gateway mostly waits, so two of them can run beside
	// one another; more would starve the speech engines of a small machine.
	if err := errors.Join(os.Setenv(asProgram, "1"), flag.Set("test.parallel", "2")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// city is the shipped pack, read once: that takes seconds with the race detector.
var city = sync.OnceValues(func() (*pack.Pack, error) { return packs.Open("") })

// rehearsed is what a gateway says in the calls of testCall.
var rehearsed = sync.OnceValues(func() ([]string, error) {
	p, err := city()
	if err != nil {
		return nil, err
	}
	list, err := rehearse(p, "老年人坐公交免费吗？", "没有了，谢谢。")
	for _, phrase := range []string{"handover", "lost", "missed"} {
		list = append(list, p.Set.House.Phrases[phrase].Voice...)
	}
	return list, err
})

// testRig starts a gateway that says nothing which is not rendered yet: what the configuration names, and all of rehearsed.
// It is closed with the test.
func testRig(t *testing.T, cfg rigConfig) *rig {
	t.Helper()
	needModels(t, "whisper-base", "kokoro", "zf_xiaobei", "silero-vad")
	cache, err := promptCache()
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := rehearsed()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Cache, cfg.Prompts = cache, slices.Concat(ahead, cfg.Prompts)
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	r, err := startRig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil && !errors.Is(err, errKilled) || t.Failed() {
			t.Logf("gateway: %v\n%s", err, r.log.String())
		}
	})
	if err := r.awaitPrompts(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// errKilled marks a gateway that the test has killed itself.
var errKilled = errors.New("killed")
