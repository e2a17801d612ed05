package kokoro

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/tts"
)

// symbols takes texts that are the model's symbols already; clauses end at ".".
type symbols struct{}

// nihao is 您好 and jiang 请讲 in the model's symbols.
const (
	nihao = "nin↗xau↓"
	jiang = "ʨʰiŋ↓ʨjaŋ↓"
)

func (symbols) Clauses(text string, _, _ int) []string { return strings.SplitAfter(text, ".") }

func (symbols) Phonemes(clause string) string { return clause }

func (symbols) Tokens(phonemes string) ([]int64, error) {
	numbers := map[rune]int64{
		'.': 4, ' ': 16, 'ʨ': 21 - 1, 'a': 43, 'i': 51, 'j': 52, 'n': 56, 'u': 63, 'x': 66,
		'ŋ': 112, 'ʰ': 162, '↓': 169, '↗': 171,
	}
	var tokens []int64
	for _, r := range phonemes {
		n, ok := numbers[r]
		if !ok {
			return nil, fmt.Errorf("no symbol %q", r)
		}
		tokens = append(tokens, n)
	}
	return tokens, nil
}

// installed returns the configuration of the models in the user's cache folder.
func installed() (Config, error) {
	cache, err := os.UserCacheDir()
	models := filepath.Join(cache, "hotline", "models")
	return Config{Text: symbols{}, Model: filepath.Join(models, "kokoro-v1.0.int8.onnx"), VoicesDir: filepath.Join(models, "voices")}, err
}

// engine opens the installed model once for all tests, for it takes a second.
var engine = sync.OnceValues(func() (*Engine, error) {
	cfg, err := installed()
	if err != nil {
		return nil, err
	}
	return Open(cfg)
})

func opened(t testing.TB) *Engine {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func say(t *testing.T, r tts.Request) (pcm []int16, pieces int) {
	t.Helper()
	err := opened(t).Synthesize(t.Context(), r, func(piece []int16) error {
		pcm = append(pcm, piece...)
		pieces++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pcm, pieces
}

func seconds(pcm []int16) float64 { return float64(len(pcm)) / tts.SampleRate }

func TestTextIsSpokenClauseByClauseWithoutLongSilence(t *testing.T) {
	pcm, pieces := say(t, tts.Request{Text: nihao + "." + jiang + "."})
	if pieces != 2 {
		t.Errorf("%d pieces, want 2", pieces)
	}
	if s := seconds(pcm); s < 0.8 || s > 3 {
		t.Errorf("four syllables take %.2f s", s)
	}
	longest, quiet := 0, 0
	for _, x := range pcm {
		if quiet++; x > 300 || x < -300 {
			quiet = 0
		}
		longest = max(longest, quiet)
	}
	if s := seconds(pcm[:longest]); s > 0.45 {
		t.Errorf("%.2f s of silence in a row", s)
	}
}

func TestVoicesDifferAndAreEquallyLoud(t *testing.T) {
	levels := map[string]float64{}
	sounds := map[string][]int16{}
	for _, voice := range []string{"", DefaultVoice, DefaultMaleVoice, unclear} {
		pcm, _ := say(t, tts.Request{Text: nihao + jiang, Voice: voice})
		sounds[voice] = pcm
		sum := 0.0
		for _, x := range pcm {
			sum += float64(x) * float64(x)
		}
		levels[voice] = 10 * math.Log10(sum/float64(len(pcm))/(1<<30))
	}
	if !slices.Equal(sounds[""], sounds[DefaultVoice]) {
		t.Error("no voice is not the default voice")
	}
	if slices.Equal(sounds[DefaultVoice], sounds[DefaultMaleVoice]) {
		t.Error("two voices sound the same")
	}
	if d := math.Abs(levels[DefaultVoice] - levels[DefaultMaleVoice]); d > 3 {
		t.Errorf("the voices are %.1f dB apart", d)
	}
	if slices.Contains(opened(t).Voices(), unclear) {
		t.Errorf("%s is offered", unclear)
	}
}

func TestSpeedShortensTheSpeech(t *testing.T) {
	slow, _ := say(t, tts.Request{Text: nihao + jiang, Speed: 0.8})
	fast, _ := say(t, tts.Request{Text: nihao + jiang, Speed: 1.6})
	if ratio := seconds(slow) / seconds(fast); ratio < 1.5 || ratio > 2.5 {
		t.Errorf("half the speed takes %.2f times as long", ratio)
	}
}

func TestNothingToSayIsSilence(t *testing.T) {
	if pcm, _ := say(t, tts.Request{}); len(pcm) != 0 {
		t.Errorf("%d samples", len(pcm))
	}
}

func TestRequestsThatCannotBeSpokenAreRefused(t *testing.T) {
	e := opened(t)
	for name, tc := range map[string]struct {
		r    tts.Request
		want hotline.Code
	}{
		"unknown voice":   {tts.Request{Text: nihao, Voice: "../zf_xiaobei"}, hotline.CodeInvalid},
		"speed":           {tts.Request{Text: nihao, Speed: 3}, hotline.CodeInvalid},
		"too many tokens": {tts.Request{Text: strings.Repeat(nihao, 80)}, hotline.CodeTooLarge},
	} {
		err := e.Synthesize(t.Context(), tc.r, func([]int16) error { t.Errorf("%s: sound", name); return nil })
		if hotline.CodeOf(err) != tc.want {
			t.Errorf("%s: error %v, want code %s", name, err, tc.want)
		}
	}
}

func TestCancelStopsTheModelInTheMiddleOfAClause(t *testing.T) {
	e := opened(t)
	long := strings.Repeat(nihao, 50)
	ctx, cancel := context.WithCancel(t.Context())
	entered := e.gate
	defer func() { e.gate = entered }()
	e.gate = func(ctx context.Context) (func(), error) {
		time.AfterFunc(50*time.Millisecond, cancel) // the clause takes seconds
		return func() {}, nil
	}
	start := time.Now()
	err := e.Synthesize(ctx, tts.Request{Text: long}, func([]int16) error { t.Error("sound"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	t.Logf("stopped %v after the start", time.Since(start))
}

func TestEmitErrorAndRefusedGateEndTheSynthesis(t *testing.T) {
	e := opened(t)
	enough := errors.New("enough")
	n := 0
	err := e.Synthesize(t.Context(), tts.Request{Text: nihao + "." + jiang}, func([]int16) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("error %v after %d pieces", err, n)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := oneAtATime()(t.Context()); err != nil {
		t.Error(err)
	}
	gate := oneAtATime()
	if _, err := gate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := gate(done); !errors.Is(err, context.Canceled) {
		t.Errorf("a full gate let a cancelled request in: %v", err)
	}
}

func TestConcurrentRequestsDoNotMix(t *testing.T) {
	want, _ := say(t, tts.Request{Text: nihao})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if got, _ := say(t, tts.Request{Text: nihao}); !slices.Equal(got, want) {
				t.Error("the same text sounds different beside others")
			}
		})
	}
	wg.Wait()
}

func TestMissingFilesNameTheCommandThatFetchesThem(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"model":        func(c *Config) { c.Model += ".none" },
		"voices":       func(c *Config) { c.VoicesDir = t.TempDir() },
		"not a model":  func(c *Config) { c.Model = filepath.Join(c.VoicesDir, DefaultVoice+".bin") },
		"broken voice": func(c *Config) { c.VoicesDir = brokenVoice(t) },
	} {
		cfg, err := installed()
		if err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		_, err = Open(cfg)
		if hotline.CodeOf(err) != hotline.CodeModelMissing || !strings.Contains(err.Error(), "hotline models pull") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := Open(Config{Text: symbols{}, Threads: 17}); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("17 threads: error %v", err)
	}
}

func brokenVoice(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, DefaultVoice+".bin"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSignedActivationsGiveTheSameSound(t *testing.T) {
	if wantsSigned() == signNone {
		t.Log("the model is used as it is on this processor")
	}
	cfg, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := openModel(LibraryPath(), cfg.Model, 1, signNone)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.close() }()
	tokens, err := symbols{}.Tokens(nihao)
	if err != nil {
		t.Fatal(err)
	}
	e := opened(t)
	style := e.voices[DefaultVoice].style(len(tokens))
	want, err := plain.run(t.Context(), tokens, style, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.model.run(t.Context(), tokens, style, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
	noise, power := 0.0, 0.0
	for i := range want {
		d := float64(got[i] - want[i])
		noise, power = noise+d*d, power+float64(want[i])*float64(want[i])
	}
	if db := 10 * math.Log10(power/max(noise, 1e-12)); db < 40 {
		t.Errorf("the rewritten model is only %.0f dB like the original", db)
	}
}

func TestStyleRowIsThatOfTheTokenCount(t *testing.T) {
	v := make(voice, maxTokens*styleSize)
	for row := range maxTokens {
		v[row*styleSize] = float32(row)
	}
	got := []float32{v.style(1)[0], v.style(200)[0], v.style(509)[0], v.style(510)[0]}
	if diff := cmp.Diff([]float32{1, 200, 509, 509}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// BenchmarkClause measures 你好请讲, a short clause, on one thread and on two.
func BenchmarkClause(b *testing.B) {
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("%dthreads", threads), func(b *testing.B) {
			cfg, err := installed()
			if err != nil {
				b.Fatal(err)
			}
			cfg.Threads = threads
			e, err := Open(cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = e.Close() }()
			for b.Loop() {
				err := e.Synthesize(b.Context(), tts.Request{Text: nihao + jiang}, func([]int16) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
